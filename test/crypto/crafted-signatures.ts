/** Signatures on which implementations of Ed25519 differ: made with points of small order, unreduced numbers and mixed keys. */
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { createIdentity } from '../../src/crypto/identity.ts'
import { concatBytes, fromHex, utf8 } from '../../src/lib/bytes.ts'
import type { SignatureClaim } from '../../src/runtime/ports.ts'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER

/** All encodings of the eight points, those with an unreduced y or a superfluous sign among them. */
export const SMALL_ORDER: readonly Uint8Array[] = [
  ...ED25519_TORSION_SUBGROUP,
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex)

export interface CraftedSignature {
  readonly name: string
  readonly claim: SignatureClaim
  readonly isValid: boolean
}

export function craftedSignatures(tag: number): readonly CraftedSignature[] {
  const seed = new Uint8Array(32).fill(tag)
  const identity = createIdentity(seed)
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed)
  const bytes = utf8(`crafted ${tag}`)
  const honest = identity.sign(bytes)
  const crafted: CraftedSignature[] = [
    { name: 'honest', claim: { publicKey: identity.publicKey, bytes, signature: honest }, isValid: true },
    {
      name: 'S plus the group order',
      claim: { publicKey: identity.publicKey, bytes, signature: withS(honest, sOf(honest) + ORDER) },
      isValid: false,
    },
    {
      name: 'S zero',
      claim: { publicKey: identity.publicKey, bytes, signature: withS(honest, 0n) },
      isValid: false,
    },
  ]
  for (const [i, small] of SMALL_ORDER.entries()) {
    const torsion = Point.fromBytes(small, true)
    const isIdentity = torsion.equals(Point.ZERO)
    const mixedKey = Point.BASE.multiply(scalar).add(torsion).toBytes()
    crafted.push(
      { name: `R plus torsion ${i}`, claim: sign(identity.publicKey, torsion), isValid: isIdentity },
      {
        name: `mixed key ${i}`,
        claim: sign(mixedKey, Point.ZERO),
        isValid: holdsWithoutCofactor(mixedKey, torsion),
      },
      {
        name: `key of small order ${i}`,
        claim: { publicKey: small, bytes, signature: smallSignature() },
        isValid: false,
      },
    )
  }
  return crafted

  /** R = rB + shift, S = r + k a: holds with the cofactor whatever the shift. */
  function sign(publicKey: Uint8Array, shift: typeof Point.ZERO): SignatureClaim {
    const nonce = 1_234_567n + BigInt(tag)
    const r = Point.BASE.multiply(nonce).add(shift).toBytes()
    const k = challenge(r, publicKey)
    const s = Point.Fn.create(nonce + k * scalar)
    return { publicKey, bytes, signature: concatBytes(r, numberToBytesLE(s, 32)) }
  }

  /** sB - k(aB + torsion) = rB exactly when k times the torsion vanishes. */
  function holdsWithoutCofactor(publicKey: Uint8Array, torsion: typeof Point.ZERO): boolean {
    const r = sign(publicKey, Point.ZERO).signature.subarray(0, 32)
    return torsion.multiplyUnsafe(challenge(r, publicKey)).is0()
  }

  function challenge(r: Uint8Array, publicKey: Uint8Array): bigint {
    return Point.Fn.create(bytesToNumberLE(sha512(concatBytes(r, publicKey, bytes))))
  }

  /** R = B, S = 1: holds under the identity as key, for every message. */
  function smallSignature(): Uint8Array {
    return concatBytes(Point.BASE.toBytes(), numberToBytesLE(1n, 32))
  }
}

function sOf(signature: Uint8Array): bigint {
  return bytesToNumberLE(signature.subarray(32))
}

function withS(signature: Uint8Array, s: bigint): Uint8Array {
  return concatBytes(signature.subarray(0, 32), numberToBytesLE(s, 32))
}
