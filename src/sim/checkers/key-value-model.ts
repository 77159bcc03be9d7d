import { decodeKeyValueOperation } from '../../application/key-value.ts'
import { sha256 } from '../../crypto/hash.ts'
import { fromUtf8, toHex } from '../../lib/bytes.ts'
import type { ReceiptReply } from '../replies.ts'

/**
 * What a network of the key-value application must do with an agreed order, written once more, as plainly as it can be: everything that
 * was ever executed is remembered, and state is a map of every value that a key ever had. It shares the encoding of operations with
 * the application, and nothing else.
 */
export interface OrderedTransaction {
  readonly id: string
  readonly timestampMs: number
  readonly operation: Uint8Array
  /** About the network's keys: what it gives the model does not know. */
  readonly kind?: 'system' | undefined
}

export interface ModelReceipt extends ReceiptReply {
  readonly id: string
  readonly isSystem: boolean
}

export interface ModelOptions {
  readonly transactionWindowMs: number
  /** Receipts that members keep. Default: all. */
  readonly transactionWindowMax?: number | undefined
  /** Log time before the first sequence. */
  readonly createdMs: number
}

/** How far ahead of log time a client's clock may be. */
const AHEAD_MAX_MS = 10_000
const OTHER_VALUE = 2

interface Version {
  readonly sequence: number
  readonly value: Uint8Array | null
}

export class KeyValueModel {
  readonly #options: ModelOptions
  readonly #executed = new Set<string>()
  /** Ascending by sequence; of one sequence the last counts. */
  readonly #versions = new Map<string, Version[]>()
  #sequence = 0
  #logTimeMs: number
  /** The last sequences, as many as members keep all receipts of. */
  readonly #kept: { readonly logTimeMs: number; readonly receipts: number }[] = []
  #receiptsKept = 0
  #floorMs = 0

  constructor(options: ModelOptions) {
    this.#options = options
    this.#logTimeMs = options.createdMs
  }

  /** The last sequence that was executed. */
  get sequence(): number {
    return this.#sequence
  }

  get logTimeMs(): number {
    return this.#logTimeMs
  }

  /** All keys that ever had a value. */
  get keys(): Iterable<string> {
    return this.#versions.keys()
  }

  /** Executes the next sequence. @param transactions of all its batches, in order */
  execute(logTimeMs: number, transactions: readonly OrderedTransaction[]): readonly ModelReceipt[] {
    this.#sequence += 1
    this.#logTimeMs = Math.max(this.#logTimeMs, logTimeMs)
    const receipts: ModelReceipt[] = []
    for (const { id, timestampMs, operation, kind } of transactions) {
      if (this.#executed.has(id) || !this.#isAdmissible(timestampMs)) continue
      this.#executed.add(id)
      const isSystem = kind === 'system'
      const result = isSystem ? { code: 0, data: new Uint8Array(0) } : this.#apply(operation)
      receipts.push({ id, sequence: this.#sequence, position: receipts.length, isSystem, ...result })
    }
    this.#forget(receipts.length)
    return receipts
  }

  /** What members remember no more nobody may execute again. */
  #forget(receipts: number): void {
    this.#kept.push({ logTimeMs: this.#logTimeMs, receipts })
    const { transactionWindowMax = Number.POSITIVE_INFINITY } = this.#options
    this.#receiptsKept += receipts
    while (this.#receiptsKept > transactionWindowMax && this.#kept.length > 1) {
      const oldest = this.#kept.shift()
      if (oldest === undefined) return
      this.#receiptsKept -= oldest.receipts
      this.#floorMs = Math.max(this.#floorMs, oldest.logTimeMs + AHEAD_MAX_MS)
    }
  }

  #isAdmissible(timestampMs: number): boolean {
    const ageMs = this.#logTimeMs - timestampMs
    const isKnown = ageMs < this.#options.transactionWindowMs && timestampMs > this.#floorMs
    return isKnown && -ageMs <= AHEAD_MAX_MS
  }

  #apply(operation: Uint8Array): Pick<ReceiptReply, 'code' | 'data'> {
    const decoded = decodeKeyValueOperation(operation)
    // Malformed operations are refused at every door, so that none is ever in an order.
    if (decoded === undefined) return { code: -1, data: operation }
    const key = fromUtf8(decoded.key) ?? ''
    const before = this.valueAt(key, this.#sequence)
    switch (decoded.type) {
      case 'set':
        this.#put(key, decoded.value)
        return { code: 0, data: new Uint8Array(0) }
      case 'delete':
        if (before !== null) this.#put(key, null)
        return { code: 0, data: Uint8Array.of(before === null ? 0 : 1) }
      case 'compare-and-set': {
        const beforeHash = before === null ? null : toHex(sha256(before))
        const expected = decoded.expectedHash === null ? null : toHex(decoded.expectedHash)
        if (beforeHash !== expected) return { code: OTHER_VALUE, data: new Uint8Array(0) }
        this.#put(key, decoded.value)
        return { code: 0, data: new Uint8Array(0) }
      }
    }
  }

  #put(key: string, value: Uint8Array | null): void {
    const versions = this.#versions.get(key) ?? []
    versions.push({ sequence: this.#sequence, value })
    this.#versions.set(key, versions)
  }

  /** The value of a key after a sequence that was executed. */
  valueAt(key: string, sequence: number): Uint8Array | null {
    const versions = this.#versions.get(key) ?? []
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i]
      if (version !== undefined && version.sequence <= sequence) return version.value
    }
    return null
  }
}

/** Refusals say why in words, which the model does not know. */
export function isSameReceipt(
  a: ModelReceipt,
  b: { readonly id: string; readonly code: number; readonly data: Uint8Array },
): boolean {
  if (a.isSystem) return a.id === b.id
  return a.id === b.id && a.code === b.code && (a.code !== 0 || toHex(a.data) === toHex(b.data))
}
