import {
  type Certificate,
  type Digest,
  digest,
  type PreparedCertificate,
  replicaId,
  type Statement,
  sequence,
  view,
} from '../../src/pbft/types.ts'
import type { ReadyDraft } from '../../src/wire/encode.ts'
import { statementBytes } from '../../src/wire/statement.ts'
import { identityOf, NOW_MS, said, scope } from './fixtures.ts'

/** One of each kind of thing that members say, with numbers that differ so that no two can be swapped unseen. */
export const digestOf = (byte: number): Digest => digest(byte.toString(16).padStart(2, '0').repeat(32))

export const sampleStatement: Statement = {
  epoch: 0,
  sequence: sequence(300),
  historyDigest: digestOf(0x11),
  stateRoot: digestOf(0x22),
  membersHash: digestOf(0x33),
  logTimeMs: NOW_MS,
}

export function certificateOf(statement: Statement, signers = [0, 1, 3]): Certificate {
  const bytes = statementBytes(scope, statement)
  const signatures = signers.map(signer => ({
    replica: replicaId(signer),
    signature: identityOf(signer).sign(bytes),
  }))
  return { statement, signatures }
}

export const prePrepareDraft = {
  type: 'pre-prepare',
  view: view(4),
  sequence: sequence(301),
  batchDigests: [digestOf(0x44), digestOf(0x55)],
  certify: true,
  logTimeMs: NOW_MS + 1,
} as const

/** Prepared in view 4 by m0's PRE-PREPARE and the PREPAREs of m1 and m2. */
export function preparedSample(firstNumber = 10): PreparedCertificate {
  const prePrepare = said(0, prePrepareDraft, { number: firstNumber })
  const { proposal } = prePrepare.message
  const vote = {
    type: 'prepare',
    view: view(4),
    sequence: proposal.sequence,
    digest: proposal.digest,
  } as const
  const prepares = [1, 2].map(sender => said(sender, vote, { number: firstNumber + sender }))
  return { view: view(4), proposal, prePrepare, prepares }
}

export function viewChangeDraft(prepared: readonly PreparedCertificate[] = [preparedSample()]) {
  return { type: 'view-change', view: view(5), stable: certificateOf(sampleStatement), prepared } as const
}

export function newViewDraft() {
  const first = said(0, viewChangeDraft(), { number: 20 })
  const rest = [1, 2].map(sender => said(sender, viewChangeDraft([]), { number: 20 + sender }))
  const proposals = [preparedSample().proposal].map(({ digest: _, ...content }) => content)
  return { type: 'new-view', view: view(5), viewChanges: [first, ...rest], proposals } as const
}

export const checkpointDraft = {
  type: 'checkpoint',
  statement: sampleStatement,
  signature: identityOf(1).sign(statementBytes(scope, sampleStatement)),
} as const

export const statusDraft = {
  type: 'status',
  view: view(4),
  viewActive: true,
  stableSequence: sequence(300),
  executedSequence: sequence(302),
  votedSequence: sequence(303),
  recovering: false,
  question: 0,
  answers: 0,
  stable: null,
  departures: [],
} as const

/** Every kind of message, each as its sender may say it. */
export function allDrafts(): Record<ReadyDraft['type'], ReadyDraft> {
  const vote = { view: view(4), sequence: sequence(301), digest: preparedSample().proposal.digest }
  return {
    'pre-prepare': prePrepareDraft,
    prepare: { type: 'prepare', ...vote },
    commit: { type: 'commit', ...vote },
    checkpoint: checkpointDraft,
    'view-change': viewChangeDraft(),
    'new-view': newViewDraft(),
    status: statusDraft,
  }
}
