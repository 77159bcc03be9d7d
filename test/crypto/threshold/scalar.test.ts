import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  drawPolynomial,
  drawScalar,
  encodeScalar,
  evaluatePolynomial,
  Fr,
  lagrangeAtZero,
  parseScalar,
} from '../../../src/crypto/threshold/scalar.ts'
import { fromHex } from '../../../src/lib/bytes.ts'
import { seededBytes, subsets } from './support.ts'

const order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

describe('scalars', () => {
  it('are integers below r, in 32 bytes and one way', () => {
    expect(Fr.ORDER).toBe(order)
    expect(parseScalar(encodeScalar(order - 1n))).toBe(order - 1n)
    expect(parseScalar(encodeScalar(0n))).toBe(0n)
    expect(parseScalar(encodeScalar(order))).toBeNull()
    expect(parseScalar(fromHex('ff'.repeat(32)))).toBeNull()
    expect(parseScalar(new Uint8Array(31))).toBeNull()
    expect(parseScalar(new Uint8Array(33))).toBeNull()
  })

  it('are drawn from the given source, all bytes of which count, and never zero', () => {
    expect(drawScalar(length => new Uint8Array(length))).toBe(1n)
    const base = seededBytes('a')(48)
    const drawn = new Set(
      Array.from({ length: 48 }, (_, at) =>
        drawScalar(() => base.map((byte, i) => (i === at ? byte ^ 1 : byte))),
      ),
    )
    expect(drawn.size).toBe(48)
  })
})

describe('Shamir’s sharing', () => {
  const values = fc.bigInt({ min: 0n, max: order - 1n })

  it('gives the secret from any threshold of shares, and not from one less', () => {
    // None is zero when it is drawn: that is what no share at all would give.
    const secrets = values.filter(secret => secret > 0n)
    fc.assert(
      fc.property(secrets, fc.integer({ min: 1, max: 5 }), fc.integer(), (secret, threshold, seed) => {
        const polynomial = drawPolynomial(secret, threshold, seededBytes(`${seed}`))
        expect(polynomial).toHaveLength(threshold)
        for (const subset of subsets(6, threshold)) expect(interpolate(polynomial, subset)).toBe(secret)
        for (const subset of subsets(6, threshold - 1))
          expect(interpolate(polynomial, subset)).not.toBe(secret)
      }),
      { numRuns: 20 },
    )
  })

  it('evaluates as a sum of powers', () => {
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 1_000 }),
        (cs, x) => {
          const sum = cs.reduce((total, c, k) => (total + c * BigInt(x) ** BigInt(k)) % order, 0n)
          expect(evaluatePolynomial(cs, x)).toBe(sum)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('refuses coordinates that give the secret away or say the same twice', () => {
    expect(() => evaluatePolynomial([1n, 2n], 0)).toThrow('no member')
    expect(() => evaluatePolynomial([1n, 2n], -1)).toThrow('no member')
    expect(() => lagrangeAtZero([1, 2, 0])).toThrow('from 1')
    expect(() => lagrangeAtZero([1, 2, 1])).toThrow('two values')
    expect(() => lagrangeAtZero([1, 2.5])).toThrow('from 1')
    expect(() => lagrangeAtZero([1, Number(2n ** 60n)])).toThrow('from 1')
  })

  function interpolate(polynomial: readonly bigint[], indices: readonly number[]): bigint {
    const coefficients = lagrangeAtZero(indices)
    return indices.reduce(
      (sum, index, i) =>
        Fr.add(sum, Fr.mul(evaluatePolynomial(polynomial, index), coefficients[i] as bigint)),
      0n,
    )
  }
})
