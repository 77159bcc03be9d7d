import { mulAddUnsafe } from '@noble/curves/abstract/curve.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { present } from '../../lib/assert.ts'
import { equalBytes } from '../../lib/bytes.ts'
import {
  G1_BYTES,
  G1_IDENTITY,
  type G1Point,
  G2_BYTES,
  G2_IDENTITY,
  type G2Point,
  type Pair,
  type PreparedG2,
  type PublicCurve,
  type Term,
} from './public-curve.ts'

/** The curve in portable JavaScript, @noble/curves: the reference, in Node and in browsers. */

const { G1, G2, fields, millerLoopBatch, utils } = bls12_381
type NobleG1 = typeof G1.Point.BASE
type NobleG2 = typeof G2.Point.BASE
type Lines = ReturnType<typeof utils.calcPairingPrecomputes>

// The port's points are opaque: these six are the only places that look inside.
const toG1 = (point: NobleG1) => point as unknown as G1Point
const toG2 = (point: NobleG2) => point as unknown as G2Point
const toPrepared = (lines: Lines) => lines as unknown as PreparedG2
const fromG1 = (point: G1Point) => point as unknown as NobleG1
const fromG2 = (point: G2Point) => point as unknown as NobleG2
const fromPrepared = (prepared: PreparedG2) => prepared as unknown as Lines

export const nobleCurve: PublicCurve = {
  generatorG2: toG2(G2.Point.BASE),

  decodeG1(bytes) {
    const point = decode(G1.Point, bytes, G1_BYTES)
    return point === null ? null : toG1(point)
  },
  decodeG2(bytes) {
    const point = decode(G2.Point, bytes, G2_BYTES)
    return point === null ? null : toG2(point)
  },
  encodeG1: point => encode(fromG1(point), G1_IDENTITY),
  encodeG2: point => encode(fromG2(point), G2_IDENTITY),

  hashToG1: (message, domain) => toG1(G1.hashToCurve(message, { DST: domain })),

  // One walk over all scalars that shares its doublings: up to a hundred terms faster than buckets.
  sumG1: terms =>
    toG1(
      mulAddUnsafe(
        G1.Point,
        terms.map(({ point }) => fromG1(point)),
        scalarsOf(terms),
      ),
    ),
  sumG2: terms =>
    toG2(
      mulAddUnsafe(
        G2.Point,
        terms.map(({ point }) => fromG2(point)),
        scalarsOf(terms),
      ),
    ),
  addG2: (left, right) => toG2(fromG2(left).add(fromG2(right))),

  evaluateG2(coefficients, index) {
    const [last, ...others] = coefficients.map(fromG2).reverse()
    let value = present(last, 'a coefficient')
    for (const coefficient of others) value = timesSmall(value, index).add(coefficient)
    return toG2(value)
  },

  prepare: point => toPrepared(utils.calcPairingPrecomputes(fromG2(point))),

  isSamePairing(left, right) {
    const pairs = [millerInput(left, false), millerInput(right, true)].filter(pair => pair !== null)
    const product = fields.Fp12.finalExponentiate(millerLoopBatch(pairs))
    return fields.Fp12.eql(product, fields.Fp12.ONE)
  },
}

/** The library checks curve and subgroup; that the point is none at infinity, and that these bytes are its one encoding, is ours. */
function decode<P extends { is0(): boolean; toBytes(): Uint8Array }>(
  Point: { fromBytes(bytes: Uint8Array): P },
  bytes: Uint8Array,
  length: number,
): P | null {
  if (bytes.length !== length) return null
  try {
    const point = Point.fromBytes(bytes)
    return point.is0() || !equalBytes(point.toBytes(), bytes) ? null : point
  } catch {
    return null
  }
}

/** The library writes its own identity, and throws for one that was computed, which a peer can bring about. */
function encode(point: { is0(): boolean; toBytes(): Uint8Array }, identity: Uint8Array): Uint8Array {
  return point.is0() ? identity.slice() : point.toBytes()
}

const scalarsOf = (terms: readonly Term<unknown>[]): bigint[] => terms.map(({ scalar }) => scalar)

/** Doubles and adds: for the few bits of a member's index nothing that makes tables is faster. */
function timesSmall(point: NobleG2, factor: number): NobleG2 {
  let product = point
  for (let bit = Math.floor(Math.log2(factor)) - 1; bit >= 0; bit--) {
    product = product.double()
    if (Math.floor(factor / 2 ** bit) % 2 === 1) product = product.add(point)
  }
  return product
}

/** @returns null for the identity, whose pairing is one */
function millerInput({ g1, g2 }: Pair, inverse: boolean): [Lines, bigint, bigint] | null {
  const point = fromG1(g1)
  if (point.is0()) return null
  const { x, y } = (inverse ? point.negate() : point).toAffine()
  return [fromPrepared(g2), x, y]
}
