import type { ReplicaConfig } from './config.ts'
import { primaryOf, quorumOf } from './config.ts'
import type {
  Commit,
  CommittedEntry,
  Digest,
  NewView,
  PrePrepare,
  Prepare,
  PreparedCertificate,
  Proposal,
  ReplicaId,
  Sequence,
  Verified,
  View,
} from './types.ts'

/**
 * One sequence number: what was accepted for it in the current view, the votes of that view (one for each member: the first),
 * and what survives views: the prepared certificate of the highest view, and the commit certificate.
 */
export interface Slot {
  readonly sequence: Sequence
  /** Of the current view; null: no PRE-PREPARE accepted yet. */
  accepted: { readonly proposal: Proposal; readonly source: Verified<PrePrepare> | Verified<NewView> } | null
  /** Batches of the accepted proposal that are not held yet. */
  readonly missing: Set<Digest>
  readonly prepares: Map<ReplicaId, Verified<Prepare>>
  readonly commits: Map<ReplicaId, Verified<Commit>>
  prepareSent: boolean
  commitSent: boolean
  /** Of the highest view in which this sequence was prepared here. An element of P, OSDI'99 §4.4. */
  prepared: PreparedCertificate | null
  committed: CommittedEntry | null
}

export function createSlot(sequence: Sequence): Slot {
  return {
    sequence,
    accepted: null,
    missing: new Set(),
    prepares: new Map(),
    commits: new Map(),
    prepareSent: false,
    commitSent: false,
    prepared: null,
    committed: null,
  }
}

/** Forget the votes of a view that was left. Certificates stay. */
export function resetForView(slot: Slot): void {
  slot.accepted = null
  slot.missing.clear()
  slot.prepares.clear()
  slot.commits.clear()
  slot.prepareSent = false
  slot.commitSent = false
}

/**
 * The certificate of prepared(m, v, n, i): the accepted proposal and q-1 matching PREPAREs of backups, the primary's
 * PRE-PREPARE standing for its own. Null while it does not hold. OSDI'99 §4.2.
 */
export function preparedCertificate(
  slot: Slot,
  config: ReplicaConfig,
  view: View,
): PreparedCertificate | null {
  if (slot.accepted === null) return null
  const { proposal, source } = slot.accepted
  const primary = primaryOf(config, view)
  const matching = [...slot.prepares.values()].filter(
    prepare => prepare.message.digest === proposal.digest && prepare.sender !== primary,
  )
  const needed = quorumOf(config) - 1
  if (matching.length < needed) return null
  matching.sort((a, b) => a.sender - b.sender)
  return { view, proposal, prePrepare: source, prepares: matching.slice(0, needed) }
}

/**
 * The commit certificate: the accepted proposal, its batches, and q matching COMMITs of one view. OSDI'99 §4.2.
 * Deviation: prepared(m, v, n, i) is not asked for; q COMMITs prove that q-f correct members prepared it.
 */
export function commitCertificate(slot: Slot, config: ReplicaConfig): CommittedEntry | null {
  if (slot.accepted === null || slot.missing.size > 0) return null
  const { proposal } = slot.accepted
  const matching = [...slot.commits.values()].filter(commit => commit.message.digest === proposal.digest)
  const needed = quorumOf(config)
  if (matching.length < needed) return null
  matching.sort((a, b) => a.sender - b.sender)
  return { proposal, commits: matching.slice(0, needed) }
}
