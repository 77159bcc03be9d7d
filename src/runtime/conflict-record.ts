import { ConflictError } from '../pbft/conflict.ts'
import { encodeCertificate, encodeThresholdCertificate } from '../wire/convert.ts'
import { encodeWithAttachments } from '../wire/encode.ts'
import { WireCertificate, WireEntry, WireThresholdCertificate } from '../wire/pb/messages.ts'
import { type ConflictPart, diskNames } from './disk-names.ts'
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
  const { certificates = [], signedTogether = [], entries = [], proofs = [] } = error.evidence
  const parts: readonly (readonly [ConflictPart, Uint8Array])[] = [
    ...certificates.map(one => ['certificate', WireCertificate.encode(encodeCertificate(one))] as const),
    ...signedTogether.map(
      one => ['signed-together', WireThresholdCertificate.encode(encodeThresholdCertificate(one))] as const,
    ),
    ...entries.map(one => ['entry', WireEntry.encode(encodeEntry(one))] as const),
    ...proofs.map(one => ['envelope', encodeWithAttachments(one)] as const),
  ]
  const operations = parts.map(
    ([kind, value], index): StoreOperation => ({
      type: 'put',
      key: diskNames.conflictPart(kind, index),
      value,
    }),
  )
  const reason = new TextEncoder().encode(`${error.reason}\n${error.message}`)
  store.write([...operations, { type: 'put', key: diskNames.conflict, value: reason }], { sync: true }, done)
}

/** @throws ConflictError when the replica stopped on this disk */
export function refuseConflict(store: Store): void {
  const bytes = store.get(diskNames.conflict)
  if (bytes === undefined) return
  const [reason = '', message = ''] = new TextDecoder().decode(bytes).split('\n')
  throw new ConflictError(
    reason as ConflictError['reason'],
    `this replica stopped for good: ${message}; the proofs are in its database, which must be kept as it is until it is clear who is to blame; a node that is to go on with this key starts on an empty directory`,
  )
}
