import { ctr } from '@noble/ciphers/aes.js'
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../lib/bytes.ts'
import { sha256 } from './hash.ts'

/**
 * ERC-2335 keystores, version 4: a secret of 32 bytes under a password, as JSON.
 *
 * Deriving the key from the password takes a second and belongs where it can run on another thread, so it stands outside:
 * parse, derive `keystore.kdf`, open; or derive `scryptKdf(...)`, then seal. The checksum of the format covers neither the
 * initialisation vector nor the public key, so opening ends with the one check that does: the secret gives the public key that
 * the file names.
 */
export type KeystoreErrorCode = 'MALFORMED' | 'UNSUPPORTED' | 'PLAINTEXT' | 'WRONG_PASSWORD' | 'KEY_MISMATCH'

export class KeystoreError extends Error {
  override readonly name = 'KeystoreError'
  readonly code: KeystoreErrorCode
  constructor(code: KeystoreErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** How the key of 32 bytes follows from the password. */
export type Kdf =
  | {
      readonly function: 'scrypt'
      readonly n: number
      readonly r: number
      readonly p: number
      readonly salt: Uint8Array
    }
  | { readonly function: 'pbkdf2'; readonly c: number; readonly salt: Uint8Array }

export interface Keystore {
  readonly kdf: Kdf
  readonly checksum: Uint8Array
  /** 16 bytes, the initial counter of AES-128-CTR. */
  readonly iv: Uint8Array
  /** 32 bytes */
  readonly ciphertext: Uint8Array
  readonly publicKey: Uint8Array
  /** What its writer says of it. Nothing vouches for that, not even the password. Empty where there is none. */
  readonly description: string
  /** Another for each time that a secret was sealed. */
  readonly uuid: string
}

export const DERIVED_KEY_BYTES = 32
export const KEYSTORE_TEXT_BYTES_MAX = 16_384
/** scrypt takes 128 n r bytes. */
const SCRYPT_MEMORY_BYTES_MAX = 1_073_741_824
const SCRYPT_PARALLEL_MAX = 16
const PBKDF2_ROUNDS_MAX = 10_000_000
const SECRET_BYTES = 32
const TEXT_LENGTH_MAX = 512

/** ERC-2335, password requirements: NFKD, then without control codes (C0, DEL, C1), as UTF-8. */
export function passwordBytes(password: string): Uint8Array {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the standard strips exactly these
  return utf8(password.normalize('NFKD').replace(/[\u0000-\u001f\u007f-\u009f]/g, ''))
}

/** @param options n: a power of two; 262,144 with r = 8 takes 256 MiB and most of a second. salt: 32 random bytes */
export function scryptKdf(options: {
  readonly n: number
  readonly salt: Uint8Array
}): Extract<Kdf, { function: 'scrypt' }> {
  return { function: 'scrypt', n: options.n, r: 8, p: 1, salt: options.salt }
}

/** @param text JSON of unknown origin @throws KeystoreError */
export function parseKeystore(text: string): Keystore {
  if (text.length > KEYSTORE_TEXT_BYTES_MAX)
    throw new KeystoreError('MALFORMED', 'it is too long for a keystore')
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    const isKey = /^\s*(0x)?[0-9a-f]{64}(?:[0-9a-f]{64})?\s*$/i.test(text) || text.includes('PRIVATE KEY')
    if (isKey) throw new KeystoreError('PLAINTEXT', 'it holds a key in plain text')
    throw new KeystoreError('MALFORMED', 'it is not JSON')
  }
  const root = fieldsOf(document, 'keystore')
  if (
    root.crypto === undefined &&
    ['seed', 'privateKey', 'secretKey', 'secret', 'd'].some(name => name in root)
  ) {
    throw new KeystoreError('PLAINTEXT', 'it holds a key in plain text')
  }
  if (root.version !== 4)
    throw new KeystoreError('UNSUPPORTED', 'it is not an ERC-2335 keystore of version 4')
  const crypto = fieldsOf(root.crypto, 'crypto')
  const checksum = moduleOf(crypto.checksum, 'checksum', 'sha256')
  const cipher = moduleOf(crypto.cipher, 'cipher', 'aes-128-ctr')
  return {
    kdf: parseKdf(crypto.kdf),
    checksum: bytesOf(checksum.message, 'checksum.message', 32),
    iv: bytesOf(cipher.params.iv, 'cipher.params.iv', 16),
    ciphertext: bytesOf(cipher.message, 'cipher.message', SECRET_BYTES),
    publicKey: bytesOf(root.pubkey, 'pubkey'),
    description: textOf(root.description ?? '', 'description'),
    uuid: textOf(root.uuid, 'uuid'),
  }
}

/**
 * @param derivedKey 32 bytes, by `keystore.kdf` from `passwordBytes`
 * @param publicKeyOf the public key that belongs to a secret
 * @returns the secret, 32 bytes
 * @throws KeystoreError WRONG_PASSWORD, or KEY_MISMATCH when the file was put together from others
 */
export function openKeystore(
  keystore: Keystore,
  derivedKey: Uint8Array,
  publicKeyOf: (secret: Uint8Array) => Uint8Array,
): Uint8Array {
  if (!equalBytes(checksumOf(derivedKey, keystore.ciphertext), keystore.checksum)) {
    throw new KeystoreError('WRONG_PASSWORD', 'the password is wrong')
  }
  const secret = ctr(derivedKey.slice(0, 16), keystore.iv).decrypt(keystore.ciphertext)
  if (!equalBytes(publicKeyOf(secret), keystore.publicKey)) {
    throw new KeystoreError('KEY_MISMATCH', 'the key in it does not belong to the public key that it names')
  }
  return secret
}

export interface SealOptions {
  /** 32 bytes */
  readonly secret: Uint8Array
  readonly publicKey: Uint8Array
  readonly kdf: Extract<Kdf, { function: 'scrypt' }>
  /** 32 bytes, by `kdf` from `passwordBytes` */
  readonly derivedKey: Uint8Array
  /** 16 random bytes */
  readonly iv: Uint8Array
  /** RFC 4122 */
  readonly uuid: string
  readonly description: string
}

/** @returns JSON of the keystore */
export function sealKeystore(options: SealOptions): string {
  const { kdf, derivedKey, iv } = options
  const ciphertext = ctr(derivedKey.slice(0, 16), iv).encrypt(options.secret)
  const { n, r, p } = kdf
  const document = {
    crypto: {
      kdf: {
        function: 'scrypt',
        params: { dklen: DERIVED_KEY_BYTES, n, r, p, salt: toHex(kdf.salt) },
        message: '',
      },
      checksum: { function: 'sha256', params: {}, message: toHex(checksumOf(derivedKey, ciphertext)) },
      cipher: { function: 'aes-128-ctr', params: { iv: toHex(iv) }, message: toHex(ciphertext) },
    },
    description: options.description,
    pubkey: toHex(options.publicKey),
    path: '',
    uuid: options.uuid,
    version: 4,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function checksumOf(derivedKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return sha256(concatBytes(derivedKey.subarray(16, 32), ciphertext))
}

/** Parameters are bounded before anybody spends memory and time on them. */
function parseKdf(value: unknown): Kdf {
  const kdf = fieldsOf(value, 'crypto.kdf')
  const params = fieldsOf(kdf.params, 'kdf.params')
  if (params.dklen !== DERIVED_KEY_BYTES)
    throw new KeystoreError('UNSUPPORTED', 'its derived key is not of 32 bytes')
  const salt = bytesOf(params.salt, 'kdf.params.salt')
  if (kdf.function === 'scrypt') {
    const r = numberOf(params.r, 'kdf.params.r', 1_024)
    const n = numberOf(params.n, 'kdf.params.n', Math.floor(SCRYPT_MEMORY_BYTES_MAX / (128 * r)))
    if (n < 2 || (n & (n - 1)) !== 0)
      throw new KeystoreError('MALFORMED', 'its kdf.params.n is not a power of two')
    return { function: 'scrypt', n, r, p: numberOf(params.p, 'kdf.params.p', SCRYPT_PARALLEL_MAX), salt }
  }
  if (kdf.function !== 'pbkdf2' || params.prf !== 'hmac-sha256') {
    throw new KeystoreError('UNSUPPORTED', 'it uses neither scrypt nor pbkdf2 with hmac-sha256')
  }
  return { function: 'pbkdf2', c: numberOf(params.c, 'kdf.params.c', PBKDF2_ROUNDS_MAX), salt }
}

function moduleOf(value: unknown, name: string, expected: string) {
  const { function: found, params, message } = fieldsOf(value, name)
  if (found !== expected) throw new KeystoreError('UNSUPPORTED', `its ${name} is not ${expected}`)
  return { params: fieldsOf(params, `${name}.params`), message }
}

function fieldsOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KeystoreError('MALFORMED', `its ${name} is not an object`)
  }
  return value as Readonly<Record<string, unknown>>
}

function numberOf(value: unknown, name: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    throw new KeystoreError('MALFORMED', `its ${name} is not a number from 1 to ${max}`)
  }
  return value
}

/** One line of printable text: it is shown to people. */
function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX || /\p{C}/u.test(value))
    throw new KeystoreError(
      'MALFORMED',
      `its ${name} is not printable text of at most ${TEXT_LENGTH_MAX} characters`,
    )
  return value
}

function bytesOf(value: unknown, name: string, length?: number): Uint8Array {
  const isHex = typeof value === 'string' && /^(?:[0-9a-f]{2}){1,256}$/i.test(value)
  if (!isHex || (length !== undefined && value.length !== 2 * length)) {
    const size = length === undefined ? '' : ` of ${length} bytes`
    throw new KeystoreError('MALFORMED', `its ${name} is not hexadecimal${size}`)
  }
  return fromHex(value)
}
