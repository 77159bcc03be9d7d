import type { Application, Transaction } from '../application/contract.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { Digest, ReplicaId } from '../pbft/types.ts'
import { type Batch, type BatchLimits, decodeBatch, encodeAgain } from '../wire/batch.ts'
import { ignore, isRejection, type Rejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { BatchChecks } from './batch-checks.ts'
import { diskNames } from './disk-names.ts'
import type { Due } from './due.ts'
import type { Clock, SignatureChecker, StorageError, Store, Verdict } from './ports.ts'

/**
 * The bodies: checked, held until they are executed, spread again when they are not ordered for long. A batch is held whole or not at
 * all. What one author may have waiting is bounded, so that nobody fills the memory of others; a batch beyond that is taken all the
 * same when a proposal names it. One with nothing in it that is due is put off: held, and the core is not told of it, until its time
 * comes or we are the primary.
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
  readonly due: Due
  publish(bytes: Uint8Array): void
  /** Why no batch may carry this system transaction, whatever the state. */
  systemRefusal(transaction: Transaction): string | null
  /** Batches that a proposal in the log names. */
  namedBatches(): ReadonlySet<Digest>
  /** Held, due, and its write is on the way. */
  onAvailable(batch: Batch): void
  /** Here for a proposal that names it, but settled before, or too early. */
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
/** Batches spread again in one sweep. */
const RESPREAD_MAX = 8
/** How much longer a batch behind others waits, in multiples of the time that the oldest waits. */
const PATIENCE_BEHIND = 8

export class BatchStore {
  readonly #options: BatchOptions
  readonly #components: BatchComponents
  readonly #checks: BatchChecks
  readonly #held = new Map<Digest, HeldBatch>()
  readonly #executed = new BoundedMap<Digest, true>(EXECUTED_REMEMBERED_MAX)
  readonly #waitingByAuthor = new Map<ReplicaId, { batches: number; bytes: number }>()

  constructor(options: BatchOptions, components: BatchComponents) {
    this.#options = options
    this.#components = components
    this.#checks = new BatchChecks({ ...components, scope: options.scope })
  }

  get size(): number {
    return this.#held.size
  }

  /** How many of them are not put off: somebody owes them a place. */
  get owed(): number {
    return this.#held.size - this.#components.due.size
  }

  sizes(): Sizes {
    return {
      ...this.#checks.sizes(),
      held: this.#held.size,
      putOff: this.#components.due.size,
      authorsWaiting: this.#waitingByAuthor.size,
      executed: this.#executed.size,
    }
  }

  /** Held and not executed, oldest first. */
  *waiting(): Generator<Batch> {
    for (const { batch } of this.#held.values()) yield batch
  }

  /** Those among them that nobody waits for yet. */
  *tooEarly(): Generator<Batch> {
    for (const batch of this.waiting()) if (this.#components.due.isPutOff(batch)) yield batch
  }

  /** Those among them of which all is executed or can never be, kept for a proposal that names them. */
  *kept(): Generator<Batch> {
    for (const batch of this.waiting()) if (this.#components.due.isSettled(batch)) yield batch
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
    if (this.#isKnown(batch) || this.#components.due.isSettled(batch) || this.#isOverQuota(batch))
      return done('ignore')
    if (this.#checks.isDistrusted(batch.author)) return done('ignore')
    this.#checkFromGossip(batch, rejection => {
      if (rejection !== null) return done(rejection.verdict)
      this.hold(batch)
      done('accept')
    })
  }

  #checkFromGossip(batch: Batch, done: (rejection: Rejection | null) => void): void {
    this.#checks.checkAuthor(batch, wrongAuthor => {
      if (wrongAuthor !== null) return done(wrongAuthor)
      if (this.#isKnown(batch) || this.#isOverQuota(batch)) return done(ignore('batch-known'))
      this.#checks.check(batch, rejection => {
        if (rejection?.verdict === 'reject') this.#checks.distrust(batch.author)
        // It came by another way meanwhile. One that is asked for is taken all the same: it may be known, and gone.
        done(rejection ?? (this.#isKnown(batch) ? ignore('batch-known') : null))
      })
    })
  }

  /** Asked for by digest, from a peer that may have sent anything. */
  onFetched(bytes: Uint8Array, wanted: ReadonlySet<Digest>, done: (digest: Digest | null) => void): void {
    const batch = decodeBatch(this.#options.scope, this.#options.limits, bytes)
    if (isRejection(batch) || !wanted.has(batch.digest)) return done(null)
    if (this.#held.has(batch.digest)) return done(batch.digest)
    // Under check with a signature that may be wrong where this one is right: the digest does not cover it, so it stays wanted.
    if (this.#checks.isChecking(batch.digest)) return done(null)
    this.#checks.check(batch, rejection => {
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
    const { due, onAvailable, onFound } = this.#components
    const isTold = this.#held.has(batch.digest) && !due.isPutOff(batch)
    this.#keep(batch, durable)
    if (!isTold && due.isTooEarly(batch)) {
      due.putOff(batch)
      // A proposal may name it all the same.
      return onFound(batch.digest)
    }
    due.forget(batch.digest)
    onAvailable(batch)
  }

  /**
   * For a proposal that names it. What is settled is not waited for: others no longer hold it, and would not order it. Nor is what was
   * executed too early.
   */
  #offer(batch: Batch): void {
    const { due, onFound } = this.#components
    const isOnDisk = this.#isOnDisk(batch)
    const isPassedOver = isOnDisk && !this.#held.has(batch.digest) && due.isTooEarly(batch)
    if (!due.isSettled(batch) && !isPassedOver) return this.hold(batch)
    if (!isOnDisk) this.#keep(batch)
    onFound(batch.digest)
  }

  #isOnDisk({ digest }: Batch): boolean {
    return this.#components.store.get(diskNames.batch(digest)) !== undefined
  }

  /**
   * Puts off what the core was told of and is too early: a clock was wrong, or we were the primary.
   * @returns what nobody waits for until its time comes
   */
  putOffEarly(): readonly Digest[] {
    return this.#putOff(batch => this.#components.due.isTooEarly(batch))
  }

  /**
   * The state jumped: what was too early before may have been ordered on the way, and come to nothing. Those who executed it let go of
   * it, and wait for nothing; so it is spread again before anybody is accused for it.
   * @param logTimeMs before the jump @returns what nobody waits for until then
   */
  putOffDoubtful(logTimeMs: number): readonly Digest[] {
    return this.#putOff(batch => this.#components.due.isDoubtful(batch, logTimeMs))
  }

  #putOff(isMeant: (batch: Batch) => boolean): readonly Digest[] {
    const { due } = this.#components
    const meant = [...this.waiting()].filter(batch => !due.isPutOff(batch) && isMeant(batch))
    for (const batch of meant) due.putOff(batch)
    return meant.map(({ digest }) => digest)
  }

  /**
   * Tells the core of what was put off and is due now, and spreads it at the next sweep: whoever orders may have let go of it when it was
   * too early. OSDI'99 §4.4, where a backup hands the request to the primary. To be called now and then.
   */
  tellDue(): void {
    for (const batch of this.#components.due.take()) {
      const held = this.#held.get(batch.digest)
      if (held === undefined) continue
      held.respreadAtMs = Number.NEGATIVE_INFINITY
      this.#components.onAvailable(batch)
    }
  }

  /**
   * Lets go of what was executed elsewhere or can never be: after a start or a jump of the state, and now and then; and of what is too
   * early and beyond its author's share, taken because a proposal named it that came to nothing itself. A body that a proposal names
   * stays until that is executed. @returns what waits no longer
   */
  settle(): readonly Batch[] {
    const named = this.#components.namedBatches()
    const settled = [...this.waiting()].filter(batch => this.#components.due.isSettled(batch))
    for (const batch of settled) if (!named.has(batch.digest)) this.#drop(batch)
    for (const batch of [...this.tooEarly()].reverse()) {
      if (named.has(batch.digest) || !this.#isSurplus(batch)) continue
      this.#drop(batch)
      settled.push(batch)
    }
    return settled
  }

  #isSurplus({ author }: Batch): boolean {
    const { self, batchesPerAuthorMax, bytesPerAuthorMax } = this.#options
    const { batches, bytes } = this.#waitingByAuthor.get(author) ?? { batches: 0, bytes: 0 }
    return author !== self && (batches > batchesPerAuthorMax || bytes > bytesPerAuthorMax)
  }

  /** What history names it needs, too. */
  #drop({ digest }: Batch): void {
    this.onExecuted(digest)
    const isInHistory = this.#components.store.get(diskNames.named(digest)) !== undefined
    const keys = [diskNames.held(digest), ...(isInHistory ? [] : [diskNames.batch(digest)])]
    const operations = keys.map(key => ({ type: 'delete', key }) as const)
    this.#components.store.write(operations, { sync: false }, error => {
      if (error !== null) this.#components.onFailure(error)
    })
  }

  #keep(batch: Batch, durable?: () => void): void {
    const isHeld = this.#held.has(batch.digest)
    // Of one that is held already the write may be on its way, and without a sync.
    if (isHeld && durable === undefined) return
    const { clock, store } = this.#components
    if (!isHeld) {
      const respreadAtMs = clock.nowMs() + this.#options.respreadMs
      this.#held.set(batch.digest, { batch, attempts: 0, respreadAtMs })
      this.#count(batch, 1)
    }
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
    this.#components.due.forget(digest)
    this.#count(held.batch, -1)
  }

  /** Is anything held that need not be, as what waits long may be, or waited for too early? */
  isOverdue(): boolean {
    const { clock, due } = this.#components
    const nowMs = clock.nowMs()
    for (const { respreadAtMs, batch } of this.#held.values()) {
      if (respreadAtMs <= nowMs && due.isSettled(batch)) return true
      if (due.isPutOff(batch) ? this.#isSurplus(batch) : due.isTooEarly(batch)) return true
    }
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
      if (this.#components.due.isPutOff(held.batch)) continue
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

  /**
   * A body that is on disk and not held was executed, however long ago. Where that came to nothing because it was too early, it may be
   * ordered again when it is due, and not before: else a sequence could be had for every copy.
   */
  #isKnown(batch: Batch): boolean {
    const { digest } = batch
    if (this.#held.has(digest) || this.#checks.isChecking(digest)) return true
    return (this.#executed.has(digest) || this.#isOnDisk(batch)) && !this.#components.due.isDue(batch)
  }

  #isOverQuota(batch: Batch): boolean {
    if (this.#checks.isFull(batch)) return true
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
}
