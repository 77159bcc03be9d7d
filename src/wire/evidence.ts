import { toHex } from '../lib/bytes.ts'
import { sameStatement } from '../pbft/conflict.ts'
import type { Charge, Fault, SignedStatement } from '../pbft/forensics.ts'
import { isForgotten } from '../pbft/forensics.ts'
import type { NewView, ReplicaId, Verified, ViewChange } from '../pbft/types.ts'
import { findNewViewFault, findViewChangeFault, type Membership } from '../pbft/view-change-rules.ts'
import { decodeCertificate, decodeProposal, encodeStatement, plain } from './convert.ts'
import { commitsIn, EnvelopeDecoder } from './decode.ts'
import { encodeWithAttachments } from './encode.ts'
import { type Envelope, openEnvelope } from './envelope.ts'
import { WireCertificate } from './pb/messages.ts'
import { decodeOr, isRejection } from './rejection.ts'
import type { Scope } from './scope.ts'
import { certificateClaims } from './statement.ts'
import type { Claim } from './verify.ts'

/**
 * The proof of a charge as bytes that convince whoever has the members' keys, and the judge who needs nothing else. The judge reads the
 * bytes again and applies the rule that was broken; how the charge was found does not matter to it, and neither does who brings it.
 */
export interface Evidence {
  readonly fault: Fault
  readonly replica: ReplicaId
  /** Signed envelopes with the attachments that they name; for `two-checkpoints` certificates of one signature each. */
  readonly parts: readonly Uint8Array[]
}

export function encodeEvidence(charge: Charge): Evidence {
  const { fault, replica } = charge
  if (charge.fault === 'two-checkpoints')
    return { fault, replica, parts: charge.proof.map(signed => encodeSigned(replica, signed)) }
  return { fault, replica, parts: charge.proof.map(({ proof }) => encodeWithAttachments(proof)) }
}

function encodeSigned(replica: ReplicaId, { statement, signature }: SignedStatement): Uint8Array {
  const signatures = [{ replica, signature: plain(signature) }]
  return WireCertificate.encode({ statement: encodeStatement(statement), signatures })
}

/**
 * Does the evidence prove what it claims to? @returns the signatures that must hold for it, all by the accused; null when it proves
 * nothing. Attachments are bound by the hashes in what the accused signed.
 */
export function judge(scope: Scope, logWindow: number, evidence: Evidence): readonly Claim[] | null {
  const membership: Membership = { epoch: scope.epoch, n: scope.memberKeys.length, logWindow }
  if (evidence.fault === 'two-checkpoints') return judgeStatements(scope, evidence)
  const said: Said[] = []
  for (const bytes of evidence.parts) {
    const opened = openEnvelope(scope, bytes)
    if (isRejection(opened) || opened.main.sender !== evidence.replica) return null
    const { main, attachments } = opened
    said.push({ main, messages: new EnvelopeDecoder(scope, 0, [...attachments, main]).messages(main) ?? [] })
  }
  if (!isProved(scope, membership, evidence.fault, said)) return null
  return said.map(({ main }) => ({
    publicKey: main.senderKey,
    bytes: main.signedBytes,
    signature: main.signature,
  }))
}

interface Said {
  readonly main: Envelope
  /** Empty when something that they name is not there. */
  readonly messages: readonly Verified[]
}

function isProved(
  scope: Scope,
  membership: Membership,
  fault: Exclude<Fault, 'two-checkpoints'>,
  [first, second]: readonly Said[],
): boolean {
  if (first === undefined) return false
  switch (fault) {
    case 'invalid-view-change':
      return viewChangesIn(first).some(({ message }) => findViewChangeFault(membership, message) !== null)
    case 'invalid-new-view':
      return newViewsIn(first).some(newView => findNewViewFault(membership, newView) !== null)
    case 'forgotten-commit':
      return (
        second !== undefined &&
        commitsIn(first.main).some(commit => viewChangesIn(second).some(later => isForgotten(commit, later)))
      )
    case 'two-new-views': {
      const views = new Set(newViewsIn(first).map(({ message }) => message.view))
      const isOther = second !== undefined && second.main.hash !== first.main.hash
      return isOther && newViewsIn(second).some(({ message }) => views.has(message.view))
    }
    case 'two-votes':
      return second !== undefined && isContradiction(votesIn(scope, first.main), votesIn(scope, second.main))
  }
}

function judgeStatements(scope: Scope, { replica, parts }: Evidence): readonly Claim[] | null {
  const [first, second] = parts.map(bytes => {
    const wire = decodeOr('certificate-malformed', () => WireCertificate.decode(bytes))
    return isRejection(wire) ? null : decodeCertificate(scope, wire)
  })
  if (first == null || second == null) return null
  if (first.statement.sequence !== second.statement.sequence) return null
  if ([first, second].some(({ signatures }) => signatures.length !== 1 || signatures[0]?.replica !== replica))
    return null
  if (sameStatement(first.statement, second.statement)) return null
  return [first, second].flatMap(one => certificateClaims(scope, one) ?? [])
}

const viewChangesIn = ({ messages }: Said): readonly Verified<ViewChange>[] =>
  messages.flatMap(({ message, ...rest }) => (message.type === 'view-change' ? [{ ...rest, message }] : []))

const newViewsIn = ({ messages }: Said): readonly Verified<NewView>[] =>
  messages.flatMap(({ message, ...rest }) => (message.type === 'new-view' ? [{ ...rest, message }] : []))

/** The digests that an envelope votes for, by view and sequence. */
function votesIn(scope: Scope, { messages }: Envelope): ReadonlyMap<string, ReadonlySet<string>> {
  const votes = new Map<string, Set<string>>()
  const add = (view: number, sequence: number, digest: Uint8Array | string): void => {
    const place = `${view}/${sequence}`
    const name = typeof digest === 'string' ? digest : toHex(digest)
    votes.set(place, (votes.get(place) ?? new Set()).add(name))
  }
  for (const { prePrepare, prepare, commit, newView } of messages) {
    const proposed = prePrepare === undefined ? null : decodeProposal(scope, prePrepare.proposal)
    if (prePrepare !== undefined && proposed !== null)
      add(prePrepare.view, proposed.sequence, proposed.digest)
    for (const vote of [prepare, commit]) if (vote !== undefined) add(vote.view, vote.sequence, vote.digest)
    for (const one of newView?.proposals ?? []) {
      const proposal = decodeProposal(scope, one)
      if (newView !== undefined && proposal !== null) add(newView.view, proposal.sequence, proposal.digest)
    }
  }
  return votes
}

function isContradiction(
  first: ReadonlyMap<string, ReadonlySet<string>>,
  second: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  for (const [place, digests] of first) {
    const others = second.get(place)
    if (others !== undefined && new Set([...digests, ...others]).size > 1) return true
  }
  return false
}
