import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { createGenesis } from '../../../../src/interfaces/cli/create-genesis.ts'
import { createNodeDirectory } from '../../../../src/interfaces/cli/node-directory.ts'
import { toHex } from '../../../../src/lib/bytes.ts'
import { type Genesis, networkIdOf } from '../../../../src/membership/genesis.ts'
import { createGuardianFile } from '../../../../src/node/guardian-files.ts'
import { shareFilePath, writeShareFile } from '../../../../src/node/share-file.ts'
import { seededBytes, shareKey } from '../../../crypto/threshold/support.ts'

/** The directory of a node that never ran, with a genesis of four, and shares of a key that the test knows. Cheap to open. */
export interface KeyDirectory {
  readonly directory: string
  readonly genesis: Genesis
  readonly genesisFile: string
  readonly identityFile: string
  readonly shareDirectory: string
  readonly keyId: Uint8Array
  readonly networkId: string
}

export const PASSWORD = 'the password of all keys'
export const scryptN = 16
export const INDEX = 2
const key = shareKey(123_456_789n, 3, 4, seededBytes('the key of the network'))
export const KEY_ID = sha256(key.sharing.publicKey)
export const SHARE = key.shares[INDEX - 1] as Uint8Array
/** As a node tells it. */
export const SHARING = { polynomial: key.sharing.commitments.map(toHex) }
export const PUBLIC_SHARE = toHex(key.sharing.publicShares[INDEX - 1] as Uint8Array)

export const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'quorate-keys-'))

/** @param epochs of the shares; all are the same share, which a test of files does not mind */
export async function createKeyDirectory(epochs: readonly number[] = [1]): Promise<KeyDirectory> {
  const root = temporaryDirectory()
  const directory = join(root, 'node')
  const genesisFile = join(root, 'genesis.json')
  const descriptors = []
  for (const [i, name] of ['ann', 'bob', 'cid', 'dan'].entries())
    descriptors.push(
      await createNodeDirectory({
        directory: i === 0 ? directory : join(root, name),
        name,
        seed: sha256(new Uint8Array([i])),
        password: PASSWORD,
        scryptN,
        genesisFile,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        announce: [],
        bootstrap: [],
        http: { host: '127.0.0.1', port: 0 },
      }),
    )
  const genesis = createGenesis(descriptors, {
    name: 'keys',
    createdMs: 0,
    application: { module: 'key-value', options: {} },
    admissionEffort: 1,
  })
  writeFileSync(genesisFile, JSON.stringify(genesis))
  const shareDirectory = join(directory, 'data', 'keys')
  mkdirSync(shareDirectory, { recursive: true, mode: 0o700 })
  for (const epoch of epochs)
    await writeShareFile(
      shareFilePath(shareDirectory, epoch),
      { epoch, index: INDEX, keyId: KEY_ID, share: SHARE },
      PASSWORD,
      { scryptN },
    )
  return {
    directory,
    genesis,
    genesisFile,
    identityFile: join(directory, 'key.json'),
    shareDirectory,
    keyId: KEY_ID,
    networkId: toHex(networkIdOf(genesis)),
  }
}

export interface GuardiansOnDisk {
  readonly file: string
  readonly keyFiles: readonly string[]
}

/** Each guardian's password is its name. */
export async function createGuardians(names: readonly string[]): Promise<GuardiansOnDisk> {
  const root = temporaryDirectory()
  const guardians = []
  for (const name of names) {
    const path = join(root, `${name}.json`)
    const { publicKey } = await createGuardianFile(path, name, name, seededBytes(name), { scryptN })
    guardians.push({ name, publicKey: toHex(publicKey) })
  }
  const file = join(root, 'guardians.json')
  writeFileSync(file, JSON.stringify({ format: 'quorate-guardians/1', guardians }))
  return { file, keyFiles: names.map(name => join(root, `${name}.json`)) }
}

/** A file with a password, for its owner alone. */
export function passwordFile(password: string): string {
  const file = join(temporaryDirectory(), 'password')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  return file
}
