import { concatBytes, equalBytes, fromUtf8, u32, u64, utf8 } from '../../lib/bytes.ts'
import { sha256 } from '../hash.ts'
import { CIPHERTEXT_BYTES } from './package.ts'
import { PROOF_BYTES } from './proof.ts'
import { G2_BYTES } from './public-curve.ts'
import { decodeElement, ELEMENT_BYTES } from './ristretto.ts'
import { MEMBERS_MAX } from './session.ts'

/**
 * The bytes of a backup. One container is for all guardians, and nothing in it is secret from anybody: it says of which share it is,
 * who guards it and how many of them it takes, and carries a commitment to the share and an encrypted fragment for each guardian.
 *
 * Decoding believes nothing but the lengths that it has seen. A checksum over everything, which people can also compare as a short
 * code, finds what was damaged on the way; whoever changes the bytes on purpose makes a new one, and is found by the proofs
 * (`backup.ts`).
 */
export interface Guardian {
  /** 1 to 64 letters, digits, dots, underscores or hyphens; no two the same in one backup. */
  readonly name: string
  /** In ristretto255, 32 bytes; no two the same in one backup. */
  readonly publicKey: Uint8Array
}

/** What a backup is of, all of it public. */
export interface BackupSubject {
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** 32 bytes */
  readonly keyId: Uint8Array
  readonly epoch: number
  /** The coordinate of the member whose share it is, from 1. */
  readonly index: number
  /** Y, 96 bytes. */
  readonly publicShare: Uint8Array
}

/** What the proofs in a backup are bound to. */
export interface BackupStatement extends BackupSubject {
  /** When it was made, milliseconds since 1970. */
  readonly createdMs: number
  /** Fragments that it takes. */
  readonly threshold: number
  /** Guardian g, from 1, has the polynomial's value at g. */
  readonly guardians: readonly Guardian[]
  /** C_k in G2, 96 bytes each, as many as the threshold; C_0 = Y. */
  readonly commitments: readonly Uint8Array[]
  /** R, 32 bytes. */
  readonly ephemeral: Uint8Array
}

export interface Backup extends BackupStatement {
  /** that the share is known, 64 bytes */
  readonly constantProof: Uint8Array
  /** that r is known, 64 bytes */
  readonly ephemeralProof: Uint8Array
  /** By guardian, 48 bytes each. */
  readonly ciphertexts: readonly Uint8Array[]
}

export type BackupErrorCode =
  | 'NOT_A_BACKUP'
  | 'UNSUPPORTED'
  | 'DAMAGED'
  | 'MALFORMED'
  | 'UNEXPECTED'
  | 'NOT_PROVEN'
  | 'NO_GUARDIAN'
  | 'BAD_FRAGMENT'
  | 'TOO_FEW_FRAGMENTS'

/** `field` names what is wrong as the container names it, a fragment by its guardian; the message completes "the backup: ". */
export class BackupError extends Error {
  override readonly name = 'BackupError'
  readonly code: BackupErrorCode
  readonly field: string
  constructor(code: BackupErrorCode, field: string, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}

const MAGIC = utf8('QUORATE-BACKUP')
const VERSION = 1
const HASH_BYTES = 32
export const GUARDIANS_MAX = MEMBERS_MAX
export const GUARDIAN_NAME = /^[\w.-]{1,64}$/
/** 128 guardians, all of whom it takes, with the longest names. */
export const BACKUP_BYTES_MAX = 65_536
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * `"QUORATE-BACKUP" 14 | version u16 | networkId 32 | keyId 32 | epoch u64 | index u32 | Y 96 | createdMs u64 | b u16 | m u16 |
 * m x (length u8 | name | E_g 32) | b x C_k 96 | R 32`: everything before the proofs.
 */
export function encodeStatement(statement: BackupStatement): Uint8Array {
  const { guardians, commitments } = statement
  return concatBytes(
    MAGIC,
    u16(VERSION),
    statement.networkId,
    statement.keyId,
    u64(statement.epoch),
    u32(statement.index),
    statement.publicShare,
    u64(statement.createdMs),
    u16(statement.threshold),
    u16(guardians.length),
    ...guardians.flatMap(({ name, publicKey }) => [Uint8Array.of(name.length), utf8(name), publicKey]),
    ...commitments,
    statement.ephemeral,
  )
}

/** `statement | constantProof 64 | ephemeralProof 64 | m x ciphertext 48 | SHA-256 of all before it 32` */
export function encodeBackup(backup: Backup): Uint8Array {
  const { constantProof, ephemeralProof, ciphertexts } = backup
  const content = concatBytes(encodeStatement(backup), constantProof, ephemeralProof, ...ciphertexts)
  return concatBytes(content, sha256(content))
}

/** @throws BackupError for anything but an encoding of what could be a backup */
export function decodeBackup(bytes: Uint8Array): Backup {
  if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC))
    throw new BackupError('NOT_A_BACKUP', 'magic', 'it is no backup of quorate')
  const reader = createReader(bytes.subarray(MAGIC.length))
  const version = reader.integer('version', 2)
  if (version !== VERSION)
    throw new BackupError('UNSUPPORTED', 'version', `it is of version ${version}; known here: ${VERSION}`)
  const content = bytes.subarray(0, -HASH_BYTES)
  if (bytes.length > BACKUP_BYTES_MAX || !equalBytes(sha256(content), checksumOf(bytes)))
    throw new BackupError('DAMAGED', 'checksum', 'it is damaged: its checksum is not that of its content')
  const backup = readFields(reader)
  if (reader.remaining() !== HASH_BYTES)
    throw malformed('length', `its length is wrong by ${reader.remaining() - HASH_BYTES} bytes`)
  return backup
}

function readFields(reader: Reader): Backup {
  const subject = {
    networkId: reader.take('networkId', HASH_BYTES),
    keyId: reader.take('keyId', HASH_BYTES),
    epoch: reader.integer('epoch', 8),
    index: reader.integer('index', 4, 1, MEMBERS_MAX),
    publicShare: reader.take('publicShare', G2_BYTES),
  }
  const createdMs = reader.integer('createdMs', 8)
  const threshold = reader.integer('threshold', 2, 1, GUARDIANS_MAX)
  const count = reader.integer('guardians', 2, threshold, GUARDIANS_MAX)
  const guardians = upTo(count).map(g => readGuardian(reader, `guardians.${g}`))
  refuseTwins(guardians)
  return {
    ...subject,
    createdMs,
    threshold,
    guardians,
    commitments: upTo(threshold).map(k => reader.take(`commitments.${k}`, G2_BYTES)),
    ephemeral: reader.take('ephemeral', ELEMENT_BYTES),
    constantProof: reader.take('constantProof', PROOF_BYTES),
    ephemeralProof: reader.take('ephemeralProof', PROOF_BYTES),
    ciphertexts: upTo(count).map(g => reader.take(`ciphertexts.${g}`, CIPHERTEXT_BYTES)),
  }
}

function readGuardian(reader: Reader, field: string): Guardian {
  const length = reader.integer(`${field}.name`, 1, 1, 64)
  const name = fromUtf8(reader.take(`${field}.name`, length)) ?? ''
  if (!GUARDIAN_NAME.test(name)) throw malformed(`${field}.name`, 'it is not a name')
  const publicKey = reader.take(`${field}.publicKey`, ELEMENT_BYTES)
  if (decodeElement(publicKey) === null)
    throw malformed(`${field}.publicKey`, `that of ${name} is no key in ristretto255`)
  return { name, publicKey }
}

/** Two fragments of one guardian would be one, and nobody would know which name to call. */
function refuseTwins(guardians: readonly Guardian[]): void {
  for (const [i, { name, publicKey }] of guardians.entries()) {
    const first = guardians.findIndex(other => other.name === name || equalBytes(other.publicKey, publicKey))
    if (first !== i)
      throw malformed(`guardians.${i}`, `${name} has the name or the key of guardians.${first}`)
  }
}

/** The last 32 bytes of a container. */
export function checksumOf(container: Uint8Array): Uint8Array {
  return container.slice(-HASH_BYTES)
}

/**
 * For people to read to one another: 80 bits of a checksum, so that nobody finds a second container with the code of a first.
 * @returns such as "7ZJ4-0C2M-9QXA-T5RW", in Crockford's alphabet, which has no I, L, O and U
 */
export function checksumCode(checksum: Uint8Array): string {
  let bits = 0n
  for (const byte of checksum.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte)
  const letters = upTo(16).map(i => CODE_ALPHABET[Number((bits >> BigInt(75 - 5 * i)) & 31n)] ?? '')
  return letters.join('').replace(/.{4}(?!$)/g, '$&-')
}

interface Reader {
  take(field: string, length: number): Uint8Array
  /** Big-endian. By default of any value that is a safe integer. */
  integer(field: string, length: number, min?: number, max?: number): number
  remaining(): number
}

function createReader(bytes: Uint8Array): Reader {
  let offset = 0
  const take = (field: string, length: number): Uint8Array => {
    const end = offset + length
    if (end > bytes.length) throw malformed(field, 'the container ends before it')
    const taken = bytes.slice(offset, end)
    offset = end
    return taken
  }
  return {
    take,
    integer(field, length, min = 0, max = Number.MAX_SAFE_INTEGER) {
      const value = take(field, length).reduce((sum, byte) => sum * 256 + byte, 0)
      if (value < min || value > max) throw malformed(field, `${value} is not from ${min} to ${max}`)
      return value
    },
    remaining: () => bytes.length - offset,
  }
}

function malformed(field: string, why: string): BackupError {
  return new BackupError('MALFORMED', field, `its ${field} is wrong: ${why}`)
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
}
