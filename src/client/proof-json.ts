import { RESULT_BYTES_MAX } from '../application/contract.ts'
import { toHex } from '../lib/bytes.ts'
import { KEY_PART_BYTES_MAX, KEY_PARTS_MAX } from '../membership/key-parts.ts'
import {
  type AnyCertificate,
  HISTORY_LINKS_MAX,
  type KeyProof,
  RECEIPT_PATH_MAX,
  type ReceiptProof,
  type StateProof,
} from '../membership/proof.ts'
import { type Certificate, replicaId, type Statement, sequence } from '../pbft/types.ts'
import { type Handover, keyIdOf, type ThresholdCertificate } from '../wire/statement.ts'
import type { CertificateJson } from './api-types.ts'
import { toBase64 } from './base64.ts'
import { JsonFields } from './json-fields.ts'
import { LightClientError } from './light-client-error.ts'
import type {
  AnyCertificateJson,
  HandoverJson,
  KeyProofJson,
  ReceiptProofJson,
  StatementJson,
  StateProofJson,
  ThresholdCertificateJson,
} from './proof-types.ts'

/**
 * Between the JSON of proofs and their values. What is decoded is bounded and well-formed, and nothing more: who believes it verifies
 * it. Nothing decoded is larger than a few times its JSON, which the caller bounds.
 */
/** A decoded thing, and the network that it says it is of. */
export interface Named<T> {
  /** 64 hexadecimal digits; null where it does not say: the signature does. */
  readonly networkId: string | null
  readonly value: T
}

export interface Certified<T> {
  readonly networkId: string
  readonly proof: T
  readonly certificate: Named<AnyCertificate>
}

const MEMBERS_MAX = 1_024
/** The longest key, value and proof that an application may have, as text: generous, for applications of others too. */
const TEXT_MAX = 4_194_304
const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3)

/** @throws LightClientError MALFORMED, WRONG_PURPOSE */
export function decodeCertificate(json: unknown): Named<AnyCertificate> {
  const fields = json instanceof JsonFields ? json : new JsonFields(json, 'the certificate')
  if (fields.has('purpose') && fields.text('purpose', 64) !== 'checkpoint')
    throw new LightClientError('WRONG_PURPOSE', 'the certificate is not one of an executed sequence')
  const statement = decodeStatement(fields.object('statement'))
  if (fields.has('signatures')) {
    const signatures = fields.objects('signatures', MEMBERS_MAX).map(one => ({
      replica: replicaId(one.count('replica')),
      signature: one.base64('signature', base64Length(64)),
    }))
    return { networkId: null, value: { statement, signatures } }
  }
  const value = {
    keyId: fields.hex('keyId', 32),
    epoch: fields.count('epoch'),
    statement,
    signature: fields.hex('signature', 48),
  }
  return { networkId: toHex(fields.hex('networkId', 32)), value }
}

function decodeStatement(fields: JsonFields): Statement {
  return {
    epoch: fields.count('epoch'),
    sequence: sequence(fields.count('sequence')),
    historyDigest: fields.digest('historyDigest'),
    stateRoot: fields.digest('stateRoot'),
    membersHash: fields.digest('membersHash'),
    logTimeMs: fields.count('logTimeMs'),
  }
}

/** @throws LightClientError MALFORMED */
export function decodeHandover(json: unknown): Named<Handover> {
  const fields = new JsonFields(json, 'the hand-over')
  const newKey = fields.hex('newKey', 96)
  const value = {
    oldKeyId: fields.hex('oldKeyId', 32),
    newKey,
    newKeyId: keyIdOf(newKey),
    epoch: fields.count('epoch'),
    notBeforeMs: fields.count('notBeforeMs'),
    oldNotAfterMs: fields.count('oldNotAfterMs'),
    oldSignature: fields.hex('oldSignature', 48),
    newSignature: fields.hex('newSignature', 48),
  }
  return { networkId: toHex(fields.hex('networkId', 32)), value }
}

/** @throws LightClientError MALFORMED, WRONG_PURPOSE */
export function decodeReceiptProof(json: unknown): Certified<ReceiptProof> {
  const fields = new JsonFields(json, 'the receipt proof')
  const receipt = fields.object('receipt')
  const proof: ReceiptProof = {
    receipt: {
      id: receipt.digest('id'),
      sequence: sequence(receipt.count('sequence')),
      position: receipt.count('position'),
      code: u32Of(receipt, 'code'),
      data: receipt.base64('data', base64Length(RESULT_BYTES_MAX)),
    },
    count: fields.count('count'),
    path: fields.digests('path', RECEIPT_PATH_MAX),
    historyBefore: fields.digest('historyBefore'),
    proposalDigest: fields.digest('proposalDigest'),
    logTimeMs: fields.count('logTimeMs'),
    links: fields.objects('links', HISTORY_LINKS_MAX).map(link => ({
      proposalDigest: link.digest('proposalDigest'),
      receiptsRoot: link.digest('receiptsRoot'),
      logTimeMs: link.count('logTimeMs'),
    })),
  }
  return certified(fields, proof)
}

/** The tree has 32 bits for it, and would let two codes be one. */
function u32Of(fields: JsonFields, name: string): number {
  const value = fields.count(name)
  if (value < 2 ** 32) return value
  throw new LightClientError('MALFORMED', `${name} is not below 2^32`)
}

/** @throws LightClientError MALFORMED, WRONG_PURPOSE */
export function decodeStateProof(json: unknown): Certified<StateProof> {
  const fields = new JsonFields(json, 'the state proof')
  const proof: StateProof = {
    key: fields.text('key', TEXT_MAX),
    value: fields.isNull('value') ? null : fields.base64('value', TEXT_MAX),
    proof: fields.base64('proof', TEXT_MAX),
    applicationRoot: fields.hex('applicationRoot', 32),
    systemRoot: fields.hex('systemRoot', 32),
  }
  return certified(fields, proof)
}

/** @throws LightClientError MALFORMED, WRONG_PURPOSE */
export function decodeKeyProof(json: unknown): Certified<KeyProof> {
  const fields = new JsonFields(json, 'the key proof')
  const proof: KeyProof = {
    applicationRoot: fields.hex('applicationRoot', 32),
    floorMs: fields.count('floorMs'),
    firstSequence: fields.count('firstSequence'),
    part: fields.base64('part', base64Length(KEY_PART_BYTES_MAX)),
    otherHashes: fields.digests('otherHashes', KEY_PARTS_MAX),
  }
  return certified(fields, proof)
}

function certified<T>(fields: JsonFields, proof: T): Certified<T> {
  return {
    networkId: toHex(fields.hex('networkId', 32)),
    proof,
    certificate: decodeCertificate(fields.object('certificate')),
  }
}

/** @param networkId 32 bytes */
export function certificateToJson(networkId: Uint8Array, certificate: AnyCertificate): AnyCertificateJson {
  return 'signatures' in certificate
    ? membersCertificateToJson(certificate)
    : thresholdCertificateToJson(networkId, certificate)
}

/** @param networkId 32 bytes */
export function thresholdCertificateToJson(
  networkId: Uint8Array,
  { keyId, epoch, statement, signature }: ThresholdCertificate,
): ThresholdCertificateJson {
  return {
    purpose: 'checkpoint',
    networkId: toHex(networkId),
    keyId: toHex(keyId),
    epoch,
    statement: statementToJson(statement),
    signature: toHex(signature),
  }
}

export function membersCertificateToJson({ statement, signatures }: Certificate): CertificateJson {
  return {
    statement: statementToJson(statement),
    signatures: signatures.map(({ replica, signature }) => ({ replica, signature: toBase64(signature) })),
  }
}

function statementToJson(statement: Statement): StatementJson {
  const { epoch, sequence, historyDigest, stateRoot, membersHash, logTimeMs } = statement
  return { epoch, sequence, historyDigest, stateRoot, membersHash, logTimeMs }
}

/** @param networkId 32 bytes */
export function handoverToJson(networkId: Uint8Array, handover: Handover): HandoverJson {
  const { epoch, notBeforeMs, oldNotAfterMs } = handover
  return {
    format: 'quorate-handover/1',
    networkId: toHex(networkId),
    oldKeyId: toHex(handover.oldKeyId),
    newKey: toHex(handover.newKey),
    epoch,
    notBeforeMs,
    oldNotAfterMs,
    oldSignature: toHex(handover.oldSignature),
    newSignature: toHex(handover.newSignature),
  }
}

/** @param networkId 32 bytes */
export function receiptProofToJson(
  networkId: Uint8Array,
  { receipt, count, path, historyBefore, proposalDigest, logTimeMs, links }: ReceiptProof,
  certificate: AnyCertificate,
): ReceiptProofJson {
  const { id, sequence, position, code, data } = receipt
  return {
    format: 'quorate-receipt/1',
    networkId: toHex(networkId),
    receipt: { id, sequence, position, code, data: toBase64(data) },
    count,
    path: path.map(toHex),
    historyBefore,
    proposalDigest,
    logTimeMs,
    links: links.map(link => ({ ...link })),
    certificate: certificateToJson(networkId, certificate),
  }
}

/** @param networkId 32 bytes */
export function stateProofToJson(
  networkId: Uint8Array,
  { key, value, proof, applicationRoot, systemRoot }: StateProof,
  certificate: AnyCertificate,
): StateProofJson {
  return {
    format: 'quorate-state/1',
    networkId: toHex(networkId),
    key,
    value: value === null ? null : toBase64(value),
    proof: toBase64(proof),
    applicationRoot: toHex(applicationRoot),
    systemRoot: toHex(systemRoot),
    certificate: certificateToJson(networkId, certificate),
  }
}

/** @param networkId 32 bytes */
export function keyProofToJson(
  networkId: Uint8Array,
  { applicationRoot, floorMs, firstSequence, part, otherHashes }: KeyProof,
  certificate: AnyCertificate,
): KeyProofJson {
  return {
    format: 'quorate-key/1',
    networkId: toHex(networkId),
    applicationRoot: toHex(applicationRoot),
    floorMs,
    firstSequence,
    part: toBase64(part),
    otherHashes: otherHashes.map(toHex),
    certificate: certificateToJson(networkId, certificate),
  }
}
