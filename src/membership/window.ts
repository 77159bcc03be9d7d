import type { Transaction, TransactionId } from '../application/contract.ts'
import type { Digest, Sequence } from '../pbft/types.ts'
import type { ProtocolParameters } from './genesis.ts'

/** What was executed of one transaction: the reply, given again to whoever asks again. */
export interface Receipt {
  readonly id: TransactionId
  readonly sequence: Sequence
  readonly position: number
  readonly code: number
  readonly data: Uint8Array
}

/** One executed sequence as far as the history digest covers it. */
export interface Segment {
  readonly sequence: Sequence
  readonly proposalDigest: Digest
  readonly logTimeMs: number
  readonly receiptsRoot: Digest
  /** The chain up to and including this sequence. */
  readonly historyDigest: Digest
  readonly receipts: readonly Receipt[]
}

/** Where a window begins: empty at genesis, or before the segments of a snapshot. */
export interface WindowStart {
  readonly floorMs: number
  readonly historyBefore: Digest
}

/**
 * How far ahead of log time a client's clock may be. When the window is full its floor rises to so much above the log time of what is
 * dropped; so it must be small against the time in which a network fills its window.
 */
export const TIMESTAMP_AHEAD_MAX_MS = 10_000

/**
 * At-most-once, bounded. A transaction is admissible while its timestamp lies in a window of log time; the receipts of everything
 * executed that could still be admissible are kept, so a repeated one is recognised. Memory is bounded too: beyond
 * `transactionWindowMax` receipts the oldest go, and a floor rises so that what they guarded against is refused as expired.
 *
 * Deviation from OSDI'99 §4.1, which keeps one reply for every client for ever: in a network that anybody may write to, that
 * table would fill the disk.
 */
export class TransactionWindow {
  readonly #parameters: Pick<ProtocolParameters, 'transactionWindowMs' | 'transactionWindowMax'>
  readonly #receipts = new Map<TransactionId, Receipt>()
  /** Ascending; those before `#first` were dropped. */
  #segments: Segment[] = []
  #first = 0
  #floorMs: number
  #historyBefore: Digest

  constructor(
    parameters: Pick<ProtocolParameters, 'transactionWindowMs' | 'transactionWindowMax'>,
    start: WindowStart,
  ) {
    this.#parameters = parameters
    this.#floorMs = start.floorMs
    this.#historyBefore = start.historyBefore
  }

  /** The chain before the first kept segment. */
  get historyBefore(): Digest {
    return this.#historyBefore
  }

  /** The first kept sequence; undefined while nothing was executed. */
  get firstSequence(): Sequence | undefined {
    return this.#segments[this.#first]?.sequence
  }

  get floorMs(): number {
    return this.#floorMs
  }

  get size(): number {
    return this.#receipts.size
  }

  /** The kept segments, ascending. */
  segments(): readonly Segment[] {
    return this.#segments.slice(this.#first)
  }

  /** A kept sequence. */
  segment(sequence: number): Segment | undefined {
    const first = this.firstSequence
    return first === undefined || sequence < first
      ? undefined
      : this.#segments[this.#first + sequence - first]
  }

  /** Log time of a kept sequence. */
  logTimeAt(sequence: Sequence): number | undefined {
    return this.segment(sequence)?.logTimeMs
  }

  receipt(id: TransactionId): Receipt | undefined {
    return this.#receipts.get(id)
  }

  /** `expired`: never to be executed. `early`: its timestamp is too far ahead. */
  admission(
    transaction: Pick<Transaction, 'timestampMs'>,
    logTimeMs: number,
  ): 'admissible' | 'expired' | 'early' {
    const { timestampMs } = transaction
    if (timestampMs <= Math.max(logTimeMs - this.#parameters.transactionWindowMs, this.#floorMs))
      return 'expired'
    return timestampMs > logTimeMs + TIMESTAMP_AHEAD_MAX_MS ? 'early' : 'admissible'
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
    for (const receipt of segment.receipts) this.#receipts.set(receipt.id, receipt)
    this.#dropOld(segment.logTimeMs)
  }

  #dropOld(logTimeMs: number): void {
    const { transactionWindowMs, transactionWindowMax } = this.#parameters
    for (;;) {
      const oldest = this.#segments[this.#first]
      if (oldest === undefined || this.#first === this.#segments.length - 1) break
      const guardsUntilMs = oldest.logTimeMs + TIMESTAMP_AHEAD_MAX_MS
      const isNeeded = guardsUntilMs > Math.max(logTimeMs - transactionWindowMs, this.#floorMs)
      if (isNeeded && this.#receipts.size <= transactionWindowMax) break
      if (isNeeded) this.#floorMs = guardsUntilMs
      for (const { id } of oldest.receipts) this.#receipts.delete(id)
      this.#historyBefore = oldest.historyDigest
      this.#first += 1
    }
    if (this.#first > 1_024 && this.#first > this.#segments.length / 2) {
      this.#segments = this.#segments.slice(this.#first)
      this.#first = 0
    }
  }
}
