import { getMemory } from 'mcl-wasm'
import { describe, expect, it } from 'vitest'
import { selfTestCurve } from '../../src/crypto/threshold/curve-self-test.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../../src/crypto/threshold/public-curve.ts'
import { drawScalar, Fr } from '../../src/crypto/threshold/scalar.ts'
import { SIGNATURE_DOMAIN } from '../../src/crypto/threshold/secret.ts'
import { chooseCurve, loadMclCurve, MclError } from '../../src/node/mcl.ts'
import { seededBytes } from '../crypto/threshold/support.ts'

const mclCurve = await loadMclCurve()

describe('the fast curve', () => {
  it('is chosen here', async () => {
    expect(await chooseCurve()).toMatchObject({ name: 'mcl', reason: null })
  })

  it('loaded again it is the same library, and what was prepared before still serves', async () => {
    const { generatorG2 } = mclCurve
    const point = mclCurve.hashToG1(new Uint8Array(3), SIGNATURE_DOMAIN)
    const once = { g1: point, g2: mclCurve.prepare(generatorG2) }
    const twice = { g1: point, g2: mclCurve.prepare(mclCurve.addG2(generatorG2, generatorG2)) }
    const doubled = { ...once, g1: mclCurve.sumG1([{ scalar: 2n, point }]) }
    const check = () => {
      expect(mclCurve.isSamePairing(doubled, twice)).toBe(true)
      expect(mclCurve.isSamePairing(once, twice)).toBe(false)
    }
    check()
    const again = await loadMclCurve()
    expect(again.isSamePairing(doubled, twice)).toBe(true)
    check()
  })

  it.each([
    [
      new MclError('absent', 'mcl-wasm cannot be loaded: no such package'),
      'mcl-wasm cannot be loaded: no such package',
    ],
    ['something that is no error', 'something that is no error'],
  ])('gives way to the portable one when it is not there: %s', async (failure, reason) => {
    const load = () => Promise.reject(failure)
    expect(await chooseCurve(load)).toEqual({ curve: nobleCurve, name: 'noble', reason })
  })
})

describe('the self-test', () => {
  const curves: readonly (readonly [string, PublicCurve])[] = [
    ['noble', nobleCurve],
    ['mcl', mclCurve],
  ]

  it.each(curves)('finds nothing wrong with %s', (_, curve) => {
    expect(selfTestCurve(curve)).toBeNull()
  })

  const identity = (length: number) => new Uint8Array(length).with(0, 0xc0)
  const defects: Record<string, (curve: PublicCurve) => Partial<PublicCurve>> = {
    'takes the identity of G1': curve => ({
      decodeG1: bytes => (bytes[0] === 0xc0 ? curve.sumG1([]) : curve.decodeG1(bytes)),
    }),
    'takes the identity of G2': curve => ({
      decodeG2: bytes => (bytes[0] === 0xc0 ? curve.sumG2([]) : curve.decodeG2(bytes)),
    }),
    'takes what is no point': curve => ({ decodeG1: bytes => curve.decodeG1(bytes) ?? curve.sumG1([]) }),
    'hashes under a tag of its own': curve => ({
      hashToG1: message => curve.hashToG1(message, SIGNATURE_DOMAIN.replace('NUL', 'POP')),
    }),
    'finds everything right': () => ({ isSamePairing: () => true }),
    'finds nothing right': () => ({ isSamePairing: () => false }),
    'multiplies by less in G2': curve => ({
      sumG2: terms => curve.sumG2(terms.map(term => ({ ...term, scalar: term.scalar % 2n ** 254n }))),
    }),
    'multiplies by less': curve => ({
      sumG1: terms => curve.sumG1(terms.map(term => ({ ...term, scalar: term.scalar % 2n ** 254n }))),
    }),
    'evaluates elsewhere': curve => ({ evaluateG2: (points, index) => curve.evaluateG2(points, index + 1) }),
    'writes the identity for everything': () => ({ encodeG1: () => identity(48) }),
    throws: () => ({
      decodeG2: () => {
        throw new Error('out of memory')
      },
    }),
  }

  it.each(Object.keys(defects))('finds a curve that %s', name => {
    for (const [, curve] of curves) {
      const defective = { ...curve, ...defects[name]?.(curve) }
      expect(selfTestCurve(defective)).toMatch(name === 'throws' ? 'out of memory' : 'does not')
    }
  })
})

describe('memory', () => {
  const bytes = () => getMemory().buffer.byteLength
  const point = mclCurve.hashToG1(new Uint8Array(0), SIGNATURE_DOMAIN)

  it('does not grow with the keys that were prepared, and the oldest of them still serves', () => {
    const keys = Array.from({ length: 200 }, (_, i) =>
      mclCurve.sumG2([{ scalar: BigInt(i + 1), point: mclCurve.generatorG2 }]),
    )
    const generator = mclCurve.prepare(mclCurve.generatorG2)
    const check = (key: (typeof keys)[number], i: number) => {
      const multiple = mclCurve.sumG1([{ scalar: BigInt(i + 1), point }])
      return mclCurve.isSamePairing({ g1: point, g2: mclCurve.prepare(key) }, { g1: multiple, g2: generator })
    }
    expect(keys.slice(0, 100).every(check)).toBe(true)
    const before = bytes()
    // 200 of them are 4 MB.
    expect(keys.every(check)).toBe(true)
    expect(bytes()).toBe(before)
  })

  it('nor is more of the stack asked for than there is', () => {
    const random = seededBytes('terms')
    const scalars = Array.from({ length: 4_500 }, () => drawScalar(random))
    const total = scalars.reduce((sum, scalar) => Fr.add(sum, scalar), 0n)
    const sum = mclCurve.sumG2(scalars.map(scalar => ({ scalar, point: mclCurve.generatorG2 })))
    const expected = mclCurve.sumG2([{ scalar: total, point: mclCurve.generatorG2 }])
    expect(mclCurve.encodeG2(sum)).toEqual(mclCurve.encodeG2(expected))
  })
})
