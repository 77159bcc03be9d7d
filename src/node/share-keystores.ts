import { randomBytes, randomUUID } from 'node:crypto'
import {
  type Kdf,
  KeystoreError,
  openKeystore,
  parseKeystore,
  passwordBytes,
  scryptKdf,
  sealKeystore,
} from '../crypto/keystore.ts'
import { assert, present } from '../lib/assert.ts'
import { toHex, utf8 } from '../lib/bytes.ts'
import { deriveKey, KeyFileError, SCRYPT_N } from './keystore-file.ts'
import { interruptionHint } from './password-marker.ts'
import { publicShareOf, shareDescription } from './share-file.ts'

/**
 * Shares of the network's key in the form in which they lie on disk, for a node that has several and makes new ones while it runs. All
 * that it writes has one salt, so that one derivation, which takes most of a second, serves for all of them; each has an
 * initial counter of its own.
 */
export interface ShareKeystores {
  /** @param path for the message @returns 32 bytes @throws KeyFileError */
  open(path: string, content: Uint8Array): Promise<Uint8Array>
  seal(epoch: number, share: Uint8Array): Promise<Uint8Array>
}

export interface ShareKeystoreOptions {
  /** That of the identity key. */
  readonly password: string
  /** Our place in the network's key, from 1; null for whoever has none. */
  readonly coordinate: number | null
  /** The key that the shares of an epoch are of, 32 bytes. Null while nobody knows. */
  keyIdOf(epoch: number): Uint8Array | null
  /** Cost of guessing the password by a share's file, a power of two; default: as for a new identity's. */
  readonly scryptN?: number | undefined
}

type Scrypt = Extract<Kdf, { function: 'scrypt' }>

/** What a file says whose key was not known when it was written. */
const UNKNOWN_KEY_ID = new Uint8Array(32)

export function createShareKeystores(options: ShareKeystoreOptions): ShareKeystores {
  const { password, coordinate, scryptN = SCRYPT_N } = options
  assert(passwordBytes(password).length > 0, 'the password of a vault is not empty')
  const derivedKeys = new Map<string, Promise<Uint8Array>>()
  let kdfToWrite: Scrypt | null = null

  function derivedKeyOf(kdf: Kdf): Promise<Uint8Array> {
    const name = JSON.stringify({ ...kdf, salt: toHex(kdf.salt) })
    const known = derivedKeys.get(name)
    if (known !== undefined) return known
    if (kdf.function === 'scrypt' && kdf.n >= scryptN) kdfToWrite = kdf
    const derivedKey = deriveKey(kdf, password)
    derivedKeys.set(name, derivedKey)
    return derivedKey
  }

  return {
    async open(path, content) {
      let uuid = ''
      try {
        const keystore = parseKeystore(new TextDecoder().decode(content))
        uuid = keystore.uuid
        return openKeystore(keystore, await derivedKeyOf(keystore.kdf), publicShareOf)
      } catch (error) {
        throw unusable(path, error, await interruptionHint(path, uuid))
      }
    },
    async seal(epoch, share) {
      const kdf: Scrypt = kdfToWrite ?? scryptKdf({ n: scryptN, salt: randomBytes(32) })
      const derivedKey = await derivedKeyOf(kdf)
      const index = present(coordinate, 'the coordinate of a member that has a share')
      const keyId = options.keyIdOf(epoch) ?? UNKNOWN_KEY_ID
      const text = sealKeystore({
        secret: share,
        publicKey: publicShareOf(share),
        kdf,
        derivedKey,
        iv: randomBytes(16),
        uuid: randomUUID(),
        description: shareDescription({ epoch, index, keyId }),
      })
      return utf8(text)
    },
  }
}

/** @param hint ends the sentence about a wrong password */
function unusable(path: string, error: unknown, hint: string): unknown {
  if (!(error instanceof KeystoreError)) return error
  const message =
    error.code === 'WRONG_PASSWORD'
      ? `The password of the identity key does not open the share "${path}"${hint}`
      : `The share "${path}" cannot be used: ${error.message}.`
  return new KeyFileError(error.code, message, { cause: error })
}
