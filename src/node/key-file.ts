import { openKeystoreFile, writeKeystoreFile } from './keystore-file.ts'
import { createNativeSigner } from './native-ed25519.ts'

/** The file of an identity key: a keystore of an Ed25519 seed. */
const DESCRIPTION = 'quorate identity key (Ed25519 seed)'

/** @returns the seed, 32 bytes @throws KeyFileError */
export async function readKeyFile(path: string, password: string): Promise<Uint8Array> {
  const { secret } = await openKeystoreFile(path, password, seed => createNativeSigner(seed).publicKey)
  return secret
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
