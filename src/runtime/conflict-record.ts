import { ConflictError } from '../pbft/conflict.ts'
import { encodeCertificate } from '../wire/convert.ts'
import { encodeWithAttachments } from '../wire/encode.ts'
import { WireCertificate, WireEntry } from '../wire/pb/messages.ts'
import { keys } from './keys.ts'
import type { StorageError, Store, StoreOperation } from './ports.ts'
import { encodeEntry } from './records.ts'

/**
 * What a replica writes when it stops because two proofs contradict each other: why, and the proofs. It does not start again on this
 * disk before somebody looked at it: everything else on it stays as it was, and belongs to the evidence.
 */

/** @param done when it is on disk, or cannot be */
export function writeConflict(
  store: Store,
  error: ConflictError,
  done: (failure: StorageError | null) => void,
): void {
  const { certificates = [], entries = [], proofs = [] } = error.evidence
  const parts = [
    ...certificates.map(one => WireCertificate.encode(encodeCertificate(one))),
    ...entries.map(one => WireEntry.encode(encodeEntry(one))),
    ...proofs.map(encodeWithAttachments),
  ]
  const kinds = [
    ...certificates.map(() => 'certificate' as const),
    ...entries.map(() => 'entry' as const),
    ...proofs.map(() => 'envelope' as const),
  ]
  const operations: StoreOperation[] = parts.map((value, index) => ({
    type: 'put',
    key: keys.conflictPart(kinds[index] ?? 'envelope', index),
    value,
  }))
  const reason = new TextEncoder().encode(`${error.reason}\n${error.message}`)
  store.write([...operations, { type: 'put', key: keys.conflict, value: reason }], { sync: true }, done)
}

/** @throws ConflictError when the replica stopped on this disk */
export function refuseConflict(store: Store): void {
  const bytes = store.get(keys.conflict)
  if (bytes === undefined) return
  const [reason = '', message = ''] = new TextDecoder().decode(bytes).split('\n')
  throw new ConflictError(
    reason as ConflictError['reason'],
    `this replica stopped for good: ${message}; the proofs are in its database, which must be kept as it is until it is clear who is to blame; a node that is to go on with this key starts on an empty directory`,
  )
}
