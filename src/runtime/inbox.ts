import { RateLimiter } from '../defence/rate-limiter.ts'
import { ReplayWindow } from '../defence/replay-window.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { ReplicaId, Status, Verified } from '../pbft/types.ts'
import { isRejection } from '../wire/rejection.ts'
import type { ClaimedEnvelope, EnvelopeVerifier, KeyedClaim, PendingEnvelope } from '../wire/verify.ts'
import type { Clock, PeerName, SignatureChecker, Verdict } from './ports.ts'

/**
 * Envelopes from gossip, cheapest checks first: read, not said before, signed by whom it claims, within that member's share; then what it
 * brings along, and only then message by message to the core. Before the signature is checked all costs are the gossip
 * peer's, because anybody may write any name on an envelope; after it they are the member's.
 */
export interface InboxOptions {
  readonly self: ReplicaId | null
  /** Envelopes of one gossip peer, whoever signed them, in signature checks at a time. */
  readonly checkedPerPeerMax: number
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

/** Envelopes of one member. A correct one signs one for each write to its disk, a few hundred a second. */
const ENVELOPES_RATE = { perSecond: 1_000, burst: 2_000 }
/** Signatures inside envelopes that came by one gossip peer: of attachments, checkpoints and certificates. */
const CLAIMS_RATE = { perSecond: 2_000, burst: 6_000 }
const PEERS_MAX = 1_024
const MEMBERS_MAX = 1_024
/** A member that speaks every second and was not heard for five began anew, on a clock that was set back and without its disk. */
const REPLAY_WINDOW = { numbersMax: 8_192, forgetMs: 5_000, sendersMax: MEMBERS_MAX }

export class Inbox {
  readonly #options: InboxOptions
  readonly #components: InboxComponents
  readonly #checking = new Map<PeerName, number>()
  readonly #heard = new Map<ReplicaId, Heard>()
  readonly #statusAtMs = new Map<ReplicaId, number>()
  readonly #said = new ReplayWindow(REPLAY_WINDOW)
  readonly #envelopes = new RateLimiter(ENVELOPES_RATE, MEMBERS_MAX)
  readonly #claims = new RateLimiter(CLAIMS_RATE, PEERS_MAX)

  constructor(options: InboxOptions, components: InboxComponents) {
    this.#options = options
    this.#components = components
  }

  /** Other members of whom anything was heard since our start. */
  get membersHeard(): number {
    return this.#heard.size
  }

  sizes(): Sizes {
    return {
      peersChecked: this.#checking.size,
      heard: this.#heard.size,
      statuses: this.#statusAtMs.size,
      numbers: this.#said.size,
      membersRated: this.#envelopes.size,
      peersRated: this.#claims.size,
    }
  }

  heard(member: ReplicaId): Heard | undefined {
    return this.#heard.get(member)
  }

  /** @param from the gossip peer that brought it, seldom the member that signed it */
  onGossip(bytes: Uint8Array, from: PeerName, done: (verdict: Verdict) => void): void {
    const { verifier, clock } = this.#components
    const claimed = verifier.begin(bytes)
    if (isRejection(claimed)) return done(claimed.verdict)
    const { sender, number, claims } = claimed
    if (sender === this.#options.self || !this.#said.isFresh(sender, number, clock.nowMs()))
      return done('ignore')
    const checking = this.#checking.get(from) ?? 0
    if (checking >= this.#options.checkedPerPeerMax) return done('ignore')
    this.#checking.set(from, checking + 1)
    const finish = (verdict: Verdict): void => {
      this.#finish(from)
      done(verdict)
    }
    this.#check(claims, valid => {
      if (!valid) return finish('reject')
      this.#onSigned(claimed, from, finish)
    })
  }

  #onSigned(claimed: ClaimedEnvelope, from: PeerName, done: (verdict: Verdict) => void): void {
    const { verifier, clock } = this.#components
    const { sender, number } = claimed
    const nowMs = clock.nowMs()
    if (!this.#said.isFresh(sender, number, nowMs)) return done('ignore')
    if (!this.#envelopes.take(String(sender), nowMs)) return done('ignore')
    const pending = verifier.finish(claimed, nowMs)
    if (isRejection(pending)) return done(pending.verdict)
    if (!this.#claims.take(from, nowMs, pending.rest.length)) return done('ignore')
    this.#check(pending.rest, valid => {
      if (!valid) return done('reject')
      // Not before everything in it is found good: else a copy with spoilt attachments would stand in the way of the true one.
      if (!this.#said.take(sender, number, clock.nowMs())) return done('ignore')
      done('accept')
      this.#deliver(sender, pending)
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

  #finish(from: PeerName): void {
    const checking = (this.#checking.get(from) ?? 1) - 1
    if (checking <= 0) this.#checking.delete(from)
    else this.#checking.set(from, checking)
  }

  /** What was attached is old, and says nothing of who is there now and where he stands. */
  #deliver(sender: ReplicaId, { messages, hash }: PendingEnvelope): void {
    const atMs = this.#components.clock.nowMs()
    this.#heard.set(sender, { atMs, status: this.#heard.get(sender)?.status ?? null })
    for (const message of messages) {
      if (message.message.type === 'status') {
        if (message.proof.hash !== hash || !this.#isStatusDue(sender, message.message, atMs)) continue
      }
      this.#components.onMessage(message)
    }
  }

  /** A status is answered, so its number is bounded in time. */
  #isStatusDue(sender: ReplicaId, status: Status, atMs: number): boolean {
    this.#heard.set(sender, { atMs, status })
    const last = this.#statusAtMs.get(sender) ?? Number.NEGATIVE_INFINITY
    if (Math.abs(atMs - last) < this.#options.statusEveryMs) return false
    this.#statusAtMs.set(sender, atMs)
    return true
  }
}
