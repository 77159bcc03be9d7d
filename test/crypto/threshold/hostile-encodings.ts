import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import type { RandomBytes } from '../../../src/crypto/threshold/scalar.ts'
import { concatBytes } from '../../../src/lib/bytes.ts'

/**
 * Bytes that somebody may send for a point: proper ones, and ones that differ in the way in which decoders were found wrong before. Whether a decoder
 * takes them is not said here.
 */
export interface HostileEncoding {
  readonly kind: string
  readonly bytes: Uint8Array
}

/** How a point is drawn and written in one of the two groups. */
export interface HostileGroup {
  readonly name: 'G1' | 'G2'
  readonly lengthBytes: number
  /** Any on the curve, hardly ever in the subgroup. */
  drawOnCurve(random: RandomBytes): Uint8Array
  drawInSubgroup(random: RandomBytes): Uint8Array
  /** Of an order that divides the cofactor, alone and added to one of the subgroup: what a shortened check of the order may miss. */
  readonly smallOrder: readonly HostileEncoding[]
}

const { G1, G2, fields } = bls12_381
const { Fp, Fp2 } = fields
const P = Fp.ORDER

interface Group<P> {
  add(other: P): P
  double(): P
  is0(): boolean
  toBytes(): Uint8Array
}

export function hostileG1(random: RandomBytes): HostileGroup {
  const draw = () => drawPoint(random, onG1)
  const inSubgroup = (source: RandomBytes) => G1.Point.BASE.multiplyUnsafe(drawSmall(source))
  return {
    name: 'G1',
    lengthBytes: 48,
    drawOnCurve: source => encodeG1(drawPoint(source, onG1)),
    drawInSubgroup: source => inSubgroup(source).toBytes(),
    smallOrder: smallOrder(draw, inSubgroup(random), encodeG1, {
      order: G1.Point.CURVE().h * G1.Point.Fn.ORDER,
      primes: [3n, 11n, 10_177n, 859_267n, 52_437_899n],
      zero: G1.Point.ZERO,
    }),
  }
}

export function hostileG2(random: RandomBytes): HostileGroup {
  const draw = () => drawPoint(random, onG2)
  const inSubgroup = (source: RandomBytes) => G2.Point.BASE.multiplyUnsafe(drawSmall(source))
  return {
    name: 'G2',
    lengthBytes: 96,
    drawOnCurve: source => encodeG2(drawPoint(source, onG2)),
    drawInSubgroup: source => inSubgroup(source).toBytes(),
    smallOrder: smallOrder(draw, inSubgroup(random), encodeG2, {
      order: G2.Point.CURVE().h * G2.Point.Fn.ORDER,
      primes: [13n, 23n, 2_713n, 11_953n, 262_069n],
      zero: G2.Point.ZERO,
    }),
  }
}

/** One of each kind, drawn anew. */
export function drawHostile(group: HostileGroup, random: RandomBytes): readonly HostileEncoding[] {
  const proper = group.drawInSubgroup(random)
  const outside = group.drawOnCurve(random)
  const pick = (below: number) => Number(bytesToNumberBE(random(4))) % below
  const flip = (bytes: Uint8Array, bits: number) => {
    const flipped = bytes.slice()
    for (let i = 0; i < bits; i++) {
      const bit = pick(bytes.length * 8)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
    return flipped
  }
  const flagged = (bytes: Uint8Array, flags: number) =>
    bytes.map((byte, i) => (i === 0 ? (byte & 0x1f) | flags : byte))
  const half = group.lengthBytes / 48
  const tooLarge = concatBytes(
    ...Array.from({ length: half }, (_, i) => numberToBytesBE(i === pick(half) ? drawAbove(random) : 7n, 48)),
  )
  const [first = proper] = [numberToBytesBE((xOf(proper) + P) % 2n ** 381n, 48)]
  return [
    { kind: 'proper', bytes: proper },
    { kind: 'the other sign', bytes: proper.map((byte, i) => (i === 0 ? byte ^ 0x20 : byte)) },
    { kind: 'a bit', bytes: flip(proper, 1) },
    { kind: 'three bits', bytes: flip(proper, 3) },
    { kind: 'other flags', bytes: flagged(proper, pick(8) << 5) },
    { kind: 'on the curve', bytes: outside },
    { kind: 'on the curve, a bit', bytes: flip(outside, 1) },
    { kind: 'x is p or more', bytes: flagged(tooLarge, pick(8) << 5) },
    {
      kind: 'x + p',
      bytes: flagged(concatBytes(first, proper.slice(48)), (proper[0] ?? 0) & 0xe0),
    },
    { kind: 'random', bytes: flagged(random(group.lengthBytes), pick(8) << 5) },
    {
      kind: 'almost the identity',
      bytes: flip(flagged(new Uint8Array(group.lengthBytes), pick(2) === 0 ? 0xc0 : 0xe0), pick(2)),
    },
    { kind: 'another length', bytes: concatBytes(proper, random(8)).slice(0, pick(group.lengthBytes + 8)) },
  ]
}

const xOf = (bytes: Uint8Array): bigint => bytesToNumberBE(bytes.slice(0, 48)) % 2n ** 381n

/** From p to the largest number that 381 bits hold, the bounds more often than others. */
function drawAbove(random: RandomBytes): bigint {
  const above = [P, P + 1n, 2n ** 381n - 1n, P + (bytesToNumberBE(random(48)) % (2n ** 381n - P))]
  return above[(random(1)[0] ?? 0) % above.length] ?? P
}

/** 64 bits: enough for points that differ, and quick. */
const drawSmall = (random: RandomBytes): bigint => bytesToNumberBE(random(8)) + 1n

function onG1(random: RandomBytes) {
  const x = Fp.create(bytesToNumberBE(random(48)))
  const y = Fp.sqrt(Fp.add(Fp.pow(x, 3n), 4n))
  return G1.Point.fromAffine({ x, y })
}

function onG2(random: RandomBytes) {
  const x = Fp2.fromBigTuple([Fp.create(bytesToNumberBE(random(48))), Fp.create(bytesToNumberBE(random(48)))])
  const y = Fp2.sqrt(Fp2.add(Fp2.pow(x, 3n), Fp2.fromBigTuple([4n, 4n])))
  return G2.Point.fromAffine({ x, y })
}

/** Every second x has no point. */
function drawPoint<P>(random: RandomBytes, on: (random: RandomBytes) => P): P {
  for (;;)
    try {
      return on(random)
    } catch {}
}

/** The library writes what it has proven only; this writes any point but the identity. */
function encodeG1(point: typeof G1.Point.ZERO): Uint8Array {
  const { x, y } = point.toAffine()
  return withSign(numberToBytesBE(x, 48), y > (P - 1n) / 2n)
}

function encodeG2(point: typeof G2.Point.ZERO): Uint8Array {
  const { x, y } = point.toAffine()
  const isLarger = y.c1 === 0n ? y.c0 > (P - 1n) / 2n : y.c1 > (P - 1n) / 2n
  return withSign(concatBytes(numberToBytesBE(x.c1, 48), numberToBytesBE(x.c0, 48)), isLarger)
}

const withSign = (bytes: Uint8Array, isLarger: boolean): Uint8Array =>
  bytes.map((byte, i) => (i === 0 ? byte | (isLarger ? 0xa0 : 0x80) : byte))

function smallOrder<P extends Group<P>>(
  draw: () => P,
  proper: P,
  encode: (point: P) => Uint8Array,
  { order, primes, zero }: { order: bigint; primes: readonly bigint[]; zero: P },
): readonly HostileEncoding[] {
  return primes.flatMap(prime => {
    let rest = order
    while (rest % prime === 0n) rest /= prime
    let point = zero
    while (point.is0()) point = times(draw(), rest, zero)
    for (let next = times(point, prime, zero); !next.is0(); next = times(point, prime, zero)) point = next
    return [
      { kind: `of order ${prime}`, bytes: encode(point) },
      { kind: `plus one of order ${prime}`, bytes: encode(proper.add(point)) },
    ]
  })
}

/** For factors beyond the order of the subgroup, which the library refuses. */
function times<P extends Group<P>>(point: P, factor: bigint, zero: P): P {
  let product = zero
  for (const bit of factor.toString(2)) {
    product = product.double()
    if (bit === '1') product = product.add(point)
  }
  return product
}
