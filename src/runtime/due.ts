import { TIMESTAMP_AHEAD_MAX_MS } from '../membership/window.ts'
import type { Digest } from '../pbft/types.ts'
import type { Batch, IdentifiedTransaction } from '../wire/batch.ts'

/**
 * Which batches somebody has to order now. A transaction whose timestamp is too far ahead of log time is passed over when it is
 * executed, without a receipt, so nobody owes it a place yet. A batch with nothing in it that is due is put off: the core is not told of
 * it until its time comes. What is ordered now has the primary's clock as its log time; a backup knows that clock only roughly, so
 * it waits half the difference longer that the rules leave between their clocks.
 */
export interface DueComponents {
  /** Is this transaction executed, or can it never be? */
  isSettled(transaction: IdentifiedTransaction): boolean
  /** And at work: it orders what it holds, due or not. What comes to nothing is let go of by all who execute it. */
  isPrimary(): boolean
  /** Of the last executed sequence, milliseconds since 1970. */
  logTimeMs(): number
  /** Our clock, milliseconds since 1970. */
  nowMs(): number
}

const CLOCKS_APART_MS = TIMESTAMP_AHEAD_MAX_MS / 2

export class Due {
  readonly #components: DueComponents
  /** What is put off, and the earliest timestamp in it that is not settled. */
  readonly #putOff = new Map<Digest, { readonly batch: Batch; earliestMs: number }>()
  /** How many transactions at the front of a batch are settled. They stay so, and a batch may be looked at for years. */
  readonly #settled = new WeakMap<Batch, number>()

  constructor(components: DueComponents) {
    this.#components = components
  }

  get size(): number {
    return this.#putOff.size
  }

  isPutOff({ digest }: Batch): boolean {
    return this.#putOff.has(digest)
  }

  putOff(batch: Batch): void {
    this.#putOff.set(batch.digest, { batch, earliestMs: this.#earliestMs(batch) })
  }

  forget(digest: Digest): void {
    this.#putOff.delete(digest)
  }

  isSettled(batch: Batch): boolean {
    const { transactions } = batch
    let settled = this.#settled.get(batch) ?? 0
    for (let next = transactions[settled]; next !== undefined; next = transactions[settled]) {
      if (!this.#components.isSettled(next)) break
      settled += 1
    }
    this.#settled.set(batch, settled)
    return settled === transactions.length
  }

  /** Would anything in it be executed if it were ordered now? */
  isDue(batch: Batch): boolean {
    if (this.isSettled(batch)) return false
    const untilMs = this.#untilMs()
    const front = this.#settled.get(batch) ?? 0
    return batch.transactions.some(
      (identified, i) =>
        i >= front &&
        identified.transaction.timestampMs <= untilMs &&
        !this.#components.isSettled(identified),
    )
  }

  isTooEarly(batch: Batch): boolean {
    return !this.isDue(batch) && !this.#components.isPrimary() && !this.isSettled(batch)
  }

  /** @param logTimeMs milliseconds since 1970 @returns if it was ordered since then, may it have come to nothing? */
  isDoubtful({ transactions }: Batch, logTimeMs: number): boolean {
    return transactions.some(
      ({ transaction }) => transaction.timestampMs > logTimeMs + TIMESTAMP_AHEAD_MAX_MS,
    )
  }

  /** What was put off and is not any more, because its time has come or we are the primary. */
  take(): readonly Batch[] {
    if (this.#putOff.size === 0) return []
    const untilMs = this.#components.isPrimary() ? Number.MAX_VALUE : this.#untilMs()
    const taken: Batch[] = []
    for (const entry of this.#putOff.values()) {
      if (entry.earliestMs > untilMs) continue
      // What it was put off for may be settled by now.
      entry.earliestMs = this.#earliestMs(entry.batch)
      if (entry.earliestMs > untilMs) continue
      this.#putOff.delete(entry.batch.digest)
      taken.push(entry.batch)
    }
    return taken
  }

  /** The latest timestamp that is due. */
  #untilMs(): number {
    const { isPrimary, logTimeMs, nowMs } = this.#components
    const expectedMs = isPrimary() ? nowMs() : nowMs() - CLOCKS_APART_MS
    return Math.max(logTimeMs(), expectedMs) + TIMESTAMP_AHEAD_MAX_MS
  }

  /** Infinity when all is settled. */
  #earliestMs({ transactions }: Batch): number {
    return transactions.reduce(
      (ms, identified) =>
        this.#components.isSettled(identified) ? ms : Math.min(ms, identified.transaction.timestampMs),
      Number.POSITIVE_INFINITY,
    )
  }
}
