import type { ReplicaId, Status, Verified } from '../pbft/types.ts'
import { replicaId } from '../pbft/types.ts'
import { isRejection } from '../wire/rejection.ts'
import type { EnvelopeVerifier, KeyedClaim } from '../wire/verify.ts'
import type { Clock, SignatureChecker, Verdict } from './ports.ts'

/**
 * Envelopes from gossip: parsed, bounded for each sender, signatures checked cheapest first, then handed on message by message.
 * Whoever floods is ignored beyond his share, and only he.
 */
export interface InboxOptions {
  readonly self: ReplicaId | null
  /** Envelopes of one sender in signature checks at a time. */
  readonly envelopesPerSenderMax: number
  /** Statuses of one member that are answered, at most one in this time. */
  readonly statusEveryMs: number
}

export interface InboxComponents {
  readonly verifier: EnvelopeVerifier
  readonly checker: SignatureChecker
  readonly clock: Clock
  onMessage(message: Verified): void
}

/** What was last heard of a member. */
export interface Heard {
  readonly atMs: number
  readonly status: Status | null
}

export class Inbox {
  readonly #options: InboxOptions
  readonly #components: InboxComponents
  readonly #checking = new Map<ReplicaId, number>()
  readonly #heard = new Map<ReplicaId, Heard>()
  readonly #statusAtMs = new Map<ReplicaId, number>()

  constructor(options: InboxOptions, components: InboxComponents) {
    this.#options = options
    this.#components = components
  }

  heard(member: ReplicaId): Heard | undefined {
    return this.#heard.get(member)
  }

  onGossip(bytes: Uint8Array, done: (verdict: Verdict) => void): void {
    const { verifier, clock } = this.#components
    const pending = verifier.open(bytes, clock.nowMs())
    if (isRejection(pending)) return done(pending.verdict)
    const sender = replicaId(pending.sender)
    if (sender === this.#options.self) return done('ignore')
    const checking = this.#checking.get(sender) ?? 0
    if (checking >= this.#options.envelopesPerSenderMax) return done('ignore')
    this.#checking.set(sender, checking + 1)
    this.#check(pending.main, mainValid => {
      if (!mainValid) return this.#finish(sender, done, 'reject')
      this.#check(pending.rest, restValid => {
        this.#finish(sender, done, restValid ? 'accept' : 'reject')
        if (restValid) this.#deliver(sender, pending.messages)
      })
    })
  }

  #check(claims: readonly KeyedClaim[], done: (valid: boolean) => void): void {
    if (claims.length === 0) return done(true)
    this.#components.checker.check(claims, valid => {
      const all = valid.every(Boolean)
      if (all) this.#components.verifier.remember(claims)
      done(all)
    })
  }

  #finish(sender: ReplicaId, done: (verdict: Verdict) => void, verdict: Verdict): void {
    this.#checking.set(sender, (this.#checking.get(sender) ?? 1) - 1)
    done(verdict)
  }

  #deliver(sender: ReplicaId, messages: readonly Verified[]): void {
    const atMs = this.#components.clock.nowMs()
    this.#heard.set(sender, { atMs, status: this.#heard.get(sender)?.status ?? null })
    for (const message of messages) {
      if (message.message.type === 'status' && !this.#isStatusDue(message, message.message, atMs)) continue
      this.#components.onMessage(message)
    }
  }

  /** A status is answered, so its number is bounded in time. */
  #isStatusDue({ sender }: Verified, status: Status, atMs: number): boolean {
    if (sender === this.#options.self) return false
    this.#heard.set(sender, { atMs, status })
    const last = this.#statusAtMs.get(sender) ?? Number.NEGATIVE_INFINITY
    if (Math.abs(atMs - last) < this.#options.statusEveryMs) return false
    this.#statusAtMs.set(sender, atMs)
    return true
  }
}
