import { openKeystoreFile, writeKeystoreFile } from './keystore-file.ts'
import { createNativeSigner } from './native-ed25519.ts'

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
  const { kdf } = keystore
  return { seed: secret, password, scryptN: kdf.function === 'scrypt' ? kdf.n : undefined }
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
