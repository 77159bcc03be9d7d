import { bls12_381 } from '@noble/curves/bls12-381.js'
import { present } from '../../lib/assert.ts'
import { G1_IDENTITY, G2_IDENTITY } from './public-curve.ts'
import { parseScalar } from './scalar.ts'

/**
 * Secret scalars times points of BLS12-381, and nothing else: the one place where keys and shares meet the curve. The library's
 * `multiply` runs through the same point operations whatever the scalar; JavaScript promises nothing about the time that
 * each of them takes.
 */
const { G1, G2 } = bls12_381

/** BLS signatures in G1, keys in G2, the suite of drand quicknet: draft-irtf-cfrg-bls-signature, minimal-signature-size, basic. */
export const SIGNATURE_DOMAIN = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'

/** @param secret in [0, r) @returns secret · G2, 96 bytes */
export function publicKeyOf(secret: bigint): Uint8Array {
  return secret === 0n ? G2_IDENTITY.slice() : G2.Point.BASE.multiply(secret).toBytes()
}

/**
 * The public key of the other variant, "minimal-pubkey-size", which Ethereum has: for keystores that come from there.
 * @param secret in [1, r) @returns 48 bytes
 */
export function publicKeyInG1(secret: bigint): Uint8Array {
  return G1.Point.BASE.multiply(secret).toBytes()
}

/**
 * A signature when the secret is a key, a partial signature when it is a share: secret · H(message).
 * @param secret 32 bytes, below r @returns 48 bytes
 */
export function signMessage(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const scalar = present(parseScalar(secret), 'a secret below the group order')
  if (scalar === 0n) return G1_IDENTITY.slice()
  return G1.hashToCurve(message, { DST: SIGNATURE_DOMAIN }).multiply(scalar).toBytes()
}

/** @param point in the subgroup, not the identity @param secret in [1, r) @returns 48 bytes */
export function multiplyG1(point: Uint8Array, secret: bigint): Uint8Array {
  return G1.Point.fromBytes(point).multiply(secret).toBytes()
}
