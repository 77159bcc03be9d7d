import { pbkdf2, randomBytes, randomUUID, type ScryptOptions, scrypt } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import {
  DERIVED_KEY_BYTES,
  type Kdf,
  KEYSTORE_TEXT_BYTES_MAX,
  type Keystore,
  KeystoreError,
  type KeystoreErrorCode,
  openKeystore,
  parseKeystore,
  passwordBytes,
  scryptKdf,
  sealKeystore,
} from '../crypto/keystore.ts'
import { codeOf, messageOf } from '../lib/thrown.ts'
import { syncDirectory } from '../storage/directory.ts'
import { interruptionHint } from './password-marker.ts'

/**
 * Files of secrets: an ERC-2335 keystore each, that only its owner may read, written so that a crash
 * leaves either what was there or all of what shall be. A key in plain text is never read, not even to convert it: it may have been
 * copied already.
 */
export type KeyFileErrorCode =
  | KeystoreErrorCode
  | 'NOT_FOUND'
  | 'NOT_PRIVATE'
  | 'EXISTS'
  | 'UNREADABLE'
  | 'UNWRITABLE'
  | 'EMPTY_PASSWORD'
  | 'CHANGED'

/** `code` tells causes apart, the message is one sentence with the file's name. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code: KeyFileErrorCode
  constructor(code: KeyFileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface SecretToWrite {
  /** 32 bytes */
  readonly secret: Uint8Array
  readonly publicKey: Uint8Array
  readonly description: string
}

export interface WriteOptions {
  /** Cost of a guess, a power of two. */
  readonly scryptN?: number | undefined
  /** Whether a file that is there gives way. */
  readonly replace?: boolean | undefined
}

type ScryptKdf = Extract<Kdf, { function: 'scrypt' }>

/** ERC-2335's own example: 256 MiB and most of a second for each guess. */
export const SCRYPT_N = 262_144
/** Bits of a mode that let others read or write. */
const OTHERS_MASK = 0o077

/** Windows has no such bits. */
export const isOpenToOthers = (mode: number): boolean =>
  process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0

/**
 * What a file says without its password.
 * @throws KeyFileError when it is not there, open to others, holds a key in plain text, or is no keystore
 */
export async function readKeystore(path: string): Promise<Keystore> {
  const bytes = await readPrivateFile(path, KEYSTORE_TEXT_BYTES_MAX)
  try {
    return parseKeystore(bytes.toString('utf8'))
  } catch (error) {
    throw unusable(path, error)
  }
}

/**
 * @param publicKeyOf the public key that belongs to a secret: the check at the end of opening
 * @returns the secret, 32 bytes
 * @throws KeyFileError
 */
export async function openKeystoreFile(
  path: string,
  password: string,
  publicKeyOf: (secret: Uint8Array) => Uint8Array,
): Promise<{ readonly secret: Uint8Array; readonly keystore: Keystore }> {
  const keystore = await readKeystore(path)
  const derivedKey = await deriveKey(keystore.kdf, password)
  try {
    return { secret: openKeystore(keystore, derivedKey, publicKeyOf), keystore }
  } catch (error) {
    if (error instanceof KeystoreError && error.code === 'WRONG_PASSWORD')
      throw await wrongPassword(path, keystore, error)
    throw unusable(path, error)
  }
}

/**
 * Durable when done.
 * @throws KeyFileError EXISTS: unless told otherwise, a key is never overwritten; EMPTY_PASSWORD: nothing is left of it after
 * normalisation; UNWRITABLE
 */
export async function writeKeystoreFile(
  path: string,
  secret: SecretToWrite,
  password: string,
  options: WriteOptions = {},
): Promise<void> {
  if (passwordBytes(password).length === 0) {
    throw new KeyFileError('EMPTY_PASSWORD', `The key file "${path}" needs a password that is not empty.`)
  }
  const kdf = scryptKdf({ n: options.scryptN ?? SCRYPT_N, salt: randomBytes(32) })
  const { text } = sealSecret(secret, kdf, await deriveKey(kdf, password))
  try {
    await writePrivateFile(path, text, options.replace === true)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new KeyFileError('EXISTS', `The key file "${path}" exists already and is not overwritten.`, {
        cause: error,
      })
    }
    throw new KeyFileError('UNWRITABLE', `The key file "${path}" cannot be written: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}

/** @param derivedKey 32 bytes, by `kdf` from the password */
export function sealSecret(secret: SecretToWrite, kdf: ScryptKdf, derivedKey: Uint8Array) {
  const uuid = randomUUID()
  return { text: sealKeystore({ ...secret, kdf, derivedKey, iv: randomBytes(16), uuid }), uuid }
}

function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof KeystoreError)) return error
  return new KeyFileError(error.code, `The key file "${path}" cannot be used: ${error.message}.`, {
    cause: error,
  })
}

async function wrongPassword(path: string, { uuid }: Keystore, cause: KeystoreError): Promise<KeyFileError> {
  const message = `The password for the key file "${path}" is wrong${await interruptionHint(path, uuid)}`
  return new KeyFileError('WRONG_PASSWORD', message, { cause })
}

/** @throws KeyFileError NOT_FOUND, NOT_PRIVATE, MALFORMED when it is longer than allowed, UNREADABLE */
export async function readPrivateFile(path: string, bytesMax: number): Promise<Buffer> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      throw new KeyFileError('NOT_FOUND', `There is no key file "${path}".`, { cause: error })
    throw new KeyFileError('UNREADABLE', `The key file "${path}" cannot be read: ${messageOf(error)}.`, {
      cause: error,
    })
  }
  try {
    const { mode, size } = await file.stat()
    if (isOpenToOthers(mode)) {
      throw new KeyFileError(
        'NOT_PRIVATE',
        `The key file "${path}" is open to other users: run chmod 600 on it.`,
      )
    }
    if (size > bytesMax) {
      throw new KeyFileError(
        'MALFORMED',
        `The key file "${path}" cannot be used: it is longer than ${bytesMax} bytes.`,
      )
    }
    return await file.readFile()
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    throw new KeyFileError('UNREADABLE', `The key file "${path}" cannot be read: ${messageOf(error)}.`, {
      cause: error,
    })
  } finally {
    await file.close()
  }
}

/** Durable when done: whole, or not there. A link fails where a file is, a rename replaces it. */
export async function writePrivateFile(path: string, text: string, replace: boolean): Promise<void> {
  const directory = dirname(path)
  const temporary = join(directory, `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    await createPrivateFile(temporary, text)
    await (replace ? rename(temporary, path) : link(temporary, path))
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(directory)
}

/** A new file for its owner alone; its content is durable, its name not yet. */
export async function createPrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** On libuv's threads. @returns 32 bytes */
export function deriveKey(kdf: Kdf, password: string): Promise<Uint8Array> {
  const bytes = passwordBytes(password)
  if (kdf.function === 'pbkdf2') return pbkdf2Async(bytes, kdf.salt, kdf.c, DERIVED_KEY_BYTES, 'sha256')
  const { n, r, p } = kdf
  // OpenSSL counts a little more than the 128 n r bytes of the algorithm.
  return scryptAsync(bytes, kdf.salt, DERIVED_KEY_BYTES, {
    N: n,
    r,
    p,
    maxmem: 128 * r * (n + p + 2) + 1_048_576,
  })
}

const pbkdf2Async = promisify(pbkdf2)
const scryptAsync = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt)
