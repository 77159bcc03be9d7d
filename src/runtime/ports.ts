/**
 * Everything that the pure parts need of the world, on one page. The node binds these to libp2p, LevelDB and the system
 * clock; the simulator binds them to an event heap. Answers arrive by callback, exactly once, never before the call returns,
 * so that a whole network can run on one stack in virtual time.
 */
import type { CombinedSignature, PartialSignature, PublicSharing } from '../crypto/threshold/signature.ts'
import type { ReplicaId } from '../pbft/types.ts'

export interface Clock {
  /** Milliseconds since 1970. May jump. */
  nowMs(): number
  /** @returns cancels; cancelling twice or late does nothing */
  after(delayMs: number, expired: () => void): () => void
}

/** Signs with our member key. Synchronous: 20 microseconds. */
export interface Signer {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** @returns 64 bytes */
  sign(bytes: Uint8Array): Uint8Array
}

export interface SignatureClaim {
  /** 32 bytes */
  readonly publicKey: Uint8Array
  readonly bytes: Uint8Array
  /** 64 bytes; any other length is a wrong signature */
  readonly signature: Uint8Array
}

/** Checks Ed25519 signatures, off the main thread where there is another. */
export interface SignatureChecker {
  /** @param done one boolean for each claim, in order */
  check(claims: readonly SignatureClaim[], done: (valid: readonly boolean[]) => void): void
}

/** The disk said no. The replica that meets one on a durable write stops. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: 'WRITE_FAILED' | 'READ_FAILED' | 'DAMAGED' | 'LOCKED' | 'OPEN_FAILED'
  constructor(code: StorageError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type StoreOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string }

/** `gte` inclusive, `lt` exclusive, in byte order of the ASCII keys. */
export interface StoreRange {
  readonly gte: string
  readonly lt: string
}

/** An ordered map on disk. */
export interface Store {
  /**
   * Writes all operations or none, in the order of the calls.
   * @param sync true: `done` is called when this write, and every write before it, would survive a loss of power
   */
  write(
    operations: readonly StoreOperation[],
    options: { readonly sync: boolean },
    done: (error: StorageError | null) => void,
  ): void
  /** Sees every write whose call came before. @throws StorageError */
  get(key: string): Uint8Array | undefined
  /** Entries in ascending order of keys, `limit` at most. */
  range(
    range: StoreRange & { readonly limit: number; readonly reverse?: boolean },
    done: (
      error: StorageError | null,
      entries: readonly (readonly [key: string, value: Uint8Array])[],
    ) => void,
  ): void
  /** Deletes a whole range; not atomic, and need not be durable when `done` is called. */
  clear(range: StoreRange, done: (error: StorageError | null) => void): void
}

/**
 * Small secrets, each under a name, sealed on disk; all of them in memory once it is open. A name is `/`-separated lower-case
 * letters, digits and dashes. What is asked for is done in the order of the calls, also as far as a loss of power goes.
 */
export interface Vault {
  /** Sees every write and erasure whose call came before. The bytes are a copy, which the caller wipes. */
  read(name: string): Uint8Array | undefined
  /** @param secret not changed before `done` @param done called when it would survive a loss of power */
  write(name: string, secret: Uint8Array, done: (error: StorageError | null) => void): void
  /** Overwrites it, then deletes it; also when there is none. @param done called when it would not come back */
  erase(name: string, done: (error: StorageError | null) => void): void
  names(): readonly string[]
}

/**
 * Why a worker gives no answer. `timed-out`: it was at it for longer than such work can take. `ended`: it died. `broken`: it says that this
 * cannot be done. `unavailable`: it is not there now, or has too much to do.
 */
export type WorkFailure = 'timed-out' | 'ended' | 'broken' | 'unavailable'

/**
 * Threshold BLS, off the main thread where there is another. Exactly one of the two callbacks of a question is called; what failed may be
 * asked again, after a while.
 */
export interface ThresholdWorker {
  /** @param share 32 bytes; copied before the call returns @param done a partial signature, 48 bytes */
  sign(
    share: Uint8Array,
    message: Uint8Array,
    done: (partial: Uint8Array) => void,
    failed: (why: WorkFailure) => void,
  ): void
  /** @param partials at most one for each index */
  combine(
    sharing: PublicSharing,
    message: Uint8Array,
    partials: readonly PartialSignature[],
    done: (combined: CombinedSignature) => void,
    failed: (why: WorkFailure) => void,
  ): void
  /** @param publicKey 96 bytes @param signature 48 bytes; what is malformed does not hold */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    done: (valid: boolean) => void,
    failed: (why: WorkFailure) => void,
  ): void
}

/**
 * `consensus`: envelopes of members. `batch`: bodies of transactions, spread once. `certificate`: partial signatures of members
 * under the network's shared key.
 */
export type Topic = 'consensus' | 'batch' | 'certificate'
export const TOPICS: readonly Topic[] = ['consensus', 'batch', 'certificate']

/**
 * What gossip does with a message. `accept`: relay it. `ignore`: drop it, at no cost to the sender (stale, too early, too
 * many). `reject`: drop it and score the sender down (any relay could see that it is wrong).
 */
export type Verdict = 'accept' | 'ignore' | 'reject'

/**
 * Requests between peers. `batch`: bodies by digest. `entries`: committed sequences with their commit certificates.
 * `snapshot`: manifest and chunks of a state snapshot. `transactions`: an observer hands transactions to a member. `certificate`:
 * a certificate under the network's shared key.
 */
export type RequestProtocol = 'batch' | 'entries' | 'snapshot' | 'transactions' | 'certificate'
export const REQUEST_PROTOCOLS: readonly RequestProtocol[] = [
  'batch',
  'entries',
  'snapshot',
  'transactions',
  'certificate',
]

/** Why a request brought no answer. */
export type RequestFailure =
  | 'not-connected'
  | 'timed-out'
  | 'refused'
  | 'rate-limited'
  | 'too-large'
  | 'broken'

export type Answer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly failure: RequestFailure }

/** An opaque name of a connected peer: its PeerId as text. */
export type PeerName = string

/** What the replica does with what arrives. */
export interface PeerHandlers {
  /** @param verdict called exactly once, possibly later */
  onGossip(topic: Topic, bytes: Uint8Array, from: PeerName, verdict: (verdict: Verdict) => void): void
  /** @param respond called exactly once, possibly later; null refuses */
  onRequest(
    protocol: RequestProtocol,
    bytes: Uint8Array,
    from: PeerName,
    respond: (answer: Uint8Array | null) => void,
  ): void
  /** A member passed the door and can be spoken to. */
  onMemberConnected(member: ReplicaId): void
  onMemberDisconnected(member: ReplicaId): void
}

/** The other replicas, as far as the replica is concerned. */
export interface PeerNetwork {
  /** Spreads to all subscribers but ourselves. Never fails: what is lost is sent again by the protocol. */
  publish(topic: Topic, bytes: Uint8Array): void
  request(
    to: ReplicaId,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    options: { readonly timeoutMs: number },
    done: (answer: Answer) => void,
  ): void
  /** Members that passed the door and are connected now, ourselves not among them. */
  connectedMembers(): readonly ReplicaId[]
}
