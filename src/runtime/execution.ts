import type { TransactionId } from '../application/contract.ts'
import { present } from '../lib/assert.ts'
import { fromHex, toHex, u64 } from '../lib/bytes.ts'
import type { Outcome, ReplicatedState } from '../membership/replicated-state.ts'
import { type CommittedEntry, type Digest, digest, type Statement } from '../pbft/types.ts'
import type { Batch } from '../wire/batch.ts'
import { plain } from '../wire/convert.ts'
import { StoredSequence, WireEntry } from '../wire/pb/messages.ts'
import type { BatchStore } from './batches.ts'
import { diskNames } from './disk-names.ts'
import type { StorageError, Store, StoreOperation } from './ports.ts'
import { encodeEntry } from './records.ts'
import { encodeSegment } from './segments.ts'
import type { Snapshots } from './snapshots.ts'

/**
 * Executes what is committed, writes it into history, and tells whoever waits. The write needs no sync of its own: a quorum has the
 * votes and the bodies on disk, and after a crash the sequence is executed again from them.
 */
export interface ExecutionComponents {
  readonly state: ReplicatedState
  readonly store: Store
  readonly batches: BatchStore
  readonly snapshots: Snapshots
  onExecuted(executed: Executed): void
  onFailure(error: StorageError): void
}

export interface Executed {
  readonly entry: CommittedEntry
  readonly outcome: Outcome
  readonly batches: readonly Batch[]
}

export function createExecution(components: ExecutionComponents) {
  const { state, store, batches, snapshots, onExecuted, onFailure } = components

  return function execute(entry: CommittedEntry, checkpoint: boolean): Statement | null {
    const { proposal } = entry
    const bodies = proposal.batchDigests.map(digest =>
      present(batches.committed(digest), 'the body of a committed batch'),
    )
    const outcome = state.execute(
      proposal,
      bodies.map(body => body.transactions),
    )
    store.write(historyOperations(entry, outcome), { sync: false }, error => {
      if (error !== null) onFailure(error)
    })
    for (const digest of proposal.batchDigests) batches.onExecuted(digest)
    const statement = checkpoint ? state.statement() : null
    if (checkpoint) snapshots.onCheckpoint(proposal.sequence)
    onExecuted({ entry, outcome, batches: bodies })
    return statement
  }
}

function historyOperations(entry: CommittedEntry, outcome: Outcome): readonly StoreOperation[] {
  const { sequence, batchDigests } = entry.proposal
  const { segment } = outcome
  const executed = StoredSequence.encode({
    segment: encodeSegment(segment),
    historyDigest: plain(fromHex(segment.historyDigest)),
    view: entry.commits[0]?.message.view ?? 0,
  })
  const place = u64(sequence)
  return [
    { type: 'put', key: diskNames.entry(sequence), value: WireEntry.encode(encodeEntry(entry)) },
    { type: 'put', key: diskNames.executed(sequence), value: executed },
    ...segment.receipts.map(({ id }) => ({
      type: 'put' as const,
      key: diskNames.transaction(id),
      value: place,
    })),
    ...batchDigests.flatMap(digest => [
      { type: 'delete' as const, key: diskNames.held(digest) },
      { type: 'put' as const, key: diskNames.named(digest), value: place },
    ]),
  ]
}

/** The history after a sequence, as executed here; null where that is not known any more, or not yet. */
export function historyAfter(
  store: Store,
  state: Pick<ReplicatedState, 'sequence' | 'historyDigest'>,
  sequence: number,
): Digest | null {
  if (sequence === state.sequence) return state.historyDigest
  const bytes = sequence < state.sequence ? store.get(diskNames.executed(sequence)) : undefined
  return bytes === undefined ? null : digest(toHex(StoredSequence.decode(bytes).historyDigest))
}

/** Where a transaction of history was executed; undefined when it is not in history. */
export function placeOf(store: Store, id: TransactionId): number | undefined {
  const value = store.get(diskNames.transaction(id))
  if (value === undefined || value.length !== 8) return undefined
  const view = new DataView(value.buffer, value.byteOffset, 8)
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}
