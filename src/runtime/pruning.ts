import { compareBytes, toHex, u64 } from '../lib/bytes.ts'
import type { Sequence } from '../pbft/types.ts'
import { StoredSequence, WireEntry } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import { below, keys, numberIn } from './keys.ts'
import type { Clock, StorageError, Store, StoreOperation } from './ports.ts'

/**
 * Deletes history that is older than the latest snapshot by more than the configured number of sequences: entries, receipts, the
 * index of transactions, bodies. A few sequences at a time, so that a long history does not hold up the replica.
 */
export interface PruningComponents {
  readonly store: Store
  readonly clock: Clock
  onFailure(error: StorageError): void
}

const SEQUENCES_PER_STEP = 64

export class Pruning {
  readonly #historySequences: number
  readonly #components: PruningComponents
  #target = 0
  #running = false

  constructor(options: { readonly historySequences: number }, components: PruningComponents) {
    this.#historySequences = options.historySequences
    this.#components = components
  }

  /** A snapshot is on disk. */
  onSnapshot(at: Sequence): void {
    this.#target = Math.max(this.#target, at - this.#historySequences + 1)
    if (!this.#running) this.#step()
  }

  #step(): void {
    const { store, clock, onFailure } = this.#components
    this.#running = true
    store.range({ ...below('entry/', this.#target), limit: SEQUENCES_PER_STEP }, (error, entries) => {
      if (error !== null) return onFailure(error)
      if (entries.length === 0) {
        this.#running = false
        return
      }
      const operations = entries.flatMap(([key, value]) => this.#operations(numberIn(key), value))
      store.write(operations, { sync: false }, failed => {
        if (failed !== null) return onFailure(failed)
        clock.after(0, () => this.#step())
      })
    })
  }

  #operations(sequence: number, entryBytes: Uint8Array): readonly StoreOperation[] {
    const remove = (key: string): StoreOperation => ({ type: 'delete', key })
    const operations = [remove(keys.entry(sequence)), remove(keys.executed(sequence))]
    const entry = decodeOr('entry-malformed', () => WireEntry.decode(entryBytes))
    if (!isRejection(entry)) {
      for (const digest of entry.proposal?.batchDigests ?? []) {
        if (this.#isNamedLater(toHex(digest), sequence)) continue
        operations.push(remove(keys.batch(toHex(digest))), remove(keys.named(toHex(digest))))
      }
    }
    const executedBytes = this.#components.store.get(keys.executed(sequence))
    if (executedBytes === undefined) return operations
    const executed = decodeOr('executed-malformed', () => StoredSequence.decode(executedBytes))
    if (isRejection(executed)) return operations
    for (const { id } of executed.segment?.receipts ?? [])
      operations.push(remove(keys.transaction(toHex(id))))
    return operations
  }

  /** A batch that a later sequence names again is needed as long as that one. */
  #isNamedLater(digest: string, sequence: number): boolean {
    const place = this.#components.store.get(keys.named(digest))
    return place !== undefined && compareBytes(place, u64(sequence)) > 0
  }
}
