import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, fromHex } from '../lib/bytes.ts'

/**
 * Ed25519, RFC 8032, in portable JavaScript, with the verdicts of node's OpenSSL.
 *
 * Implementations differ on signatures that no honest signer makes, and replicas that differ on one would split. Here, as in
 * the native twin: the public key is canonical and not of small order, S is below the group order, and R is compared as
 * bytes (the equation without the cofactor, RFC 8032 §5.1.7), which leaves each signature one verdict everywhere.
 * Deviation: RFC 8032 lets a key of small order pass; under such a key one signature holds for many messages.
 */
export const SEED_BYTES = 32
const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

export interface Identity {
  /** 32 bytes */
  readonly publicKey: Uint8Array
  /** @returns 64 bytes */
  sign(bytes: Uint8Array): Uint8Array
}

/** @param seed 32 bytes: the private key of RFC 8032 §5.1.5 */
export function createIdentity(seed: Uint8Array): Identity {
  const secret = new Uint8Array(seed)
  return { publicKey: ed25519.getPublicKey(secret), sign: bytes => ed25519.sign(bytes, secret) }
}

/** Whatever it is given, it says whether the signature holds. */
export function verifySignature(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isAcceptablePublicKey(publicKey)) return false
  const { Point } = ed25519
  const r = signature.subarray(0, 32)
  const s = bytesToNumberLE(signature.subarray(32))
  if (s >= Point.Fn.ORDER) return false
  const k = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(r, publicKey, bytes))))
  try {
    const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k))
    return equalBytes(expected.toBytes(), r)
  } catch {
    return false // the key is not a point of the curve
  }
}

/** The y coordinates of the eight points of small order, little-endian. */
const SMALL_ORDER_YS: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)

/** 32 bytes, y below 2^255 - 19, not of small order. Does not say whether the bytes are a point. */
export function isAcceptablePublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false
  // Not `slice`: of a Buffer that is a view, and the caller's key would lose its sign.
  const y = new Uint8Array(publicKey)
  y[31] = (publicKey[31] as number) & 0x7f
  const isReduced = y[31] !== 0x7f || (y[0] as number) < 0xed || y.subarray(1, 31).some(byte => byte !== 0xff)
  return isReduced && !SMALL_ORDER_YS.some(small => equalBytes(small, y))
}
