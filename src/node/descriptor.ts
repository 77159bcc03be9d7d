/**
 * What a future member publishes of itself so that others can write it into a genesis file: name, key and addresses, signed
 * by the key. The signature proves that whoever wrote the descriptor holds the key, so that nobody becomes a member with
 * a key that is somebody else's, or nobody's.
 */

import { createPublicKey, verify } from 'node:crypto'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'
import { concatBytes, fromHex, toHex, utf8 } from '../lib/bytes.ts'
import { canonicalJson } from '../membership/genesis.ts'
import type { Signer } from '../runtime/ports.ts'
import { ConfigError, readJsonObject } from './config-sources.ts'
import { memberKey, memberName } from './genesis-file.ts'

export interface MemberDescriptor {
  readonly format: 'quorate-member/1'
  readonly name: string
  /** 64 lowercase hexadecimal digits. */
  readonly publicKey: string
  readonly peerId: string
  /** Multiaddrs at which the member can be reached, to be used by others as bootstrap addresses. */
  readonly addresses: readonly string[]
  /** Ed25519 over everything else, 128 hexadecimal digits. */
  readonly signature: string
}

const ADDRESSES_MAX = 32

const descriptorSchema = z.strictObject({
  format: z.literal('quorate-member/1', 'must be "quorate-member/1"'),
  name: memberName,
  publicKey: memberKey,
  peerId: z.string('must be text'),
  addresses: z
    .array(z.string('must be text'), 'must be a list')
    .max(ADDRESSES_MAX, `must hold at most ${ADDRESSES_MAX}`),
  signature: z.string('must be text').regex(/^[0-9a-f]{128}$/, 'must be 128 lowercase hexadecimal digits'),
})

/** The name under which libp2p knows the holder of an Ed25519 key. @param publicKey 32 bytes */
export function peerIdOf(publicKey: Uint8Array): string {
  return peerIdFromPublicKey(publicKeyFromRaw(publicKey)).toString()
}

function signingBytes(descriptor: Omit<MemberDescriptor, 'signature'>): Uint8Array {
  return utf8(`QUORATE/member/v1${canonicalJson(descriptor)}`)
}

export function createDescriptor(
  name: string,
  addresses: readonly string[],
  signer: Signer,
): MemberDescriptor {
  const content = {
    format: 'quorate-member/1',
    name,
    publicKey: toHex(signer.publicKey),
    peerId: peerIdOf(signer.publicKey),
    addresses,
  } as const
  return { ...content, signature: toHex(signer.sign(signingBytes(content))) }
}

/** @throws ConfigError saying why the file is no descriptor of a key's holder */
export function readDescriptorFile(file: string): MemberDescriptor {
  const parsed = descriptorSchema.safeParse(readJsonObject(file, 'member descriptor'))
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.map(String).join('.') || 'it'} ${message}`,
    )
    throw new ConfigError(`the member descriptor ${file} cannot be used: ${problems.join('; ')}`)
  }
  const { signature, ...content } = parsed.data
  const publicKey = fromHex(content.publicKey)
  if (!isSignedBy(publicKey, signingBytes(content), fromHex(signature))) {
    throw new ConfigError(
      `the member descriptor ${file} is not signed by its own key: it was changed, or damaged on its way`,
    )
  }
  if (content.peerId !== peerIdOf(publicKey)) {
    throw new ConfigError(`the member descriptor ${file} names a peerId that does not belong to its key`)
  }
  for (const address of content.addresses) assertMultiaddr(file, address)
  return parsed.data
}

/** RFC 8410: the DER prefix of an Ed25519 public key. */
const SPKI_PREFIX = fromHex('302a300506032b6570032100')

function isSignedBy(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(concatBytes(SPKI_PREFIX, publicKey)),
      format: 'der',
      type: 'spki',
    })
    return verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

function assertMultiaddr(file: string, address: string): void {
  try {
    multiaddr(address)
  } catch {
    throw new ConfigError(
      `the member descriptor ${file} names "${address.slice(0, 80)}", which is not a multiaddr`,
    )
  }
}
