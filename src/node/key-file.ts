import { KeyFileError, openKeystoreFile, readKeystore, writeKeystoreFile } from './keystore-file.ts'
import { createNativeSigner } from './native-ed25519.ts'
import { passwordStateOf } from './password-marker.ts'

/** The file of an identity key: a keystore of an Ed25519 seed. */
const DESCRIPTION = 'quorate identity key (Ed25519 seed)'

/** Who a node is, and what opens its secrets. */
export interface NodeIdentity {
  /** Ed25519, 32 bytes. A key that the genesis file does not name makes an observer. */
  readonly seed: Uint8Array
  /** Of the key file. Shares of the network's key are kept under it. */
  readonly password: string
  /** Cost of guessing the password by the file of a share; default: as for a new key file. */
  readonly scryptN?: number | undefined
  /** The name that the key file has inside, which each change of its password changes; left out where there is no file. */
  readonly keystoreUuid?: string | undefined
}

const publicKeyOf = (seed: Uint8Array): Uint8Array => createNativeSigner(seed).publicKey

/** @returns the seed, 32 bytes @throws KeyFileError */
export async function readKeyFile(path: string, password: string): Promise<Uint8Array> {
  const { secret } = await openKeystoreFile(path, password, publicKeyOf)
  return secret
}

/** What a node is started with: shares that are kept under the same password cost as much to guess. @throws KeyFileError */
export async function readIdentity(path: string, password: string): Promise<NodeIdentity> {
  const { secret, keystore } = await openKeystoreFile(path, password, publicKeyOf)
  const { kdf, uuid } = keystore
  const scryptN = kdf.function === 'scrypt' ? kdf.n : undefined
  return { seed: secret, password, scryptN, keystoreUuid: uuid }
}

/**
 * For a node that is seen to run from now on, and keeps new shares under the password that it read before.
 * @throws KeyFileError CHANGED when the file is not the one that was read, or about to be another
 */
export async function refuseChangedKeyFile(path: string, { keystoreUuid }: NodeIdentity): Promise<void> {
  if (keystoreUuid === undefined) return
  // First of what is about to happen, then of what did: the other way round, a change could come between the two.
  if ((await passwordStateOf(path, keystoreUuid)) === 'old')
    throw new KeyFileError(
      'CHANGED',
      `The password of the key file "${path}" is being changed, or a change of it was interrupted: start again when it is done, or run quorate keys change-password again, with the same two passwords, to finish it.`,
    )
  const { uuid } = await readKeystore(path)
  if (uuid !== keystoreUuid)
    throw new KeyFileError(
      'CHANGED',
      `The key file "${path}" was changed while the node started: start it again.`,
    )
}

/** @param seed 32 bytes @throws KeyFileError EXISTS: a key is never overwritten */
export async function writeKeyFile(
  path: string,
  seed: Uint8Array,
  password: string,
  options: { readonly scryptN?: number } = {},
): Promise<void> {
  const { publicKey } = createNativeSigner(seed)
  await writeKeystoreFile(path, { secret: seed, publicKey, description: DESCRIPTION }, password, options)
}
