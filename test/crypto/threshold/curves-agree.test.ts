import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import type { G1Point, G2Point, PublicCurve, Term } from '../../../src/crypto/threshold/public-curve.ts'
import { drawScalar, Fr } from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf, SIGNATURE_DOMAIN, signMessage } from '../../../src/crypto/threshold/secret.ts'
import {
  createSignatureCombiner,
  createSignatureVerifier,
  type PartialSignature,
} from '../../../src/crypto/threshold/signature.ts'
import { present } from '../../../src/lib/assert.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { loadMclCurve } from '../../../src/node/mcl.ts'
import { createRandom, seedOfTest } from '../../processes/support/random.ts'
import { say } from '../../processes/support/say.ts'
import {
  drawHostile,
  type HostileEncoding,
  type HostileGroup,
  hostileG1,
  hostileG2,
} from './hostile-encodings.ts'
import { partialsOf, seededBytes, shareKey } from './support.ts'

/**
 * The fast curve against the reference: whatever the one takes, refuses or gives, the other does, or members that run the one and
 * members that run the other would part ways. `CURVE_ROUNDS` draws more.
 */
const ROUNDS = Number(process.env.CURVE_ROUNDS ?? 40)
const seed = seedOfTest(randomInt)
const random = seededBytes(`curves ${seed}`)
const chance = createRandom(seed)
const below = (count: number) => Math.floor(chance() * count)
const mclCurve = await loadMclCurve()
const curves: readonly PublicCurve[] = [nobleCurve, mclCurve]

/** What both give, which must be the same. */
function both<T>(ask: (curve: PublicCurve) => T, what: string): T {
  const [reference, other] = curves.map(ask) as [T, T]
  expect(other, what).toEqual(reference)
  return reference
}

const decodeG1 = (curve: PublicCurve, bytes: Uint8Array): G1Point => present(curve.decodeG1(bytes), 'a point')
const decodeG2 = (curve: PublicCurve, bytes: Uint8Array): G2Point => present(curve.decodeG2(bytes), 'a point')

describe('what is decoded, and what is refused', () => {
  it.each([hostileG1(random), hostileG2(random)])(
    'is the same in $name, as the same point',
    { timeout: 240_000 },
    group => {
      const verdicts = new Map<string, { taken: number; refused: number }>()
      const judge = ({ kind, bytes }: HostileEncoding) => {
        const encoded = both(curve => reencode(curve, group, bytes), `${kind} ${toHex(bytes)}`)
        // One encoding for each point: what is taken is what would be written.
        if (encoded !== null) expect(encoded).toBe(toHex(bytes))
        const verdict = verdicts.get(kind) ?? { taken: 0, refused: 0 }
        verdict[encoded === null ? 'refused' : 'taken']++
        verdicts.set(kind, verdict)
      }
      for (const encoding of group.smallOrder) judge(encoding)
      const drawn = 3 * ROUNDS
      for (let round = 0; round < drawn; round++)
        for (const encoding of drawHostile(group, random)) judge(encoding)
      const taken = [...verdicts].filter(([, verdict]) => verdict.taken > 0).map(([kind]) => kind)
      // Flipped bits give a proper point when they are the sign's, or by a chance of one in 2^100.
      expect(taken.sort()).toEqual(expect.arrayContaining(['other flags', 'proper', 'the other sign']))
      for (const kind of taken)
        expect([
          'proper',
          'the other sign',
          'other flags',
          'three bits',
          'a bit',
          'another length',
        ]).toContain(kind)
      expect(verdicts.get('proper')).toEqual({ taken: drawn, refused: 0 })
      expect(verdicts.size).toBe(12 + group.smallOrder.length)
      say(`${group.name}: ${drawn * 12 + group.smallOrder.length} encodings, taken of ${taken.join(', ')}`)
    },
  )
})

/** @returns null when refused */
function reencode(curve: PublicCurve, group: HostileGroup, bytes: Uint8Array): string | null {
  if (group.name === 'G1') {
    const point = curve.decodeG1(bytes)
    return point === null ? null : toHex(curve.encodeG1(point))
  }
  const point = curve.decodeG2(bytes)
  return point === null ? null : toHex(curve.encodeG2(point))
}

/** Scalars at which arithmetic breaks, and ones by chance; points that repeat, and that cancel. */
const edges = [0n, 1n, 2n, 3n, Fr.ORDER - 1n, Fr.ORDER - 2n, 2n ** 128n - 1n, 2n ** 128n, 2n ** 254n]
const anyScalar = () => (chance() < 0.3 ? (edges[below(edges.length)] ?? 1n) : drawScalar(random))
const anySecret = () => {
  const scalar = anyScalar()
  return scalar === 0n ? 5n : scalar
}
const rounds = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('what is computed', () => {
  it('hashes to the same points, under any tag', () => {
    for (const i of rounds(ROUNDS / 2)) {
      const message = random(below(300))
      const domain = i % 3 === 0 ? SIGNATURE_DOMAIN : `QUORATE-${'x'.repeat(below(280))}`
      both(curve => toHex(curve.encodeG1(curve.hashToG1(message, domain))), `${domain} ${toHex(message)}`)
    }
  })

  it('adds up to the same', () => {
    for (const i of rounds(ROUNDS / 6)) {
      const terms = rounds(below(i % 5 === 0 ? 80 : 6)).map(() => ({
        scalar: anyScalar(),
        secret: anySecret(),
      }))
      // The same point again, and its opposite with the same factor.
      const [first] = terms
      if (first !== undefined && chance() < 0.5)
        terms.push(first, { ...first, secret: Fr.ORDER - first.secret })
      const keys = terms.map(({ secret }) => publicKeyOf(secret))
      const signatures = terms.map(({ secret }) => signMessage(numberToBytes(secret), random(3)))
      const what = terms.map(({ scalar, secret }) => `${scalar}·${secret}`).join(' + ')
      both(curve => toHex(curve.encodeG2(curve.sumG2(termsOf(curve, decodeG2, terms, keys)))), what)
      both(curve => toHex(curve.encodeG1(curve.sumG1(termsOf(curve, decodeG1, terms, signatures)))), what)
    }
    const [one, other] = [publicKeyOf(77n), publicKeyOf(Fr.ORDER - 77n)]
    for (const [left, right] of [
      [one, other],
      [one, one],
    ] as const)
      both(curve => toHex(curve.encodeG2(curve.addG2(decodeG2(curve, left), decodeG2(curve, right)))), 'two')
  })

  it('evaluates to the same', () => {
    for (const i of rounds(ROUNDS / 6)) {
      const coefficients = rounds(1 + below(i % 5 === 0 ? 67 : 5)).map(() => publicKeyOf(anySecret()))
      const index = 1 + below(i % 2 === 0 ? 128 : 4)
      both(
        curve =>
          toHex(
            curve.encodeG2(
              curve.evaluateG2(
                coefficients.map(bytes => decodeG2(curve, bytes)),
                index,
              ),
            ),
          ),
        `at ${index}: ${coefficients.map(toHex).join(' ')}`,
      )
    }
  })

  it('finds the same pairings equal', () => {
    const verdicts: boolean[] = []
    for (const i of rounds(ROUNDS / 3)) {
      const [a, b, c] = [anySecret(), anySecret(), anySecret()]
      // e(a·P, b·Q) = e(d·P, c·Q) where d = a·b/c, or not quite.
      const d = Fr.mul(Fr.mul(a, b), Fr.inv(c))
      const moved = i % 2 === 0 ? d : Fr.add(d, BigInt(1 + below(3)))
      verdicts.push(
        both(curve => {
          const point = curve.hashToG1(
            random.length === 0 ? new Uint8Array(0) : new Uint8Array([i]),
            'pairings',
          )
          const of = (scalar: bigint) => curve.sumG1([{ scalar, point }])
          const key = (scalar: bigint) => curve.prepare(curve.sumG2([{ scalar, point: curve.generatorG2 }]))
          return curve.isSamePairing({ g1: of(a), g2: key(b) }, { g1: of(moved), g2: key(c) })
        }, `${a} ${b} ${c} ${moved}`),
      )
    }
    expect(verdicts).toEqual(verdicts.map((_, i) => i % 2 === 0))
  })
})

const numberToBytes = (scalar: bigint): Uint8Array => {
  const hex = scalar.toString(16).padStart(64, '0')
  return new Uint8Array(hex.match(/../g)?.map(byte => Number.parseInt(byte, 16)) ?? [])
}

function termsOf<Point>(
  curve: PublicCurve,
  decode: (curve: PublicCurve, bytes: Uint8Array) => Point,
  terms: readonly { readonly scalar: bigint }[],
  points: readonly Uint8Array[],
): readonly Term<Point>[] {
  return terms.map(({ scalar }, i) => ({ scalar, point: decode(curve, present(points[i], 'a point')) }))
}

describe('signatures', () => {
  it('are combined to the same, with the same culprits, and verified alike', { timeout: 240_000 }, () => {
    for (const i of rounds(ROUNDS / 10)) {
      const members = 1 + below(12)
      const threshold = 1 + below(members)
      const shared = shareKey(drawScalar(random), threshold, members, random)
      const message = random(1 + below(40))
      const indices = rounds(members).map(index => index + 1)
      const honest = partialsOf(shared.shares, indices, message)
      const group = hostileG1(random)
      const partials = honest.map(partial => (chance() < 0.3 ? spoiled(partial, group) : partial))
      const { signature } = both(
        curve =>
          createSignatureCombiner(curve, shared.sharing).combine(message, partials, seededBytes(`${i}`)),
        `${threshold} of ${members}`,
      )
      for (const candidate of [signature, honest[0]?.signature])
        if (candidate !== null && candidate !== undefined)
          both(
            curve => createSignatureVerifier(curve, shared.sharing.publicKey)?.verify(message, candidate),
            toHex(candidate),
          )
    }
  })

  it('are verified together alike', () => {
    const secret = drawScalar(random)
    const signed = rounds(40).map(i => {
      const message = random(8)
      return { message, signature: signMessage(numberToBytes(secret), i === 39 ? random(8) : message) }
    })
    for (const count of [0, 1, 39, 40]) {
      const verdict = both(
        curve =>
          createSignatureVerifier(curve, publicKeyOf(secret))?.verifyAll(
            signed.slice(0, count),
            seededBytes('all'),
          ),
        `${count} together`,
      )
      expect(verdict).toBe(count < 40)
    }
  })
})

function spoiled(partial: PartialSignature, group: HostileGroup): PartialSignature {
  const kinds = [...drawHostile(group, random), ...group.smallOrder]
  return { ...partial, signature: kinds[below(kinds.length)]?.bytes ?? new Uint8Array(0) }
}
