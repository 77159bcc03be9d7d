import { sha256 } from '../../../src/crypto/hash.ts'
import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import {
  drawPolynomial,
  encodeScalar,
  evaluatePolynomial,
  type RandomBytes,
} from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf, signMessage } from '../../../src/crypto/threshold/secret.ts'
import type { PartialSignature, PublicSharing } from '../../../src/crypto/threshold/signature.ts'
import { concatBytes, u64, utf8 } from '../../../src/lib/bytes.ts'

export const curve = nobleCurve

/** Bytes that are the same at every run, and never the same twice in one. */
export function seededBytes(seed: string): RandomBytes {
  let counter = 0
  return lengthBytes => {
    const blocks: Uint8Array[] = []
    for (let made = 0; made < lengthBytes; made += 32)
      blocks.push(sha256(concatBytes(utf8(seed), u64(counter++))))
    return concatBytes(...blocks).slice(0, lengthBytes)
  }
}

export interface SharedKey {
  readonly sharing: PublicSharing
  /** 32 bytes each, of member 1 first. */
  readonly shares: readonly Uint8Array[]
}

/** A known key in shares, by somebody who is trusted for the test. */
export function shareKey(secret: bigint, threshold: number, members: number, random: RandomBytes): SharedKey {
  const polynomial = drawPolynomial(secret, threshold, random)
  const shares = Array.from({ length: members }, (_, i) => evaluatePolynomial(polynomial, i + 1))
  return {
    sharing: {
      threshold,
      commitments: polynomial.map(publicKeyOf),
      publicKey: publicKeyOf(secret),
      publicShares: shares.map(publicKeyOf),
    },
    shares: shares.map(encodeScalar),
  }
}

/** @param indices members, from 1 */
export function partialsOf(
  shares: readonly Uint8Array[],
  indices: readonly number[],
  message: Uint8Array,
): readonly PartialSignature[] {
  return indices.map(index => ({ index, signature: signMessage(shares[index - 1] as Uint8Array, message) }))
}

/** All subsets of 1 … n with `size` members. */
export function subsets(n: number, size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  if (size > n) return []
  return [...subsets(n - 1, size), ...subsets(n - 1, size - 1).map(subset => [...subset, n])]
}
