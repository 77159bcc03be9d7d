import type { PartialSignature } from '../crypto/threshold/signature.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { toHex } from '../lib/bytes.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { ReplicaId } from '../pbft/types.ts'
import { type MemberPartial, openPartial } from '../wire/partial.ts'
import { isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import type { Clock, PeerName, SignatureChecker, Verdict } from './ports.ts'

/**
 * Partial signatures of others, from gossip: cheapest checks first, the member's Ed25519 signature before anything is kept, and so many of
 * each member and no more. Whether a partial is right is seen when it is combined; whose was wrong is not asked any more while the
 * same shares sign. A checkpoint's partials may be here before it is executed: they wait.
 *
 * Before its signature is checked a message costs the peer that brought it, after that the member that signed it.
 */
export interface PartialPoolComponents {
  readonly scope: Scope
  readonly self: ReplicaId | null
  readonly checker: SignatureChecker
  readonly clock: Clock
  /** Above which sequences partials of checkpoints are of use, and up to which they are believable. */
  window(): { readonly above: number; readonly upTo: number }
  /** Does the running ceremony ask for a signature on this? */
  isAwaited(partial: MemberPartial): boolean
  onPartial(partial: MemberPartial): void
}

/** What partials are about: those of one subject and epoch add up. */
export type PartialSubject = Pick<MemberPartial, 'purpose' | 'subject' | 'sequence' | 'epoch'>

/** Of checkpoints. A correct member signs each once, and again every second while the certificate is missing. */
const KEPT_PER_MEMBER_MAX = 16
/** Of a ceremony: activation and hand-over by one or two shares, and once more for each dealer that is convicted late. */
const AWAITED_PER_MEMBER_MAX = 16
const CHECKED_PER_PEER_MAX = 256
/** A correct member signs a few tens a second at most. */
const PARTIALS_RATE = { perSecond: 100, burst: 400 }
const MEMBERS_MAX = 1_024
const SHARINGS_BLOCKED_MAX = 16

interface Kept {
  readonly partial: MemberPartial
  readonly subject: string
}

export class PartialPool {
  readonly #components: PartialPoolComponents
  /** By member, then by slot. */
  readonly #kept = new Map<ReplicaId, Map<string, Kept>>()
  readonly #checking = new Map<PeerName, number>()
  readonly #rate = new RateLimiter(PARTIALS_RATE, MEMBERS_MAX)
  /** By the name of a sharing: coordinates of members whose partials by its shares were wrong. */
  readonly #culprits = new BoundedMap<string, Set<number>>(SHARINGS_BLOCKED_MAX)

  constructor(components: PartialPoolComponents) {
    this.#components = components
  }

  sizes(): Sizes {
    let partials = 0
    for (const slots of this.#kept.values()) partials += slots.size
    return { partials, peersChecked: this.#checking.size, membersRated: this.#rate.size }
  }

  onGossip(bytes: Uint8Array, from: PeerName, done: (verdict: Verdict) => void): void {
    const { scope, checker } = this.#components
    const opened = openPartial(scope, bytes)
    if (isRejection(opened)) return done(opened.verdict)
    const { partial, claim } = opened
    const checking = this.#checking.get(from) ?? 0
    if (!this.#isWanted(partial) || checking >= CHECKED_PER_PEER_MAX) return done('ignore')
    this.#checking.set(from, checking + 1)
    checker.check([claim], ([valid]) => {
      this.#finish(from)
      if (valid !== true) return done('reject')
      if (!this.#isWanted(partial)) return done('ignore')
      if (!this.#rate.take(String(partial.sender), this.#components.clock.nowMs())) return done('ignore')
      done('accept')
      this.add(partial)
    })
  }

  /** A member's first word in a slot counts, and ours needs no check. */
  add(partial: MemberPartial): void {
    const slots = this.#kept.get(partial.sender) ?? new Map<string, Kept>()
    this.#kept.set(partial.sender, slots)
    slots.set(slotOf(partial), { partial, subject: toHex(partial.subject) })
    if (slots.size > KEPT_PER_MEMBER_MAX + AWAITED_PER_MEMBER_MAX) dropLowest(slots)
    this.#components.onPartial(partial)
  }

  /** One of each member that was not wrong before under this sharing, ours first. */
  of(subject: PartialSubject, sharing: string): readonly PartialSignature[] {
    const { self } = this.#components
    const slot = slotOf(subject)
    const name = toHex(subject.subject)
    const culprits = this.#culprits.get(sharing)
    const found: PartialSignature[] = []
    for (const [sender, slots] of this.#kept) {
      const kept = slots.get(slot)
      const index = sender + 1
      if (kept === undefined || kept.subject !== name || culprits?.has(index) === true) continue
      const partial = { index, signature: kept.partial.signature }
      if (sender === self) found.unshift(partial)
      else found.push(partial)
    }
    return found
  }

  /** Their partials are not used any more while these shares sign. */
  block(sharing: string, indices: readonly number[]): void {
    if (indices.length === 0) return
    this.#culprits.set(sharing, new Set([...(this.#culprits.get(sharing) ?? []), ...indices]))
  }

  /** Nobody needs those of checkpoints up to here, nor what no ceremony awaits any more. */
  prune(sequence: number): void {
    const { isAwaited } = this.#components
    for (const [sender, slots] of this.#kept) {
      for (const [slot, { partial }] of slots)
        if (partial.purpose === 'checkpoint' ? partial.sequence <= sequence : !isAwaited(partial))
          slots.delete(slot)
      if (slots.size === 0) this.#kept.delete(sender)
    }
  }

  #isWanted(partial: MemberPartial): boolean {
    const { self, window, isAwaited } = this.#components
    if (partial.sender === self) return false
    const slots = this.#kept.get(partial.sender)
    if (slots?.has(slotOf(partial)) === true) return false
    if (partial.purpose !== 'checkpoint') return isAwaited(partial)
    const { above, upTo } = window()
    return partial.sequence > above && partial.sequence <= upTo
  }

  #finish(from: PeerName): void {
    const checking = (this.#checking.get(from) ?? 1) - 1
    if (checking <= 0) this.#checking.delete(from)
    else this.#checking.set(from, checking)
  }
}

/** Two messages about one checkpoint are in one slot; what a ceremony signs may change, and each has its own. */
function slotOf({ purpose, epoch, sequence, subject }: PartialSubject): string {
  return purpose === 'checkpoint' ? `${epoch}/${sequence}` : `${epoch}/${purpose}/${toHex(subject)}`
}

/** Of checkpoints the latest are needed. */
function dropLowest(slots: Map<string, Kept>): void {
  let lowest: [slot: string, sequence: number] | null = null
  for (const [slot, { partial }] of slots) {
    if (partial.purpose !== 'checkpoint') continue
    if (lowest === null || partial.sequence < lowest[1]) lowest = [slot, partial.sequence]
  }
  const [oldest] = slots.keys()
  const dropped = lowest?.[0] ?? oldest
  if (dropped !== undefined) slots.delete(dropped)
}
