import { bytesToNumberBE } from '@noble/curves/utils.js'
import { assert, present } from '../../lib/assert.ts'
import { sha256 } from '../hash.ts'
import type { G1Point, G2Point, PublicCurve, Term } from './public-curve.ts'
import { lagrangeAtZero, type RandomBytes } from './scalar.ts'
import { SIGNATURE_DOMAIN } from './secret.ts'

/**
 * Checks signatures under one key, and makes them of partial ones.
 *
 * BLS signatures are unique: any `threshold` right partials give the same 48 bytes. So the way is optimistic: combine the first
 * ones and check the result once, with two pairings. Only when that fails are the partials looked at, in a batch with random
 * coefficients that is halved until the wrong ones stand alone; then the right ones are combined.
 */

/** 48 bytes each; from member `index`, from 1. */
export interface PartialSignature {
  readonly index: number
  readonly signature: Uint8Array
}

export interface SignedMessage {
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** What is public of a shared key. */
export interface PublicSharing {
  /** How many partials make a signature. */
  readonly threshold: number
  /** The public polynomial P_0 … P_{threshold-1}: 96 bytes each. */
  readonly commitments: readonly Uint8Array[]
  /** P_0, 96 bytes */
  readonly publicKey: Uint8Array
  /** Y_1 … Y_n, at places 0 … n-1: 96 bytes each. */
  readonly publicShares: readonly Uint8Array[]
}

export interface SignatureVerifier {
  /** Whatever it is given, it says whether the signature holds. */
  verify(message: Uint8Array, signature: Uint8Array): boolean
  /**
   * All of them or none, with two pairings however many they are. A wrong one passes with a chance of 2^-128 over `random`, which
   * therefore must be fresh: whoever knows the coefficients beforehand makes wrong ones that cancel.
   */
  verifyAll(signed: readonly SignedMessage[], random: RandomBytes): boolean
}

export interface CombinedSignature {
  /** 48 bytes; null when too few partials were right. */
  readonly signature: Uint8Array | null
  /** Members whose partials were malformed or wrong, ascending. Wrong ones are looked for only when the first try fails. */
  readonly culprits: readonly number[]
}

export interface SignatureCombiner extends SignatureVerifier {
  verifyPartial(message: Uint8Array, partial: PartialSignature): boolean
  /**
   * @param partials in the order in which they are to be used; of several with one index the first counts
   * @param random for the coefficients of the search, 16 bytes for each partial
   */
  combine(message: Uint8Array, partials: readonly PartialSignature[], random: RandomBytes): CombinedSignature
}

const COEFFICIENT_BYTES = 16

/** SHA-256 of the compressed key: 32 bytes. */
export function keyIdOf(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey)
}

/** @param publicKey 96 bytes @returns null when they are no key: malformed, outside the subgroup, or the identity */
export function createSignatureVerifier(curve: PublicCurve, publicKey: Uint8Array): SignatureVerifier | null {
  const point = curve.decodeG2(publicKey)
  if (point === null) return null
  const key = curve.prepare(point)
  const generator = curve.prepare(curve.generatorG2)
  const hash = (message: Uint8Array) => curve.hashToG1(message, SIGNATURE_DOMAIN)
  return {
    verify(message, signature) {
      const sigma = curve.decodeG1(signature)
      if (sigma === null) return false
      return curve.isSamePairing({ g1: sigma, g2: generator }, { g1: hash(message), g2: key })
    },
    verifyAll(signed, random) {
      const signatures: Term<G1Point>[] = []
      const messages: Term<G1Point>[] = []
      for (const { message, signature } of signed) {
        const point = curve.decodeG1(signature)
        if (point === null) return false
        const scalar = drawCoefficient(random)
        signatures.push({ scalar, point })
        messages.push({ scalar, point: hash(message) })
      }
      return curve.isSamePairing(
        { g1: curve.sumG1(signatures), g2: generator },
        { g1: curve.sumG1(messages), g2: key },
      )
    },
  }
}

/** @param sharing as a ceremony gave it, or read from our own disk */
export function createSignatureCombiner(curve: PublicCurve, sharing: PublicSharing): SignatureCombiner {
  const verifier = present(createSignatureVerifier(curve, sharing.publicKey), 'a proper group key')
  const generator = curve.prepare(curve.generatorG2)
  const publicShares = new Map<number, G2Point | null>()

  /** Decoded when it is needed, which is when something is wrong. */
  function publicShareOf(index: number): G2Point | null {
    const known = publicShares.get(index)
    if (known !== undefined) return known
    const encoded = sharing.publicShares[index - 1]
    const point = encoded === undefined ? null : curve.decodeG2(encoded)
    if (encoded !== undefined) publicShares.set(index, point)
    return point
  }

  /** e(Σ rho_i · sigma_i, G2) = e(H, Σ rho_i · Y_i) */
  function holdTogether(message: G1Point, partials: readonly Decoded[], random: RandomBytes): boolean {
    const terms = partials.map(partial => ({ ...partial, scalar: drawCoefficient(random) }))
    const shares: Term<G2Point>[] = []
    for (const { index, scalar } of terms) {
      const point = publicShareOf(index)
      if (point === null) return false
      shares.push({ scalar, point })
    }
    const key = curve.sumG2(shares)
    return curve.isSamePairing(
      { g1: curve.sumG1(terms), g2: generator },
      { g1: message, g2: curve.prepare(key) },
    )
  }

  /** @param isOneWrong known already: when the other half of a wrong whole is right */
  function findWrong(
    message: G1Point,
    partials: readonly Decoded[],
    random: RandomBytes,
    isOneWrong = false,
  ): readonly number[] {
    if (partials.length === 0 || (!isOneWrong && holdTogether(message, partials, random))) return []
    if (partials.length === 1) return partials.map(({ index }) => index)
    const middle = partials.length >> 1
    const first = findWrong(message, partials.slice(0, middle), random)
    return [...first, ...findWrong(message, partials.slice(middle), random, first.length === 0)]
  }

  function interpolate(partials: readonly Decoded[]): Uint8Array {
    const coefficients = lagrangeAtZero(partials.map(({ index }) => index))
    const terms = partials.map(({ point }, i) => ({
      scalar: present(coefficients[i], 'a coefficient'),
      point,
    }))
    return curve.encodeG1(curve.sumG1(terms))
  }

  function combineFirst(message: Uint8Array, partials: readonly Decoded[]): Uint8Array | null {
    if (partials.length < sharing.threshold) return null
    const signature = interpolate(partials.slice(0, sharing.threshold))
    return verifier.verify(message, signature) ? signature : null
  }

  return {
    ...verifier,
    verifyPartial(message, partial) {
      const share = publicShareOf(partial.index)
      const point = curve.decodeG1(partial.signature)
      if (share === null || point === null) return false
      return curve.isSamePairing(
        { g1: point, g2: generator },
        { g1: curve.hashToG1(message, SIGNATURE_DOMAIN), g2: curve.prepare(share) },
      )
    },
    combine(message, partials, random) {
      const { decoded, malformed } = decodePartials(curve, sharing.publicShares.length, partials)
      const signature = combineFirst(message, decoded)
      if (signature !== null || decoded.length < sharing.threshold)
        return { signature, culprits: malformed.sort((a, b) => a - b) }
      const wrong = findWrong(curve.hashToG1(message, SIGNATURE_DOMAIN), decoded, random)
      const right = decoded.filter(({ index }) => !wrong.includes(index))
      return {
        signature: combineFirst(message, right),
        culprits: [...malformed, ...wrong].sort((a, b) => a - b),
      }
    },
  }
}

interface Decoded {
  readonly index: number
  readonly point: G1Point
}

/** Of members that exist, one each. */
function decodePartials(curve: PublicCurve, members: number, partials: readonly PartialSignature[]) {
  const seen = new Set<number>()
  const decoded: Decoded[] = []
  const malformed: number[] = []
  for (const { index, signature } of partials) {
    if (!Number.isInteger(index) || index < 1 || index > members || seen.has(index)) continue
    seen.add(index)
    const point = curve.decodeG1(signature)
    if (point === null) malformed.push(index)
    else decoded.push({ index, point })
  }
  return { decoded, malformed }
}

/** 128 bits: with 64, as some have it, a forger succeeds once in 2^64 tries. */
function drawCoefficient(random: RandomBytes): bigint {
  const coefficient = bytesToNumberBE(random(COEFFICIENT_BYTES))
  // With zeros everything would hold: it is a broken source that gives them, not chance.
  assert(coefficient !== 0n, 'the random source gives zeros')
  return coefficient
}
