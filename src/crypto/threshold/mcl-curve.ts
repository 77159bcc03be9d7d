import { hash_to_field } from '@noble/curves/abstract/hash-to-curve.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { numberToBytesBE } from '@noble/curves/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { present } from '../../lib/assert.ts'
import { equalBytes } from '../../lib/bytes.ts'
import {
  G1_BYTES,
  type G1Point,
  G2_BYTES,
  type G2Point,
  type PreparedG2,
  type PublicCurve,
  type Term,
} from './public-curve.ts'
import { encodeScalar } from './scalar.ts'

/**
 * The curve by mcl, a library in C++ that comes as WebAssembly: several times faster than the portable one. Public data only;
 * nothing is known of the time that its steps take.
 *
 * The library decodes the identity, and hashes to the curve under one tag of its own. So whatever is decoded is encoded again
 * and compared, and hashing to the field is done here. Its points are values in JavaScript's memory. What it precomputes for
 * pairings lies in memory of its own that nobody collects; that is kept in a cache of a fixed size, and made again when it was
 * evicted, so that callers release nothing.
 */
export interface MclLibrary {
  readonly Fr: new () => MclScalar
  readonly Fp: new () => MclFieldElement
  readonly G1: new () => MclPoint
  readonly G2: new () => MclPoint
  readonly PrecomputedG2: new (point: MclPoint) => MclLines
  add(left: MclPoint, right: MclPoint): MclPoint
  dbl(point: MclPoint): MclPoint
  neg(point: MclPoint): MclPoint
  mulVec(points: MclPoint[], scalars: MclScalar[]): MclPoint
  precomputedMillerLoop2(
    left: MclPoint,
    leftLines: MclLines,
    right: MclPoint,
    rightLines: MclLines,
  ): MclPairing
  finalExp(value: MclPairing): MclPairing
}

interface MclPoint {
  /** @throws Error for what is no point, or outside the subgroup */
  deserialize(bytes: Uint8Array): void
  serialize(): Uint8Array
  isZero(): boolean
}

interface MclScalar {
  setBigEndianMod(bytes: Uint8Array): void
}

interface MclFieldElement {
  setBigEndianMod(bytes: Uint8Array): void
  /** Simplified SWU, the isogeny, and out of the cofactor: RFC 9380 §6.6.3. */
  mapToG1(): MclPoint
}

interface MclLines {
  destroy(): void
}

interface MclPairing {
  isOne(): boolean
}

const {
  G2,
  fields: { Fp },
} = bls12_381

/** 20 kB each: the generator, keys of a few epochs, and some members' public shares. */
const LINES_MAX = 64
/** The library lays operands on a stack of 1 MiB: 320 bytes for a term in G2. */
const TERMS_MAX = 1_024

// The port's points are opaque: these are the only places that look inside. A prepared point is the point, under which its lines are kept.
const toG1 = (point: MclPoint) => point as unknown as G1Point
const toG2 = (point: MclPoint) => point as unknown as G2Point
const inside = (point: G1Point | G2Point | PreparedG2) => point as unknown as MclPoint

/**
 * @param library initialised for BLS12-381, with Ethereum's serialisation (which is ZCash's), mapping as in RFC 9380, and checks of
 * the order in both groups. These settings are global to the library: nobody else in the process may change them.
 */
export function createMclCurve(library: MclLibrary): PublicCurve {
  const lines = createLinesCache(library)
  const decodeG1 = (bytes: Uint8Array) => decode(new library.G1(), bytes, G1_BYTES)
  const decodeG2 = (bytes: Uint8Array) => decode(new library.G2(), bytes, G2_BYTES)
  return {
    generatorG2: toG2(present(decodeG2(G2.Point.BASE.toBytes()), 'the generator')),

    decodeG1(bytes) {
      const point = decodeG1(bytes)
      return point === null ? null : toG1(point)
    },
    decodeG2(bytes) {
      const point = decodeG2(bytes)
      return point === null ? null : toG2(point)
    },
    encodeG1: point => inside(point).serialize(),
    encodeG2: point => inside(point).serialize(),

    hashToG1(message, domain) {
      const elements = hash_to_field(message, 2, { ...HASH_TO_FIELD, DST: domain })
      const [first, second] = elements.map(([element]) => mapToG1(library, present(element, 'an element')))
      return toG1(library.add(present(first, 'a point'), present(second, 'a point')))
    },

    sumG1: terms => toG1(sum(library, new library.G1(), terms)),
    sumG2: terms => toG2(sum(library, new library.G2(), terms)),
    addG2: (left, right) => toG2(library.add(inside(left), inside(right))),

    evaluateG2(coefficients, index) {
      const [last, ...others] = coefficients.map(inside).reverse()
      let value = present(last, 'a coefficient')
      for (const coefficient of others) value = library.add(timesSmall(library, value, index), coefficient)
      return toG2(value)
    },

    prepare: point => point as unknown as PreparedG2,

    isSamePairing(left, right) {
      const leftG1 = inside(left.g1)
      const rightG1 = inside(right.g1)
      // Prepared points are not the identity, so a pairing is one just when the G1 side is.
      if (leftG1.isZero() || rightG1.isZero()) return leftG1.isZero() && rightG1.isZero()
      const [leftLines, rightLines] = lines(inside(left.g2), inside(right.g2))
      const product = library.precomputedMillerLoop2(leftG1, leftLines, library.neg(rightG1), rightLines)
      return library.finalExp(product).isOne()
    },
  }
}

/** RFC 9380 §8.8.1 */
const HASH_TO_FIELD = { p: Fp.ORDER, m: 1, k: 128, expand: 'xmd', hash: sha256 } as const

function mapToG1(library: MclLibrary, element: bigint): MclPoint {
  const field = new library.Fp()
  field.setBigEndianMod(numberToBytesBE(element, Fp.BYTES))
  return field.mapToG1()
}

function decode(point: MclPoint, bytes: Uint8Array, length: number): MclPoint | null {
  if (bytes.length !== length) return null
  try {
    point.deserialize(bytes)
  } catch {
    return null
  }
  return point.isZero() || !equalBytes(point.serialize(), bytes) ? null : point
}

/** @param zero the identity of the group */
function sum(library: MclLibrary, zero: MclPoint, terms: readonly Term<G1Point | G2Point>[]): MclPoint {
  let total = zero
  for (let start = 0; start < terms.length; start += TERMS_MAX) {
    const some = terms.slice(start, start + TERMS_MAX)
    const points = some.map(({ point }) => inside(point))
    const scalars = some.map(({ scalar }) => {
      const factor = new library.Fr()
      factor.setBigEndianMod(encodeScalar(scalar))
      return factor
    })
    total = library.add(total, library.mulVec(points, scalars))
  }
  return total
}

/** Doubles and adds: for the few bits of a member's index three times as fast as the library's polynomials. */
function timesSmall(library: MclLibrary, point: MclPoint, factor: number): MclPoint {
  let product = point
  for (let bit = Math.floor(Math.log2(factor)) - 1; bit >= 0; bit--) {
    product = library.dbl(product)
    if (Math.floor(factor / 2 ** bit) % 2 === 1) product = library.add(product, point)
  }
  return product
}

/** Lines for two points at a time: those that were used longest ago give their memory back, never one of the two. */
function createLinesCache(
  library: MclLibrary,
): (left: MclPoint, right: MclPoint) => readonly [MclLines, MclLines] {
  const oldestFirst = new Map<MclPoint, MclLines>()
  const linesOf = (point: MclPoint) => {
    const lines = oldestFirst.get(point) ?? new library.PrecomputedG2(point)
    oldestFirst.delete(point)
    oldestFirst.set(point, lines)
    return lines
  }
  return (left, right) => {
    const both = [linesOf(left), linesOf(right)] as const
    for (const [point, lines] of oldestFirst) {
      if (oldestFirst.size <= LINES_MAX) break
      oldestFirst.delete(point)
      lines.destroy()
    }
    return both
  }
}
