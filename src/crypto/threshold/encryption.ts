import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8 } from '../../lib/bytes.ts'
import type { Element } from './ristretto.ts'
import { encodeScalar, parseScalar } from './scalar.ts'

/**
 * A share on its way from a dealer to a receiver through a log that everybody reads: ECIES over ristretto255. The key follows from
 * K = r·E = e·R and serves for this one ciphertext, so a nonce of zeros is right, and whoever is shown K can read this share and
 * no other.
 */
export interface Channel {
  /** K = r·E = e·R */
  readonly sharedPoint: Element
  /** R */
  readonly ephemeral: Element
  /** E */
  readonly encryptionKey: Element
  /** Session, dealer, receiver: 40 bytes. */
  readonly context: Uint8Array
}

const INFO = utf8('QUORATE/dkg-share/v1')
const KEY_BYTES = 32
const NONCE = new Uint8Array(24)

/** @returns 48 bytes */
export function encryptShare(channel: Channel, share: bigint): Uint8Array {
  const plaintext = encodeScalar(share)
  const ciphertext = cipherOf(channel).encrypt(plaintext)
  plaintext.fill(0)
  return ciphertext
}

/** @returns null when the ciphertext is not of this channel, or no scalar is in it */
export function decryptShare(channel: Channel, ciphertext: Uint8Array): bigint | null {
  try {
    const plaintext = cipherOf(channel).decrypt(ciphertext)
    const share = parseScalar(plaintext)
    plaintext.fill(0)
    return share
  } catch {
    return null // the tag is wrong
  }
}

function cipherOf({ sharedPoint, ephemeral, encryptionKey, context }: Channel) {
  const material = concatBytes(sharedPoint.toBytes(), ephemeral.toBytes(), encryptionKey.toBytes())
  const key = hkdf(sha256, material, undefined, concatBytes(INFO, context), KEY_BYTES)
  return xchacha20poly1305(key, NONCE, context)
}
