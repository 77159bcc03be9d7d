import { readFileSync } from 'node:fs'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { numberToBytesBE } from '@noble/curves/utils.js'
import { describe, expect, it } from 'vitest'
import {
  G1_IDENTITY,
  type G1Point,
  G2_IDENTITY,
  type G2Point,
  type PublicCurve,
  type Term,
} from '../../../src/crypto/threshold/public-curve.ts'
import { drawScalar, Fr } from '../../../src/crypto/threshold/scalar.ts'
import { SIGNATURE_DOMAIN } from '../../../src/crypto/threshold/secret.ts'
import { present } from '../../../src/lib/assert.ts'
import { fromHex, toHex, utf8 } from '../../../src/lib/bytes.ts'
import { seededBytes } from './support.ts'

const { G1, G2, pairing, fields } = bls12_381

/** What every implementation of the curve has to keep. The expectations come from standards and from the slow and plain way. */
export function publicCurveSuite(name: string, curve: PublicCurve): void {
  const random = seededBytes(name)
  const scalars = [0n, 1n, 2n, Fr.ORDER - 1n, ...Array.from({ length: 4 }, () => drawScalar(random))]
  const g1 = (scalar: bigint) => G1.Point.BASE.multiplyUnsafe(scalar)
  const g2 = (scalar: bigint) => G2.Point.BASE.multiplyUnsafe(scalar)
  const decodeG1 = (scalar: bigint): G1Point => present(curve.decodeG1(g1(scalar).toBytes()), 'a point')
  const decodeG2 = (scalar: bigint): G2Point => present(curve.decodeG2(g2(scalar).toBytes()), 'a point')

  describe(`${name}, as a curve for public data`, () => {
    it('hashes as RFC 9380 §J.9.1', () => {
      const { dst, vectors } = readVectors('rfc9380-g1')
      for (const { msg, P } of vectors) {
        const { x, y } = G1.Point.fromBytes(curve.encodeG1(curve.hashToG1(utf8(msg), dst))).toAffine()
        expect([x, y]).toEqual([BigInt(`0x${P.x}`), BigInt(`0x${P.y}`)])
      }
      expect(vectors).toHaveLength(5)
    })

    it('encodes and decodes, each point in one way', () => {
      for (const scalar of scalars.slice(1)) {
        expect(toHex(curve.encodeG1(decodeG1(scalar)))).toBe(g1(scalar).toHex())
        expect(toHex(curve.encodeG2(decodeG2(scalar)))).toBe(g2(scalar).toHex())
      }
      expect(toHex(curve.encodeG2(curve.generatorG2))).toBe(G2.Point.BASE.toHex())
    })

    it('refuses the identity, what is outside the subgroup, and what is no point or not its encoding', () => {
      const { vectors } = readVectors('negative-encodings')
      for (const { group, hex } of vectors)
        expect(group === 'G1' ? curve.decodeG1(fromHex(hex)) : curve.decodeG2(fromHex(hex))).toBeNull()
      const good1 = g1(5n).toBytes()
      const good2 = g2(5n).toBytes()
      // For every fourth point x + p still fits into 381 bits: a second encoding, for a decoder that reduces.
      const small = present(
        [5n, 6n, 7n, 8n, 9n, 10n, 11n].map(g1).find(({ x }) => x + fields.Fp.ORDER < 2n ** 381n),
        'a small x',
      )
      const notReduced = numberToBytesBE(small.x + fields.Fp.ORDER, 48)
      notReduced[0] = (notReduced[0] as number) | ((small.toBytes()[0] as number) & 0xe0)
      const bad = (good: Uint8Array) => [
        good.slice(1),
        new Uint8Array([...good, 0]),
        new Uint8Array(good.length),
        good.map((byte, i) => (i === 0 ? byte & 0x7f : byte)),
        good.map((byte, i) => (i === 0 ? byte | 0x40 : byte)),
        good.map((_, i) => (i === 0 ? 0xe0 : 0)),
      ]
      expect(() => G2.Point.fromBytes(outsideG2())).toThrow('not in prime-order subgroup')
      for (const bytes of [...bad(good1), notReduced, good2]) expect(curve.decodeG1(bytes)).toBeNull()
      for (const bytes of [...bad(good2), good1, outsideG2()]) expect(curve.decodeG2(bytes)).toBeNull()
    })

    it('adds up as one by one', () => {
      for (const count of [0, 1, 2, 5, scalars.length]) {
        const chosen = scalars.slice(0, count)
        const terms1: Term<G1Point>[] = chosen.map((scalar, i) => ({
          scalar,
          point: decodeG1(BigInt(i + 3)),
        }))
        const terms2: Term<G2Point>[] = chosen.map((scalar, i) => ({
          scalar,
          point: decodeG2(BigInt(i + 3)),
        }))
        const total = chosen.reduce((sum, scalar, i) => Fr.add(sum, Fr.mul(scalar, BigInt(i + 3))), 0n)
        expect(toHex(curve.encodeG1(curve.sumG1(terms1)))).toBe(g1(total).toHex())
        expect(toHex(curve.encodeG2(curve.sumG2(terms2)))).toBe(g2(total).toHex())
      }
      expect(toHex(curve.encodeG2(curve.addG2(decodeG2(4n), decodeG2(9n))))).toBe(g2(13n).toHex())
    })

    it('writes the identity, however it came about', () => {
      const [one, minusOne] = [Fr.ORDER - 3n, 3n]
      const cancelling1 = [one, minusOne].map(scalar => ({ scalar, point: decodeG1(5n) }))
      const cancelling2 = [one, minusOne].map(scalar => ({ scalar, point: decodeG2(5n) }))
      for (const terms of [cancelling1, [], [{ scalar: 0n, point: decodeG1(5n) }]])
        expect(curve.encodeG1(curve.sumG1(terms))).toEqual(G1_IDENTITY)
      for (const terms of [cancelling2, [], [{ scalar: 0n, point: decodeG2(5n) }]])
        expect(curve.encodeG2(curve.sumG2(terms))).toEqual(G2_IDENTITY)
      const opposite = curve.addG2(decodeG2(5n), decodeG2(Fr.ORDER - 5n))
      expect(curve.encodeG2(opposite)).toEqual(G2_IDENTITY)
      // 6 - 5x + x² is zero at 2 and at 3.
      const polynomial = [6n, Fr.ORDER - 5n, 1n].map(decodeG2)
      for (const index of [2, 3])
        expect(curve.encodeG2(curve.evaluateG2(polynomial, index))).toEqual(G2_IDENTITY)
      expect(toHex(curve.encodeG2(curve.addG2(opposite, decodeG2(7n))))).toBe(g2(7n).toHex())
      expect(toHex(curve.encodeG2(curve.evaluateG2([decodeG2(7n), opposite], 5)))).toBe(g2(7n).toHex())
    })

    it('evaluates polynomials in the exponent', () => {
      const coefficients = scalars.slice(3)
      for (const index of [1, 2, 3, 7, 64, 100]) {
        const value = coefficients.reduceRight((sum, c) => Fr.add(Fr.mul(sum, BigInt(index)), c), 0n)
        const evaluated = curve.evaluateG2(coefficients.map(decodeG2), index)
        expect(toHex(curve.encodeG2(evaluated))).toBe(g2(value).toHex())
      }
    })

    it('compares pairings', () => {
      const generator = curve.prepare(curve.generatorG2)
      const left = { g1: decodeG1(6n), g2: curve.prepare(decodeG2(7n)) }
      expect(curve.isSamePairing(left, { g1: decodeG1(42n), g2: generator })).toBe(true)
      expect(curve.isSamePairing(left, { g1: decodeG1(43n), g2: generator })).toBe(false)
      expect(curve.isSamePairing({ g1: decodeG1(42n), g2: generator }, left)).toBe(true)
      const plain = fields.Fp12.eql(pairing(g1(6n), g2(7n)), pairing(g1(42n), g2(1n)))
      expect(plain).toBe(true)
      const nothing = curve.sumG1([])
      expect(curve.isSamePairing({ g1: nothing, g2: generator }, { g1: nothing, g2: generator })).toBe(true)
      expect(curve.isSamePairing({ g1: nothing, g2: generator }, left)).toBe(false)
    })

    it('finds published beacons right, and so agrees with other implementations', () => {
      const { chainInfo, rounds } = readVectors('drand-quicknet')
      const key = curve.prepare(present(curve.decodeG2(fromHex(chainInfo.publicKey)), 'the key'))
      const generator = curve.prepare(curve.generatorG2)
      const holds = (signature: string, message: string, domain = SIGNATURE_DOMAIN) =>
        curve.isSamePairing(
          { g1: present(curve.decodeG1(fromHex(signature)), 'a signature'), g2: generator },
          { g1: curve.hashToG1(fromHex(message), domain), g2: key },
        )
      for (const { signature, message } of rounds) expect(holds(signature, message)).toBe(true)
      const [first, second] = rounds as [{ signature: string; message: string }, { message: string }]
      expect(holds(first.signature, second.message)).toBe(false)
      for (const tag of [
        'G1_XMD:SHA-256_SSWU_RO_POP_',
        'G1_XMD:SHA-256_SSWU_RO_AUG_',
        'G2_XMD:SHA-256_SSWU_RO_NUL_',
      ])
        expect(holds(first.signature, first.message, `BLS_SIG_BLS12381${tag}`)).toBe(false)
    })
  })
}

/** @returns the file's JSON, whose shape its description tells */
// biome-ignore lint/suspicious/noExplicitAny: known answers, each file of another shape
export function readVectors(name: string): any {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'))
}

/** The point with x = 2 lies on the curve of G2 and outside G2. @returns 96 bytes */
export function outsideG2(): Uint8Array {
  const bytes = new Uint8Array(96)
  bytes[0] = 0x80
  bytes[95] = 2
  return bytes
}
