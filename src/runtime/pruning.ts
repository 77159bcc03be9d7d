import { compareBytes, toHex, u64 } from '../lib/bytes.ts'
import { type Digest, digest, type Sequence } from '../pbft/types.ts'
import { StoredSequence, WireEntry } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import { below, diskNames, numberIn } from './disk-names.ts'
import type { Clock, StorageError, Store, StoreOperation } from './ports.ts'

/**
 * Deletes history that is older than the latest snapshot by more than the configured number of sequences: entries, receipts, the
 * index of transactions, bodies. A few sequences at a time, so that a long history does not hold up the replica.
 */
export interface PruningComponents {
  readonly store: Store
  /** Batches that a proposal in the log names, whether or not they were executed before. */
  namedBatches(): ReadonlySet<Digest>
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
      const operations = this.#operationsUpToNamed(entries)
      if (operations.length === 0) {
        this.#running = false
        return
      }
      store.write(operations, { sync: false }, failed => {
        if (failed !== null) return onFailure(failed)
        clock.after(0, () => this.#step())
      })
    })
  }

  /** A batch that is about to be executed once more must still be here then: pruning goes on after that. */
  #operationsUpToNamed(entries: readonly (readonly [key: string, value: Uint8Array])[]): StoreOperation[] {
    const named = this.#components.namedBatches()
    const operations: StoreOperation[] = []
    for (const [key, value] of entries) {
      const digests = batchesIn(value)
      if (digests.some(one => named.has(one))) return operations
      operations.push(...this.#operations(numberIn(key), digests))
    }
    return operations
  }

  #operations(sequence: number, digests: readonly Digest[]): readonly StoreOperation[] {
    const remove = (key: string): StoreOperation => ({ type: 'delete', key })
    const operations = [remove(diskNames.entry(sequence)), remove(diskNames.executed(sequence))]
    for (const one of digests) {
      if (this.#isNamedLater(one, sequence)) continue
      operations.push(remove(diskNames.named(one)))
      // One that came to nothing may wait again.
      const isHeld = this.#components.store.get(diskNames.held(one)) !== undefined
      if (!isHeld) operations.push(remove(diskNames.batch(one)))
    }
    const executedBytes = this.#components.store.get(diskNames.executed(sequence))
    if (executedBytes === undefined) return operations
    const executed = decodeOr('executed-malformed', () => StoredSequence.decode(executedBytes))
    if (isRejection(executed)) return operations
    for (const { id } of executed.segment?.receipts ?? [])
      operations.push(remove(diskNames.transaction(toHex(id))))
    return operations
  }

  /** A batch that a later sequence names again is needed as long as that one. */
  #isNamedLater(digest: string, sequence: number): boolean {
    const place = this.#components.store.get(diskNames.named(digest))
    return place !== undefined && compareBytes(place, u64(sequence)) > 0
  }
}

function batchesIn(entryBytes: Uint8Array): readonly Digest[] {
  const entry = decodeOr('entry-malformed', () => WireEntry.decode(entryBytes))
  if (isRejection(entry)) return []
  return (entry.proposal?.batchDigests ?? []).map(bytes => digest(toHex(bytes)))
}
