import { mapHashToField } from '@noble/curves/abstract/modular.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { assert } from '../../lib/assert.ts'

/**
 * Scalars of BLS12-381, integers modulo the prime r that is the order of its groups, and what Shamir's sharing needs of them:
 * polynomials, and Lagrange's coefficients at zero. Secrets cross boundaries as 32 bytes, which can be wiped; inside they are
 * BigInts, which cannot, and whose arithmetic is not constant in time.
 */
export const Fr = bls12_381.fields.Fr

/** Big-endian. */
export const SCALAR_BYTES = 32
/** 128 bits more than r has: reduction leaves a bias below 2^-128. RFC 9380 §5.1. */
const SCALAR_SEED_BYTES = 48

/** Fresh, secret and independent bytes at each call. */
export type RandomBytes = (lengthBytes: number) => Uint8Array

/** @returns null for anything but 32 bytes below r */
export function parseScalar(bytes: Uint8Array): bigint | null {
  if (bytes.length !== SCALAR_BYTES) return null
  const value = bytesToNumberBE(bytes)
  return value < Fr.ORDER ? value : null
}

/** @returns 32 bytes */
export function encodeScalar(scalar: bigint): Uint8Array {
  return numberToBytesBE(scalar, SCALAR_BYTES)
}

/** @returns uniform in [1, order) */
export function drawScalar(random: RandomBytes, order = Fr.ORDER): bigint {
  return bytesToNumberBE(mapHashToField(random(SCALAR_SEED_BYTES), order))
}

/** @returns `threshold` coefficients, the constant first: the degree is one less */
export function drawPolynomial(constant: bigint, threshold: number, random: RandomBytes): readonly bigint[] {
  return [constant, ...Array.from({ length: threshold - 1 }, () => drawScalar(random))]
}

/** Horner's rule. @param index a member's x coordinate, from 1 */
export function evaluatePolynomial(coefficients: readonly bigint[], index: number): bigint {
  assert(Number.isSafeInteger(index) && index > 0, `${index} is no member's coordinate: zero has the secret`)
  const x = BigInt(index)
  return coefficients.reduceRight((sum, coefficient) => Fr.add(Fr.mul(sum, x), coefficient), 0n)
}

/**
 * The coefficients by which values at `indices` add up to the value at zero: l_i = Π_{j≠i} x_j / (x_j - x_i).
 * @param indices distinct, from 1
 */
export function lagrangeAtZero(indices: readonly number[]): readonly bigint[] {
  assert(
    indices.every(index => Number.isSafeInteger(index) && index > 0),
    'coordinates are from 1',
  )
  assert(new Set(indices).size === indices.length, 'two values at one coordinate')
  const xs = indices.map(BigInt)
  const product = xs.reduce((left, right) => Fr.mul(left, right), 1n)
  const denominators = xs.map(xi =>
    xs.reduce((sum, xj) => (xj === xi ? sum : Fr.mul(sum, Fr.sub(xj, xi))), xi),
  )
  return Fr.invertBatch(denominators).map(inverse => Fr.mul(product, inverse))
}
