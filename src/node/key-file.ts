import { pbkdf2, randomBytes, randomUUID, type ScryptOptions, scrypt } from 'node:crypto'
import { link, open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import {
  DERIVED_KEY_BYTES,
  type Kdf,
  KEYSTORE_TEXT_BYTES_MAX,
  KeystoreError,
  type KeystoreErrorCode,
  openKeystore,
  parseKeystore,
  passwordBytes,
  scryptKdf,
  sealKeystore,
} from '../crypto/keystore.ts'
import { syncDirectory } from '../storage/directory.ts'
import { createNativeSigner } from './native-ed25519.ts'

/**
 * The file of an identity key: an ERC-2335 keystore that only its owner may read, written so that a crash leaves either no
 * file or a whole one. A key in plain text is never read, not even to convert it: it may have been copied already.
 */
export type KeyFileErrorCode =
  | KeystoreErrorCode
  | 'NOT_FOUND'
  | 'NOT_PRIVATE'
  | 'EXISTS'
  | 'UNREADABLE'
  | 'UNWRITABLE'
  | 'EMPTY_PASSWORD'

/** `code` tells causes apart, the message is one sentence with the file's name. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code: KeyFileErrorCode
  constructor(code: KeyFileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** ERC-2335's own example: 256 MiB and most of a second for each guess. */
const SCRYPT_N = 262_144
/** Bits of the mode that let others read or write. */
const OTHERS_MASK = 0o077

/** @returns the seed, 32 bytes @throws KeyFileError */
export async function readKeyFile(path: string, password: string): Promise<Uint8Array> {
  const text = await readPrivateText(path)
  try {
    const keystore = parseKeystore(text)
    const derivedKey = await deriveKey(keystore.kdf, password)
    return openKeystore(keystore, derivedKey, seed => createNativeSigner(seed).publicKey)
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error
    const message =
      error.code === 'WRONG_PASSWORD'
        ? `The password for the key file "${path}" is wrong.`
        : `The key file "${path}" cannot be used: ${error.message}.`
    throw new KeyFileError(error.code, message, { cause: error })
  }
}

/**
 * @param seed 32 bytes
 * @param options scryptN: cost of a guess, a power of two
 * @throws KeyFileError EXISTS: a key is never overwritten; EMPTY_PASSWORD: nothing is left of it after normalisation
 */
export async function writeKeyFile(
  path: string,
  seed: Uint8Array,
  password: string,
  options: { readonly scryptN?: number } = {},
): Promise<void> {
  if (passwordBytes(password).length === 0) {
    throw new KeyFileError('EMPTY_PASSWORD', `The key file "${path}" needs a password that is not empty.`)
  }
  const kdf = scryptKdf({ n: options.scryptN ?? SCRYPT_N, salt: randomBytes(32) })
  const text = sealKeystore({
    secret: seed,
    publicKey: createNativeSigner(seed).publicKey,
    kdf,
    derivedKey: await deriveKey(kdf, password),
    iv: randomBytes(16),
    uuid: randomUUID(),
    description: 'quorate identity key (Ed25519 seed)',
  })
  try {
    await writePrivateFile(path, text)
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

async function readPrivateText(path: string): Promise<string> {
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
    if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
      throw new KeyFileError(
        'NOT_PRIVATE',
        `The key file "${path}" is open to other users: run chmod 600 on it.`,
      )
    }
    if (size > KEYSTORE_TEXT_BYTES_MAX) {
      throw new KeyFileError(
        'MALFORMED',
        `The key file "${path}" cannot be used: it is too long for a keystore.`,
      )
    }
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    throw new KeyFileError('UNREADABLE', `The key file "${path}" cannot be read: ${messageOf(error)}.`, {
      cause: error,
    })
  } finally {
    await file.close()
  }
}

/** A link fails where a file is, a rename replaces it. */
async function writePrivateFile(path: string, text: string): Promise<void> {
  const directory = dirname(path)
  const temporary = join(directory, `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(directory)
}

/** On libuv's threads. */
function deriveKey(kdf: Kdf, password: string): Promise<Uint8Array> {
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

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
