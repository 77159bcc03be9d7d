import type { Slot } from './slot.ts'
import { lowWatermark, type State } from './state.ts'
import type { Certificate, CommittedEntry, NewView, Proof, Statement, Verified } from './types.ts'

/**
 * What cannot be while at most f members are faulty: two proofs that contradict each other. Nothing that this replica could still say
 * would be safe, so it stops for good and keeps the proofs; `forensics.ts` finds in them who is to blame.
 */
export type ConflictReason =
  /** A quorum certifies another state than what was executed here. Our own disk or application may be to blame, too. */
  | 'other-state-certified'
  /** Two certificates of one sequence. */
  | 'two-certificates'
  /** A NEW-VIEW that is justified by a quorum lets go what a quorum committed. */
  | 'commit-let-go'
  /** Two commit certificates of one sequence. */
  | 'two-commits'
  /** The network's key signed another state than what was executed here: as many shares did as there are members in a quorum. */
  | 'other-state-signed'

/** A statement under one signature that members made together; it does not tell which of them. */
export interface SignedTogether {
  /** 32 bytes */
  readonly keyId: Uint8Array
  /** Of the shares that signed. */
  readonly epoch: number
  readonly statement: Statement
  readonly signature: Uint8Array
}

export interface ConflictEvidence {
  readonly certificates?: readonly Certificate[]
  readonly signedTogether?: readonly SignedTogether[]
  readonly entries?: readonly CommittedEntry[]
  readonly proofs?: readonly Proof[]
}

export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly code = 'CONFLICT'
  readonly reason: ConflictReason
  readonly evidence: ConflictEvidence
  constructor(reason: ConflictReason, message: string, evidence: ConflictEvidence = {}) {
    super(message)
    this.reason = reason
    this.evidence = evidence
  }
}

/** @throws ConflictError when it differs from what was executed here, or from the certificate that is known */
export function assertCertifiable(state: State, certificate: Certificate): void {
  const { statement } = certificate
  const { sequence } = statement
  const { stable } = state
  if (
    stable !== null &&
    stable.statement.sequence === sequence &&
    !sameStatement(stable.statement, statement)
  )
    throw new ConflictError('two-certificates', `two certificates of sequence ${sequence} differ`, {
      certificates: [stable, certificate],
    })
  const own = state.statements.get(sequence)
  if (own !== undefined && !sameStatement(own, statement)) throw otherStateCertified(certificate, stable)
}

/** @param stable the latest that agrees with us */
export function otherStateCertified(certificate: Certificate, stable: Certificate | null): ConflictError {
  const { sequence } = certificate.statement
  return new ConflictError(
    'other-state-certified',
    `a quorum certifies another state than ours at sequence ${sequence}: our disk or our application is not what it should be, or more members are faulty than the network bears`,
    { certificates: stable === null ? [certificate] : [stable, certificate] },
  )
}

/** @param signed checked under the key that the log names for its sequence @param stable the latest that agrees with us */
export function otherStateSigned(signed: SignedTogether, stable: Certificate | null): ConflictError {
  const { sequence } = signed.statement
  return new ConflictError(
    'other-state-signed',
    `the network’s key signed another state than ours at sequence ${sequence}: our disk or our application is not what it should be, or more members are faulty than the network bears, or more shares are stolen`,
    { signedTogether: [signed], certificates: stable === null ? [] : [stable] },
  )
}

/**
 * What a quorum committed in an earlier view is prepared at a correct member of every quorum, so O must name it. OSDI'99 §4.4.
 * @param minS below and at it nothing is proposed any more
 * @throws ConflictError
 */
export function assertCommitsKept(state: State, newView: Verified<NewView>, minS: number): void {
  const { view, proposals } = newView.message
  for (const { sequence, committed } of state.slots.values()) {
    const committedIn = committed?.commits[0]?.message.view
    if (committed === null || committedIn === undefined || committedIn >= view) continue
    if (sequence <= Math.max(minS, lowWatermark(state))) continue
    const proposed = proposals.find(proposal => proposal.sequence === sequence)
    if (proposed?.digest === committed.proposal.digest) continue
    throw new ConflictError(
      'commit-let-go',
      `the NEW-VIEW for view ${view} lets go what a quorum committed at sequence ${sequence} in view ${committedIn}`,
      { entries: [committed], proofs: [newView.proof] },
    )
  }
}

/** @throws ConflictError when the slot was committed with another digest before */
export function assertSameCommit({ sequence, committed }: Slot, entry: CommittedEntry): void {
  if (committed === null || committed.proposal.digest === entry.proposal.digest) return
  throw new ConflictError('two-commits', `two commit certificates of sequence ${sequence} differ`, {
    entries: [committed, entry],
  })
}

export function sameStatement(a: Statement, b: Statement): boolean {
  return (
    a.epoch === b.epoch &&
    a.sequence === b.sequence &&
    a.historyDigest === b.historyDigest &&
    a.stateRoot === b.stateRoot &&
    a.membersHash === b.membersHash &&
    a.logTimeMs === b.logTimeMs
  )
}
