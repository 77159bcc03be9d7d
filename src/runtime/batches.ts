import type { Application, Transaction } from '../application/contract.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { Digest, ReplicaId } from '../pbft/types.ts'
import {
  type Batch,
  type BatchLimits,
  decodeBatch,
  encodeAgain,
  type IdentifiedTransaction,
} from '../wire/batch.ts'
import { ignore, isRejection, type Rejection, reject } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { diskNames } from './disk-names.ts'
import type { Clock, SignatureChecker, SignatureClaim, StorageError, Store, Verdict } from './ports.ts'

/**
 * The bodies: checked, held until they are executed, spread again when they are not ordered for long. A batch is held whole or not at
 * all; one bad transaction in it is its author's fault. What one author may have waiting is bounded, so that nobody fills
 * the memory of others; a batch beyond that is taken all the same when a proposal names it.
 */
export interface BatchOptions {
  readonly scope: Scope
  readonly limits: BatchLimits
  /** Null for an observer. */
  readonly self: ReplicaId | null
  readonly batchesPerAuthorMax: number
  readonly bytesPerAuthorMax: number
  /** How long a batch may wait for its place in the order before it is spread again; doubled each time. */
  readonly respreadMs: number
}

export interface BatchComponents {
  readonly application: Application
  readonly checker: SignatureChecker
  readonly clock: Clock
  readonly store: Store
  publish(bytes: Uint8Array): void
  /** Why no batch may carry this system transaction, whatever the state. */
  systemRefusal(transaction: Transaction): string | null
  /** Is this transaction executed, or can it never be? */
  isSettled(transaction: IdentifiedTransaction): boolean
  /** Batches that a proposal in the log names. */
  namedBatches(): ReadonlySet<Digest>
  /** Held, and its write is on the way. */
  onAvailable(batch: Batch): void
  /** Here for a proposal that names it, but settled before. */
  onFound(digest: Digest): void
  onFailure(error: StorageError): void
}

interface HeldBatch {
  readonly batch: Batch
  attempts: number
  respreadAtMs: number
}

/** Executed batches that are still recognised when gossip brings them late. */
const EXECUTED_REMEMBERED_MAX = 16_384
/** Bytes of one author's batches that are being checked; more are ignored, and fetched if they are ordered. */
const CHECKING_BYTES_PER_AUTHOR_MAX = 8_388_608
const DISTRUST_MS = 10_000
/** Batches spread again in one sweep. */
const RESPREAD_MAX = 8
/** How much longer a batch behind others waits, in multiples of the time that the oldest waits. */
const PATIENCE_BEHIND = 8

export class BatchStore {
  readonly #options: BatchOptions
  readonly #components: BatchComponents
  readonly #held = new Map<Digest, HeldBatch>()
  readonly #checking = new Set<Digest>()
  readonly #checkingByAuthor = new Map<ReplicaId, number>()
  /** Milliseconds since 1970. At most one entry for each member. */
  readonly #distrustedUntilMs = new Map<ReplicaId, number>()
  readonly #executed = new BoundedMap<Digest, true>(EXECUTED_REMEMBERED_MAX)
  readonly #waitingByAuthor = new Map<ReplicaId, { batches: number; bytes: number }>()

  constructor(options: BatchOptions, components: BatchComponents) {
    this.#options = options
    this.#components = components
  }

  get size(): number {
    return this.#held.size
  }

  sizes(): Sizes {
    return {
      held: this.#held.size,
      checking: this.#checking.size,
      authorsChecked: this.#checkingByAuthor.size,
      authorsWaiting: this.#waitingByAuthor.size,
      distrusted: this.#distrustedUntilMs.size,
      executed: this.#executed.size,
    }
  }

  /** Held and not executed, oldest first. */
  *waiting(): Generator<Batch> {
    for (const { batch } of this.#held.values()) yield batch
  }

  get(digest: Digest): Batch | undefined {
    return this.#held.get(digest)?.batch
  }

  /** The bytes of a batch, held or executed and still in history. */
  stored(digest: Digest): Uint8Array | undefined {
    return this.#held.get(digest)?.batch.bytes ?? this.#components.store.get(diskNames.batch(digest))
  }

  /** A proposal names it. @returns is it here? Then the core is told. */
  find(digest: Digest): boolean {
    const batch = this.committed(digest)
    if (batch === undefined) return false
    this.#offer(batch)
    return true
  }

  /**
   * The body to execute: held, or executed before. Two sequences may name one batch: a view change can bring back the certificate of
   * one after the batch was ordered anew at the other. Its transactions are then recognised as repeated.
   */
  committed(digest: Digest): Batch | undefined {
    const held = this.get(digest)
    if (held !== undefined) return held
    const bytes = this.stored(digest)
    return bytes === undefined ? undefined : this.decodeAll([bytes]).get(digest)
  }

  /** From gossip. */
  onGossip(bytes: Uint8Array, done: (verdict: Verdict) => void): void {
    const batch = decodeBatch(this.#options.scope, this.#options.limits, bytes)
    if (isRejection(batch)) return done(batch.verdict)
    if (this.#isKnown(batch.digest) || this.#isSettled(batch) || this.#isOverQuota(batch))
      return done('ignore')
    if (this.#isDistrusted(batch.author)) return done('ignore')
    this.#checkFromGossip(batch, rejection => {
      if (rejection !== null) return done(rejection.verdict)
      this.hold(batch)
      done('accept')
    })
  }

  /** The author first, alone: the signatures of thousands of clients are checked only for a member's word that they are good. */
  #checkFromGossip(batch: Batch, done: (rejection: Rejection | null) => void): void {
    const author = this.#authorClaim(batch)
    if (author === null) return done(reject('batch-author-unknown'))
    this.#components.checker.check([author], ([isAuthor]) => {
      if (isAuthor !== true) return done(reject('batch-signature-wrong'))
      if (this.#isKnown(batch.digest) || this.#isOverQuota(batch)) return done(ignore('batch-known'))
      this.#check(batch, rejection => {
        if (rejection?.verdict === 'reject') this.#distrust(batch.author)
        // It came by another way meanwhile. One that is asked for is taken all the same: it may be known, and gone.
        done(rejection ?? (this.#isKnown(batch.digest) ? ignore('batch-known') : null))
      })
    })
  }

  /** A member that signed a bad batch is not heard for a while; what it has to say can still be fetched when it is ordered. */
  #distrust(author: ReplicaId): void {
    this.#distrustedUntilMs.set(author, this.#components.clock.nowMs() + DISTRUST_MS)
  }

  #isDistrusted(author: ReplicaId): boolean {
    const leftMs = (this.#distrustedUntilMs.get(author) ?? 0) - this.#components.clock.nowMs()
    return leftMs > 0 && leftMs <= DISTRUST_MS
  }

  /** Asked for by digest, from a peer that may have sent anything. */
  onFetched(bytes: Uint8Array, wanted: ReadonlySet<Digest>, done: (digest: Digest | null) => void): void {
    const batch = decodeBatch(this.#options.scope, this.#options.limits, bytes)
    if (isRejection(batch) || !wanted.has(batch.digest)) return done(null)
    if (this.#held.has(batch.digest)) return done(batch.digest)
    // Under check with a signature that may be wrong where this one is right: the digest does not cover it, so it stays wanted.
    if (this.#checking.has(batch.digest)) return done(null)
    this.#check(batch, rejection => {
      if (rejection !== null) return done(null)
      this.#offer(batch)
      done(batch.digest)
    })
  }

  /** Bodies that came with committed sequences: a quorum checked them, the digest is enough. Malformed ones are left out. */
  decodeAll(bodies: readonly Uint8Array[]): ReadonlyMap<Digest, Batch> {
    const decoded = new Map<Digest, Batch>()
    for (const bytes of bodies) {
      const batch = decodeBatch(this.#options.scope, this.#options.limits, bytes)
      if (!isRejection(batch)) decoded.set(batch.digest, batch)
    }
    return decoded
  }

  /** Hold a body of a committed sequence that is about to be executed. */
  holdCommitted(batch: Batch): void {
    this.#keep(batch)
  }

  /** Our own, or one that was checked. @param durable called when it is on disk */
  hold(batch: Batch, durable?: () => void): void {
    this.#keep(batch, durable)
    this.#components.onAvailable(batch)
  }

  /** For a proposal that names it. What is settled is not waited for: others no longer hold it, and would not order it. */
  #offer(batch: Batch): void {
    if (!this.#isSettled(batch)) return this.hold(batch)
    if (this.#components.store.get(diskNames.batch(batch.digest)) === undefined) this.#keep(batch)
    this.#components.onFound(batch.digest)
  }

  #isSettled(batch: Batch): boolean {
    return batch.transactions.every(transaction => this.#components.isSettled(transaction))
  }

  /**
   * Lets go of what was executed elsewhere or can never be: after a start or a jump of the state, and now and then. A body that a
   * proposal names stays until that is executed. @returns what waits no longer
   */
  settle(): readonly Batch[] {
    const named = this.#components.namedBatches()
    const settled = [...this.waiting()].filter(batch => this.#isSettled(batch))
    for (const batch of settled) if (!named.has(batch.digest)) this.#drop(batch)
    return settled
  }

  #drop(batch: Batch): void {
    this.onExecuted(batch.digest)
    const operations = [diskNames.batch(batch.digest), diskNames.held(batch.digest)].map(
      key => ({ type: 'delete', key }) as const,
    )
    this.#components.store.write(operations, { sync: false }, error => {
      if (error !== null) this.#components.onFailure(error)
    })
  }

  #keep(batch: Batch, durable?: () => void): void {
    if (this.#held.has(batch.digest)) return
    const { clock, store } = this.#components
    const respreadAtMs = clock.nowMs() + this.#options.respreadMs
    this.#held.set(batch.digest, { batch, attempts: 0, respreadAtMs })
    this.#count(batch, 1)
    store.write(
      [
        { type: 'put', key: diskNames.batch(batch.digest), value: batch.bytes },
        { type: 'put', key: diskNames.held(batch.digest), value: new Uint8Array(0) },
      ],
      { sync: durable !== undefined },
      error => (error === null ? durable?.() : this.#components.onFailure(error)),
    )
  }

  /** At start: a batch that was held when we stopped. */
  restore(bytes: Uint8Array): Batch | Rejection {
    const batch = decodeBatch(this.#options.scope, this.#options.limits, bytes)
    if (isRejection(batch) || this.#held.has(batch.digest)) return batch
    this.#held.set(batch.digest, { batch, attempts: 0, respreadAtMs: 0 })
    this.#count(batch, 1)
    return batch
  }

  /** Executed: no longer waiting; the body stays in history. */
  onExecuted(digest: Digest): void {
    this.#executed.set(digest, true)
    const held = this.#held.get(digest)
    if (held === undefined) return
    this.#held.delete(digest)
    this.#count(held.batch, -1)
  }

  /** Does anything wait so long that it may be settled elsewhere? */
  isOverdue(): boolean {
    const nowMs = this.#components.clock.nowMs()
    for (const { respreadAtMs, batch } of this.#held.values())
      if (respreadAtMs <= nowMs && this.#isSettled(batch)) return true
    return false
  }

  /**
   * Spreads again what waited too long: whoever should order it may have missed it. To be called now and then. Batches are ordered
   * as they come, so one behind others is merely not due yet, and under a load beyond what the network bears that is most of
   * them: it gets more time than the oldest.
   */
  sweep(): void {
    if (this.#options.self === null) return
    const nowMs = this.#components.clock.nowMs()
    let spread = 0
    let isOldest = true
    for (const held of this.#held.values()) {
      if (spread === RESPREAD_MAX) return
      const patienceMs = isOldest ? 0 : PATIENCE_BEHIND * this.#options.respreadMs
      isOldest = false
      if (held.respreadAtMs + patienceMs > nowMs) continue
      held.attempts += 1
      held.respreadAtMs = nowMs + this.#options.respreadMs * 2 ** Math.min(held.attempts, 6)
      // A number of our own, so that two members who spread the same batch again do not send the same bytes.
      const attempt = held.attempts * this.#options.scope.memberKeys.length + this.#options.self
      this.#components.publish(encodeAgain(held.batch, attempt))
      spread += 1
    }
  }

  /** A body that is on disk and not held was executed, however long ago. */
  #isKnown(digest: Digest): boolean {
    if (this.#held.has(digest) || this.#checking.has(digest) || this.#executed.has(digest)) return true
    return this.#components.store.get(diskNames.batch(digest)) !== undefined
  }

  #isOverQuota(batch: Batch): boolean {
    const checking = this.#checkingByAuthor.get(batch.author) ?? 0
    if (checking + batch.bytes.length > CHECKING_BYTES_PER_AUTHOR_MAX) return true
    const waiting = this.#waitingByAuthor.get(batch.author)
    if (waiting === undefined) return false
    const { batchesPerAuthorMax, bytesPerAuthorMax } = this.#options
    return waiting.batches >= batchesPerAuthorMax || waiting.bytes + batch.bytes.length > bytesPerAuthorMax
  }

  #count(batch: Batch, sign: 1 | -1): void {
    const waiting = this.#waitingByAuthor.get(batch.author) ?? { batches: 0, bytes: 0 }
    waiting.batches += sign
    waiting.bytes += sign * batch.bytes.length
    if (waiting.batches === 0) this.#waitingByAuthor.delete(batch.author)
    else this.#waitingByAuthor.set(batch.author, waiting)
  }

  /** Cheap first: the rules of the system and of the application, then the signatures. */
  #check(batch: Batch, done: (rejection: Rejection | null) => void): void {
    const { checker } = this.#components
    for (const { transaction } of batch.transactions) {
      const code = this.#refusalOf(transaction)
      if (code !== null) return done(reject(code))
    }
    const claims = this.#claims(batch)
    if (claims === null) return done(reject('batch-author-unknown'))
    this.#countChecking(batch, 1)
    checker.check(claims, valid => {
      this.#countChecking(batch, -1)
      if (!valid.every(Boolean)) return done(reject('batch-signature-wrong'))
      done(null)
    })
  }

  #refusalOf(transaction: Transaction): string | null {
    const { application, systemRefusal } = this.#components
    if (transaction.kind === 'system') return systemRefusal(transaction)
    return application.check(transaction) === null ? null : 'batch-transaction-refused'
  }

  #countChecking({ digest, author, bytes }: Batch, sign: 1 | -1): void {
    if (sign === 1) this.#checking.add(digest)
    else this.#checking.delete(digest)
    const checking = (this.#checkingByAuthor.get(author) ?? 0) + sign * bytes.length
    if (checking === 0) this.#checkingByAuthor.delete(author)
    else this.#checkingByAuthor.set(author, checking)
  }

  #authorClaim({ author, signedBytes, signature }: Batch): SignatureClaim | null {
    const publicKey = this.#options.scope.memberKeys[author]
    return publicKey === undefined ? null : { publicKey, bytes: signedBytes, signature }
  }

  #claims(batch: Batch): readonly SignatureClaim[] | null {
    const author = this.#authorClaim(batch)
    if (author === null) return null
    const { signatures } = this.#components.application
    const signed = batch.transactions.filter(
      ({ transaction }) => signatures === 'required' || transaction.kind === 'system',
    )
    return [author, ...signed.map(clientClaim)]
  }
}

/** What a client's signature claims. */
export function clientClaim({ transaction, signingBytes }: IdentifiedTransaction): SignatureClaim {
  return { publicKey: transaction.client, bytes: signingBytes, signature: transaction.signature }
}
