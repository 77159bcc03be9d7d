import type { ConsensusRecord } from '../pbft/effect.ts'
import type { CommittedEntry, PrePrepare, PreparedCertificate, Verified, View } from '../pbft/types.ts'
import { view } from '../pbft/types.ts'
import { decodeProposal, encodeProposal, plain } from '../wire/convert.ts'
import { commitsIn, EnvelopeDecoder } from '../wire/decode.ts'
import { encodePrepared, encodeWithAttachments, proofsOf } from '../wire/encode.ts'
import { type Envelope, openAttachment } from '../wire/envelope.ts'
import { StoredPrepared, StoredView, WireEntry } from '../wire/pb/messages.ts'
import { isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { diskNames } from './disk-names.ts'
import { StorageError, type StoreOperation } from './ports.ts'

/** Consensus records and committed sequences between the core's values and bytes on disk. */

export function recordOperations(record: ConsensusRecord): readonly StoreOperation[] {
  switch (record.type) {
    case 'accepted': {
      const { message, proof } = record.prePrepare
      return [{ type: 'put', key: diskNames.accepted(message.proposal.sequence), value: proof.bytes }]
    }
    case 'prepared': {
      const { certificate } = record
      const envelopes = proofsOf([certificate]).map(proof => plain(proof.bytes))
      const value = StoredPrepared.encode({ prepared: encodePrepared(certificate), envelopes })
      return [{ type: 'put', key: diskNames.prepared(certificate.proposal.sequence), value }]
    }
    case 'view': {
      const newView = record.newView === null ? undefined : encodeWithAttachments(record.newView.proof)
      const value = StoredView.encode({ view: record.view, active: record.active, newView })
      const current: StoreOperation = { type: 'put', key: diskNames.view, value }
      return newView === undefined
        ? [current]
        : [current, { type: 'put', key: diskNames.newView(record.view), value }]
    }
    case 'memory-restored':
      return [{ type: 'delete', key: diskNames.amnesia }]
  }
}

/** The PRE-PREPARE for `sequence` in an accepted envelope. @throws StorageError when it is not there */
export function decodeAccepted(scope: Scope, sequence: number, bytes: Uint8Array): Verified<PrePrepare> {
  const envelope = openStored(scope, bytes)
  const messages = new EnvelopeDecoder(scope, 0, [envelope]).messages(envelope) ?? []
  for (const { sender, message, proof } of messages) {
    if (message.type === 'pre-prepare' && message.proposal.sequence === sequence)
      return { sender, message, proof }
  }
  throw damaged(`the accepted proposal ${sequence}`)
}

/** @throws StorageError */
export function decodePrepared(scope: Scope, sequence: number, bytes: Uint8Array): PreparedCertificate {
  const stored = decodeStored(`the prepared certificate ${sequence}`, () => StoredPrepared.decode(bytes))
  const envelopes = stored.envelopes.map(envelope => openStored(scope, envelope))
  const certificate = stored.prepared && new EnvelopeDecoder(scope, 0, envelopes).prepared(stored.prepared)
  if (certificate === undefined || certificate === null) throw damaged(`the prepared certificate ${sequence}`)
  return certificate
}

/** @throws StorageError */
export function decodeView(bytes: Uint8Array): { view: View; active: boolean; newView: Uint8Array | null } {
  const stored = decodeStored('the current view', () => StoredView.decode(bytes))
  return { view: view(stored.view), active: stored.active, newView: stored.newView ?? null }
}

export function encodeEntry(entry: CommittedEntry): WireEntry {
  const commits = new Map(entry.commits.map(commit => [commit.proof.hash, plain(commit.proof.bytes)]))
  return { proposal: encodeProposal(entry.proposal), commits: [...commits.values()] }
}

/** A committed sequence without its signatures checked; null when malformed. Senders that said the same twice count once. */
export function decodeEntry(
  scope: Scope,
  wire: WireEntry,
): { entry: CommittedEntry; envelopes: readonly Envelope[] } | null {
  const proposal = decodeProposal(scope, wire.proposal)
  if (proposal === null || wire.commits.length > scope.memberKeys.length) return null
  const envelopes: Envelope[] = []
  const senders = new Set<number>()
  for (const bytes of wire.commits) {
    const envelope = openAttachment(scope, bytes)
    if (isRejection(envelope) || senders.has(envelope.sender)) return null
    senders.add(envelope.sender)
    envelopes.push(envelope)
  }
  const commits = commitsOfOneView(proposal, envelopes)
  return commits === null ? null : { entry: { proposal, commits }, envelopes }
}

/**
 * One COMMIT of each envelope, all of one view; null when they have none in common. One envelope may commit a sequence in two views:
 * whoever follows a NEW-VIEW while its disk is slow says both at once.
 */
function commitsOfOneView(
  { sequence, digest }: CommittedEntry['proposal'],
  envelopes: readonly Envelope[],
): CommittedEntry['commits'] | null {
  const said = envelopes.map(envelope =>
    commitsIn(envelope).filter(({ message }) => message.sequence === sequence && message.digest === digest),
  )
  for (const { message } of said[0] ?? []) {
    const commits = said.flatMap(of => of.find(commit => commit.message.view === message.view) ?? [])
    if (commits.length === envelopes.length) return commits
  }
  return null
}

/** @throws StorageError */
export function decodeStoredEntry(scope: Scope, sequence: number, bytes: Uint8Array): CommittedEntry {
  const wire = decodeStored(`the committed sequence ${sequence}`, () => WireEntry.decode(bytes))
  const decoded = decodeEntry(scope, wire)
  if (decoded === null || decoded.entry.proposal.sequence !== sequence)
    throw damaged(`the committed sequence ${sequence}`)
  return decoded.entry
}

function openStored(scope: Scope, bytes: Uint8Array): Envelope {
  const envelope = openAttachment(scope, bytes)
  if (isRejection(envelope)) throw damaged(`a signed message (${envelope.code})`)
  return envelope
}

/** @throws StorageError DAMAGED when `decode` throws */
export function decodeStored<T>(what: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw damaged(what, { cause: error })
  }
}

export function damaged(what: string, options?: ErrorOptions): StorageError {
  const advice =
    'if the program was updated since, start the version before; else restore a copy made since the node last ran, or empty the directory: the node then fetches the state from the others'
  return new StorageError(
    'DAMAGED',
    `the database does not hold ${what} as it was written; ${advice}`,
    options,
  )
}
