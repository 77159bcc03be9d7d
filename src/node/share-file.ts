import { join } from 'node:path'
import type { Keystore } from '../crypto/keystore.ts'
import { G2_BYTES } from '../crypto/threshold/public-curve.ts'
import { parseScalar } from '../crypto/threshold/scalar.ts'
import { publicKeyOf } from '../crypto/threshold/secret.ts'
import { fromHex, toHex } from '../lib/bytes.ts'
import {
  KeyFileError,
  openKeystoreFile,
  readKeystore,
  type WriteOptions,
  writeKeystoreFile,
} from './keystore-file.ts'

/**
 * The file of a member's share of the network's key: a keystore whose public key is the public share, Y = share·G2. Opening it
 * checks that equation; that Y is what the log says of this member is for whoever knows the log. What else the file tells of the share
 * stands in its description, for which only that comparison vouches.
 */
export interface ShareName {
  readonly epoch: number
  /** The member's coordinate, from 1. */
  readonly index: number
  /** 32 bytes: which key it is a share of. */
  readonly keyId: Uint8Array
  /** Y, 96 bytes. */
  readonly publicShare: Uint8Array
}

export interface Share extends ShareName {
  /** 32 bytes, secret. */
  readonly share: Uint8Array
}

const DESCRIPTION = /^QUORATE share epoch=(\d{1,15}) index=(\d{1,5}) keyId=([0-9a-f]{64})$/
const NOTHING = new Uint8Array(0)

/** Where a node keeps its shares. @param directory of the node's data */
export const shareDirectoryOf = (directory: string): string => join(directory, 'keys')

/** @param directory see `shareDirectoryOf` */
export function shareFilePath(directory: string, epoch: number): string {
  return join(directory, `share-${epoch}.json`)
}

/**
 * Durable when done.
 * @param share its public share is computed, not believed
 * @throws KeyFileError EXISTS, unless told to replace; EMPTY_PASSWORD; UNWRITABLE
 */
export async function writeShareFile(
  path: string,
  { epoch, index, keyId, share }: Omit<Share, 'publicShare'>,
  password: string,
  options: WriteOptions = {},
): Promise<void> {
  const description = shareDescription({ epoch, index, keyId })
  const secret = { secret: share, publicKey: publicShareOf(share), description }
  await writeKeystoreFile(path, secret, password, options)
}

/** @throws KeyFileError KEY_MISMATCH when the share in it is not that of the public share, MALFORMED when it is no share */
export async function readShareFile(path: string, password: string): Promise<Share> {
  await readShareName(path) // before deriving a key from the password takes a second
  const { secret, keystore } = await openKeystoreFile(path, password, publicShareOf)
  return { ...nameOf(path, keystore), share: secret }
}

/** What the file says without its password. @throws KeyFileError MALFORMED when it is not that of a share */
export async function readShareName(path: string): Promise<ShareName> {
  return nameOf(path, await readKeystore(path))
}

function nameOf(path: string, { description, publicKey }: Keystore): ShareName {
  const name = parseShareDescription(description)
  if (name !== null && publicKey.length === G2_BYTES) return { ...name, publicShare: publicKey }
  const found = `its description is "${description}", its public key has ${publicKey.length} bytes`
  throw new KeyFileError('MALFORMED', `The key file "${path}" is not that of a share: ${found}.`)
}

export function shareDescription({ epoch, index, keyId }: Omit<ShareName, 'publicShare'>): string {
  return `QUORATE share epoch=${epoch} index=${index} keyId=${toHex(keyId)}`
}

/** @returns null when the description is not that of a share */
export function parseShareDescription(description: string): Omit<ShareName, 'publicShare'> | null {
  const [, epoch, index, keyId] = DESCRIPTION.exec(description) ?? []
  if (epoch === undefined || index === undefined || keyId === undefined) return null
  return { epoch: Number(epoch), index: Number(index), keyId: fromHex(keyId) }
}

/** @returns 96 bytes, or none for what is no share: zero, or not below the order */
export function publicShareOf(share: Uint8Array): Uint8Array {
  const scalar = parseScalar(share)
  return scalar === null || scalar === 0n ? NOTHING : publicKeyOf(scalar)
}
