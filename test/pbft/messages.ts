/**
 * Messages for the core without signatures: the core checks none, so a test may say anything in anybody's name. A proposal's digest is a
 * readable text that covers what the real one covers, and a message's hash covers its content, so equal messages are equal evidence.
 */
import type { ReplicaConfig } from '../../src/pbft/config.ts'
import type { ProposalContent } from '../../src/pbft/effect.ts'
import type { RecoveredRecords } from '../../src/pbft/event.ts'
import { quorum } from '../../src/pbft/quorum.ts'
import {
  type Certificate,
  type Checkpoint,
  type Commit,
  type CommittedEntry,
  digest,
  type Message,
  type NewView,
  type PrePrepare,
  type Prepare,
  type PreparedCertificate,
  type Proposal,
  replicaId,
  type Statement,
  type Status,
  sequence,
  type Verified,
  type ViewChange,
  view,
} from '../../src/pbft/types.ts'

export const LOG_TIME_MS = 1_000

export function testConfig(fields: Partial<ReplicaConfig> = {}): ReplicaConfig {
  return {
    epoch: 0,
    n: 4,
    self: replicaId(1),
    checkpointInterval: 4,
    logWindow: 8,
    pipelineDepth: 4,
    proposalBatchesMax: 2,
    viewChangeTimeoutMs: 100,
    viewChangeTimeoutMaxMs: 1_000,
    idleCheckpointMs: 20,
    resendMs: 50,
    statusMs: 500,
    ...fields,
  }
}

export function freshRecords(fields: Partial<RecoveredRecords> = {}): RecoveredRecords {
  return {
    amnesia: false,
    question: QUESTION,
    view: view(0),
    viewActive: true,
    newView: null,
    stable: null,
    executed: sequence(0),
    statements: [],
    accepted: [],
    prepared: [],
    own: [],
    ...fields,
  }
}

export function signed<T extends Message>(sender: number, message: T): Verified<T> {
  const hash = digest(`${sender}:${JSON.stringify(message, withoutProofs)}`)
  return { sender: replicaId(sender), message, proof: { hash, bytes: new Uint8Array(0), attachments: [] } }
}

const withoutProofs = (key: string, value: unknown): unknown => (key === 'proof' ? undefined : value)

export function withDigest(content: ProposalContent): Proposal {
  const { batchDigests, certify, logTimeMs } = content
  const text = `${batchDigests.join('+') || 'null'}@${content.sequence}${certify ? '!' : ''}~${logTimeMs}`
  return { ...content, digest: digest(text) }
}

export interface ProposalFields {
  readonly certify?: boolean
  readonly logTimeMs?: number
}

/** The proposal of these batches for sequence `n`; of no batch: the null request. */
export function proposal(n: number, batches: readonly string[], fields: ProposalFields = {}): Proposal {
  const logTimeMs = fields.logTimeMs ?? (batches.length === 0 ? 0 : LOG_TIME_MS)
  const batchDigests = batches.map(name => digest(name))
  return withDigest({ sequence: sequence(n), batchDigests, logTimeMs, certify: fields.certify ?? false })
}

export function prePrepare(
  v: number,
  proposed: Proposal,
  { sender = v % 4, timely = true }: { sender?: number; timely?: boolean } = {},
): Verified<PrePrepare> {
  return signed(sender, { type: 'pre-prepare', view: view(v), proposal: proposed, timely })
}

export function prepare(sender: number, v: number, proposed: Proposal): Verified<Prepare> {
  const { sequence: n, digest: d } = proposed
  return signed(sender, { type: 'prepare', view: view(v), sequence: n, digest: d })
}

export function commit(sender: number, v: number, proposed: Proposal): Verified<Commit> {
  const { sequence: n, digest: d } = proposed
  return signed(sender, { type: 'commit', view: view(v), sequence: n, digest: d })
}

export function statement(n: number, state = 'state'): Statement {
  return {
    epoch: 0,
    sequence: sequence(n),
    historyDigest: digest(`history ${n}`),
    stateRoot: digest(`${state} ${n}`),
    membersHash: digest('members'),
    logTimeMs: LOG_TIME_MS,
  }
}

export function checkpoint(sender: number, said: Statement): Verified<Checkpoint> {
  return signed(sender, { type: 'checkpoint', statement: said, signature: new Uint8Array(64) })
}

export function certificate(said: Statement, signers: readonly number[] = [0, 1, 2]): Certificate {
  const signatures = signers.map(signer => ({ replica: replicaId(signer), signature: new Uint8Array(64) }))
  return { statement: said, signatures }
}

/** prepared(m, v, n, i) of n = 4 members, proved by the backups that are named, or by the first two. */
export function prepared(
  v: number,
  proposed: Proposal,
  backups: readonly number[] = backupsOf(v, 4),
  source: Verified<PrePrepare> | Verified<NewView> = prePrepare(v, proposed),
): PreparedCertificate {
  const prepares = backups.map(backup => prepare(backup, v, proposed))
  return { view: view(v), proposal: proposed, prePrepare: source, prepares }
}

function backupsOf(v: number, n: number): readonly number[] {
  const members = Array.from({ length: n }, (_, member) => member)
  return members.filter(member => member !== v % n).slice(0, quorum(n) - 1)
}

export function viewChange(
  sender: number,
  v: number,
  certificates: readonly PreparedCertificate[] = [],
  stable: Certificate | null = null,
): Verified<ViewChange> {
  return signed(sender, { type: 'view-change', view: view(v), stable, prepared: certificates })
}

export function newView(
  v: number,
  viewChanges: readonly Verified<ViewChange>[],
  proposals: readonly Proposal[] = [],
  sender = v % 4,
): Verified<NewView> {
  return signed(sender, { type: 'new-view', view: view(v), viewChanges, proposals })
}

/** Of a member that recovers, in tests. */
export const QUESTION = 77

export function status(sender: number, fields: Partial<Omit<Status, 'type'>> = {}): Verified<Status> {
  return signed(sender, {
    type: 'status',
    view: view(0),
    viewActive: true,
    stableSequence: sequence(0),
    executedSequence: sequence(0),
    votedSequence: sequence(0),
    recovering: false,
    question: 0,
    answers: 0,
    stable: null,
    departures: [],
    ...fields,
  })
}

export function committed(proposed: Proposal, v = 0, signers: readonly number[] = [0, 1, 2]): CommittedEntry {
  return { proposal: proposed, commits: signers.map(signer => commit(signer, v, proposed)) }
}
