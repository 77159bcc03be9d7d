import { sha256 } from '../crypto/hash.ts'
import { concatBytes, fromHex, toHex, u32, u64, utf8 } from '../lib/bytes.ts'
import type { ProposalContent } from '../pbft/effect.ts'
import {
  type Certificate,
  type Digest,
  digest,
  type Proposal,
  type ReplicaId,
  replicaId,
  type Statement,
  sequence,
} from '../pbft/types.ts'
import { PROPOSAL_BATCHES_MAX } from './limits.ts'
import type { WireCertificate, WireProposal, WireStatement, WireThresholdCertificate } from './pb/messages.ts'
import type { Scope } from './scope.ts'
import type { ThresholdCertificate } from './statement.ts'

/** Values that several messages share, between their wire form and the core's. Decoders answer null for what is malformed. */

/** The generated encoders ask for arrays over plain buffers; ours never lie in shared memory. */
export function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

const PROPOSAL_TAG = utf8('QUORATE/proposal/v1')

/** Covers everything but the view: the same proposal in two views has one digest. */
export function proposalDigest(scope: Scope, proposal: ProposalContent): Digest {
  const head = concatBytes(u32(scope.epoch), u64(proposal.sequence), u64(proposal.logTimeMs))
  const flags = new Uint8Array([proposal.certify ? 1 : 0])
  const digests = proposal.batchDigests.map(fromHex)
  return digest(toHex(sha256(concatBytes(PROPOSAL_TAG, scope.networkId, head, flags, ...digests))))
}

export function encodeProposal(proposal: ProposalContent): WireProposal {
  const { logTimeMs, certify } = proposal
  return {
    sequence: proposal.sequence,
    batchDigests: proposal.batchDigests.map(d => plain(fromHex(d))),
    logTimeMs,
    certify,
  }
}

export function decodeProposal(scope: Scope, wire: WireProposal | undefined): Proposal | null {
  if (wire === undefined || wire.batchDigests.length > PROPOSAL_BATCHES_MAX) return null
  const n = decodeCount(wire.sequence)
  const logTimeMs = decodeCount(wire.logTimeMs)
  if (n === null || n === 0 || logTimeMs === null) return null
  const batchDigests: Digest[] = []
  for (const bytes of wire.batchDigests) {
    const decoded = decodeDigest(bytes)
    if (decoded === null) return null
    batchDigests.push(decoded)
  }
  const content = { sequence: sequence(n), batchDigests, logTimeMs, certify: wire.certify }
  return { ...content, digest: proposalDigest(scope, content) }
}

export function encodeStatement(statement: Statement): WireStatement {
  return {
    epoch: statement.epoch,
    sequence: statement.sequence,
    historyDigest: plain(fromHex(statement.historyDigest)),
    stateRoot: plain(fromHex(statement.stateRoot)),
    membersHash: plain(fromHex(statement.membersHash)),
    logTimeMs: statement.logTimeMs,
  }
}

export function decodeStatement(wire: WireStatement | undefined): Statement | null {
  if (wire === undefined) return null
  const n = decodeCount(wire.sequence)
  const logTimeMs = decodeCount(wire.logTimeMs)
  const historyDigest = decodeDigest(wire.historyDigest)
  const stateRoot = decodeDigest(wire.stateRoot)
  const membersHash = decodeDigest(wire.membersHash)
  if (
    n === null ||
    logTimeMs === null ||
    historyDigest === null ||
    stateRoot === null ||
    membersHash === null
  )
    return null
  return { epoch: wire.epoch, sequence: sequence(n), historyDigest, stateRoot, membersHash, logTimeMs }
}

export function encodeCertificate(certificate: Certificate): WireCertificate {
  const signatures = certificate.signatures.map(({ replica, signature }) => ({
    replica,
    signature: plain(signature),
  }))
  return { statement: encodeStatement(certificate.statement), signatures }
}

/** Signers ascending, each once; at most as many as there are members. Signatures are not checked here. */
export function decodeCertificate(scope: Scope, wire: WireCertificate | undefined): Certificate | null {
  const statement = decodeStatement(wire?.statement)
  if (wire === undefined || statement === null || statement.epoch !== scope.epoch) return null
  if (wire.signatures.length > scope.memberKeys.length) return null
  const signatures: { replica: ReplicaId; signature: Uint8Array }[] = []
  let previous = -1
  for (const { replica, signature } of wire.signatures) {
    if (replica <= previous || replica >= scope.memberKeys.length || signature.length !== 64) return null
    previous = replica
    signatures.push({ replica: replicaId(replica), signature })
  }
  return { statement, signatures }
}

export function encodeThresholdCertificate(certificate: ThresholdCertificate): WireThresholdCertificate {
  const { keyId, epoch, statement, signature } = certificate
  return { keyId: plain(keyId), epoch, statement: encodeStatement(statement), signature: plain(signature) }
}

/** The signature is not checked here. */
export function decodeThresholdCertificate(wire: WireThresholdCertificate): ThresholdCertificate | null {
  const statement = decodeStatement(wire.statement)
  const epoch = decodeCount(wire.epoch)
  if (statement === null || epoch === null || epoch === 0) return null
  if (wire.keyId.length !== 32 || wire.signature.length !== 48) return null
  return { keyId: wire.keyId, epoch, statement, signature: wire.signature }
}

export function decodeDigest(bytes: Uint8Array): Digest | null {
  return bytes.length === 32 ? digest(toHex(bytes)) : null
}

/** A safe non-negative integer, or null. */
export function decodeCount(value: number): number | null {
  return Number.isSafeInteger(value) && value >= 0 ? value : null
}
