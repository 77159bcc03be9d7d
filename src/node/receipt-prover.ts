import type { Refusal, TransactionId } from '../application/contract.ts'
import type { MerkleLevels } from '../crypto/merkle.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { toHex } from '../lib/bytes.ts'
import { GENESIS_HISTORY } from '../membership/history.ts'
import {
  HISTORY_LINKS_MAX,
  type HistoryLink,
  linkOf,
  proveReceipt,
  type ReceiptProof,
  receiptLevelsOf,
} from '../membership/proof.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import type { Segment } from '../membership/window.ts'
import { type Digest, digest } from '../pbft/types.ts'
import { diskNames } from '../runtime/disk-names.ts'
import { placeOf } from '../runtime/execution.ts'
import type { Store } from '../runtime/ports.ts'
import { decodeSegment } from '../runtime/segments.ts'
import { decodeCount, decodeDigest } from '../wire/convert.ts'
import { StoredLink, StoredSequence } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'

/**
 * Ties receipts to certified sequences, from the transaction window in memory and, for what is older, from history on disk. What one
 * question may cost is bounded: links by their number, the disk by the bytes that are read.
 */
export interface ReceiptProverComponents {
  readonly state: ReplicatedState
  readonly store: Store
}

/** Trees over the receipts of a sequence, for several who ask about one sequence. */
const TREES_MAX = 4
/** Read from disk for one proof; stored sequences carry their receipts. */
const DISK_BYTES_MAX = 8_388_608

const NOT_IN_HISTORY: Refusal = {
  code: 'NOT_IN_HISTORY',
  message: 'What this would be proved with is no longer in history here.',
}
const PROOF_TOO_LONG: Refusal = {
  code: 'PROOF_TOO_LONG',
  message: 'The first certificate after this transaction is too many sequences after it.',
}

export class ReceiptProver {
  readonly #components: ReceiptProverComponents
  readonly #trees = new BoundedMap<number, MerkleLevels>(TREES_MAX)

  constructor(components: ReceiptProverComponents) {
    this.#components = components
  }

  /** Where a transaction was executed; null: not here, or forgotten. */
  sequenceOf(id: TransactionId): number | null {
    const { state, store } = this.#components
    return state.window.receipt(id)?.sequence ?? placeOf(store, id) ?? null
  }

  /** @param at the transaction's sequence @param certified at or above it */
  prove(id: TransactionId, at: number, certified: number): ReceiptProof | Refusal {
    if (certified - at > HISTORY_LINKS_MAX) return PROOF_TOO_LONG
    const reader = new HistoryReader(this.#components)
    const own = reader.segment(at)
    const receipt = own?.receipts.find(one => one.id === id)
    const historyBefore = reader.historyAt(at - 1)
    if (own === null || receipt === undefined || historyBefore === null) return NOT_IN_HISTORY
    const links: HistoryLink[] = []
    for (let n = at + 1; n <= certified; n++) {
      const link = reader.link(n)
      if (link === null) return reader.isExhausted ? PROOF_TOO_LONG : NOT_IN_HISTORY
      links.push(linkOf(link))
    }
    return proveReceipt(receipt, own, this.#treeOf(own), historyBefore, links)
  }

  #treeOf(segment: Segment): MerkleLevels {
    const known = this.#trees.get(segment.sequence)
    if (known !== undefined) return known
    const levels = receiptLevelsOf(segment)
    this.#trees.set(segment.sequence, levels)
    return levels
  }
}

type Linked = HistoryLink & Pick<Segment, 'historyDigest'>

/** For one question. */
class HistoryReader {
  readonly #components: ReceiptProverComponents
  #bytesLeft = DISK_BYTES_MAX

  constructor(components: ReceiptProverComponents) {
    this.#components = components
  }

  get isExhausted(): boolean {
    return this.#bytesLeft < 0
  }

  segment(sequence: number): Segment | null {
    return this.#components.state.window.segment(sequence) ?? this.#segmentOnDisk(sequence)
  }

  /** Its receipts, of which there may be thousands, are not looked at. */
  link(sequence: number): Linked | null {
    return this.#components.state.window.segment(sequence) ?? this.#linkOnDisk(sequence)
  }

  /** The chain after a sequence; 0 is before all. */
  historyAt(sequence: number): Digest | null {
    if (sequence === 0) return GENESIS_HISTORY
    const { window } = this.#components.state
    if (sequence + 1 === window.firstSequence) return window.historyBefore
    return this.link(sequence)?.historyDigest ?? null
  }

  #segmentOnDisk(sequence: number): Segment | null {
    const bytes = this.#read(sequence)
    if (bytes === undefined) return null
    const stored = decodeOr('executed-malformed', () => StoredSequence.decode(bytes))
    const segment = isRejection(stored) ? null : decodeSegment(stored.segment, GENESIS_HISTORY)
    if (isRejection(stored) || segment === null) return null
    return { ...segment, historyDigest: digest(toHex(stored.historyDigest)) }
  }

  #linkOnDisk(sequence: number): Linked | null {
    const bytes = this.#read(sequence)
    if (bytes === undefined) return null
    const stored = decodeOr('executed-malformed', () => StoredLink.decode(bytes))
    if (isRejection(stored) || stored.segment === undefined) return null
    const proposalDigest = decodeDigest(stored.segment.proposalDigest)
    const receiptsRoot = decodeDigest(stored.segment.receiptsRoot)
    const historyDigest = decodeDigest(stored.historyDigest)
    const logTimeMs = decodeCount(stored.segment.logTimeMs)
    if (proposalDigest === null || receiptsRoot === null || historyDigest === null || logTimeMs === null)
      return null
    return { proposalDigest, receiptsRoot, historyDigest, logTimeMs }
  }

  #read(sequence: number): Uint8Array | undefined {
    const bytes = this.isExhausted ? undefined : this.#components.store.get(diskNames.executed(sequence))
    this.#bytesLeft -= bytes?.length ?? 0
    return bytes
  }
}
