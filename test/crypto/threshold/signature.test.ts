import { bls12_381 } from '@noble/curves/bls12-381.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/crypto/hash.ts'
import { provePartial, verifyPartialProof } from '../../../src/crypto/threshold/proof.ts'
import { G1_IDENTITY, G2_IDENTITY } from '../../../src/crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf, SIGNATURE_DOMAIN, signMessage } from '../../../src/crypto/threshold/secret.ts'
import {
  createSignatureCombiner,
  createSignatureVerifier,
  keyIdOf,
  type PartialSignature,
  type SignatureVerifier,
} from '../../../src/crypto/threshold/signature.ts'
import { present } from '../../../src/lib/assert.ts'
import { concatBytes, fromHex, toHex, u64, utf8 } from '../../../src/lib/bytes.ts'
import { outsideG2, readVectors } from './public-curve-suite.ts'
import { curve, partialsOf, seededBytes, shareKey, subsets } from './support.ts'

const verifierOf = (publicKey: Uint8Array): SignatureVerifier =>
  present(createSignatureVerifier(curve, publicKey), 'a key')

describe('signatures', () => {
  it('are those of the published vectors (min-sig)', () => {
    const { dst, vectors } = readVectors('bls-min-sig')
    expect(SIGNATURE_DOMAIN).toBe(dst)
    for (const { secretKey, message, signature } of vectors) {
      const secret = fromHex(secretKey)
      expect(toHex(signMessage(secret, fromHex(message)))).toBe(signature)
      const verifier = verifierOf(publicKeyOf(BigInt(`0x${secretKey}`)))
      expect(verifier.verify(fromHex(message), fromHex(signature))).toBe(true)
      expect(verifier.verify(utf8('another'), fromHex(signature))).toBe(false)
    }
    expect(vectors).toHaveLength(2)
  })

  describe('of drand quicknet', () => {
    const { chainInfo, rounds } = readVectors('drand-quicknet')
    const verifier = verifierOf(fromHex(chainInfo.publicKey))
    const signed = rounds.map((round: { round: number; signature: string }) => ({
      message: sha256(u64(round.round)),
      signature: fromHex(round.signature),
    }))

    it('hold, each for its round, with the published randomness', () => {
      for (const [i, { message, signature }] of signed.entries()) {
        expect(toHex(message)).toBe(rounds[i].message)
        expect(verifier.verify(message, signature)).toBe(true)
        expect(verifier.verify(signed[(i + 1) % signed.length].message, signature)).toBe(false)
        expect(toHex(sha256(signature))).toBe(rounds[i].randomness)
      }
      expect(signed).toHaveLength(4)
    })

    it('hold all at once, and none is lost in the crowd', () => {
      const random = seededBytes('quicknet')
      expect(verifier.verifyAll(signed, random)).toBe(true)
      expect(verifier.verifyAll([], random)).toBe(true)
      for (let i = 0; i < signed.length; i++) {
        const wrong = signed.with(i, { ...signed[i], message: utf8('another') })
        expect(verifier.verifyAll(wrong, random)).toBe(false)
      }
      expect(verifier.verifyAll([...signed, { message: utf8('a'), signature: G1_IDENTITY }], random)).toBe(
        false,
      )
    })

    it('may not be exchanged for others with the same sum', () => {
      const { G1 } = bls12_381
      const difference = G1.Point.BASE
      const [a, b] = signed
      const moved = [
        { ...a, signature: G1.Point.fromBytes(a.signature).add(difference).toBytes() },
        { ...b, signature: G1.Point.fromBytes(b.signature).subtract(difference).toBytes() },
      ]
      expect(verifier.verifyAll(moved, seededBytes('a'))).toBe(false)
      // What a plain aggregate says of them: that is why there are coefficients.
      const ones: RandomBytes = length => new Uint8Array(length).fill(0).with(length - 1, 1)
      expect(verifier.verifyAll(moved, ones)).toBe(true)
    })

    it('have the published chain hash behind them', () => {
      const i64 = u64(chainInfo.genesisTime)
      const parts = [
        u64(chainInfo.period).slice(4),
        i64,
        fromHex(chainInfo.publicKey),
        fromHex(chainInfo.genesisSeed),
      ]
      expect(toHex(sha256(concatBytes(...parts, utf8(chainInfo.beaconId))))).toBe(chainInfo.chainHash)
    })
  })

  it('hold under no key that is none', () => {
    for (const key of [G2_IDENTITY, outsideG2(), new Uint8Array(96), new Uint8Array(0)])
      expect(createSignatureVerifier(curve, key)).toBeNull()
    const verifier = verifierOf(publicKeyOf(7n))
    for (const signature of [G1_IDENTITY, new Uint8Array(48), new Uint8Array(0), publicKeyOf(7n)])
      expect(verifier.verify(utf8('a'), signature)).toBe(false)
  })

  it('name their key by its hash', () => {
    expect(keyIdOf(publicKeyOf(7n))).toEqual(sha256(publicKeyOf(7n)))
  })
})

describe('threshold signatures', () => {
  const { vectors } = readVectors('bls-min-sig')
  const secret = BigInt(`0x${vectors[0].secretKey}`)
  const message = fromHex(vectors[0].message)
  const published: string = vectors[0].signature
  const none: RandomBytes = () => {
    throw new Error('randomness is not needed while all is well')
  }

  it.each([
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
  ])('every %i of %i partials give the published signature of the shared key', (threshold, members) => {
    const { sharing, shares } = shareKey(secret, threshold, members, seededBytes(`${threshold}/${members}`))
    const combiner = createSignatureCombiner(curve, sharing)
    for (const subset of subsets(members, threshold)) {
      const { signature, culprits } = combiner.combine(message, partialsOf(shares, subset, message), none)
      expect(toHex(present(signature, 'a signature'))).toBe(published)
      expect(culprits).toEqual([])
    }
    const fewer = subsets(members, threshold - 1).at(-1) ?? []
    expect(combiner.combine(message, partialsOf(shares, fewer, message), none).signature).toBeNull()
    // Not by counting alone: what they do combine to is another point.
    const careless = createSignatureCombiner(curve, { ...sharing, threshold: fewer.length })
    const random = seededBytes('a')
    expect(careless.combine(message, partialsOf(shares, fewer, message), random).signature).toBeNull()
  })

  describe('from 5 of 9, some of whom lie', () => {
    const random = seededBytes('liars')
    const { sharing, shares } = shareKey(secret, 5, 9, random)
    const combiner = createSignatureCombiner(curve, sharing)
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let partials: readonly PartialSignature[] = []
    beforeAll(() => {
      partials = partialsOf(shares, all, message)
    })
    const lie = (liars: readonly number[], signature: (honest: PartialSignature) => Uint8Array) =>
      partials.map(partial =>
        liars.includes(partial.index) ? { ...partial, signature: signature(partial) } : partial,
      )
    const forOther = ({ index }: PartialSignature) =>
      signMessage(shares[index - 1] as Uint8Array, utf8('another'))

    it.each([[[1]], [[3, 4, 5, 9]]])('liars %j are found, and do not stop it', liars => {
      const { signature, culprits } = combiner.combine(message, lie(liars, forOther), random)
      expect(toHex(present(signature, 'a signature'))).toBe(published)
      expect(culprits).toEqual(liars)
    })

    it('liars whom nobody needs are not looked for', () => {
      expect(combiner.combine(message, lie([6, 7, 8, 9], forOther), none)).toEqual({
        signature: fromHex(published),
        culprits: [],
      })
    })

    it('with too few honest ones there is none, and the liars are known', () => {
      const { signature, culprits } = combiner.combine(message, lie([1, 2, 3, 4, 5], forOther), random)
      expect(signature).toBeNull()
      expect(culprits).toEqual([1, 2, 3, 4, 5])
    })

    it('malformed partials are set aside before anything is computed', () => {
      const outside = fromHex(readVectors('negative-encodings').vectors[2].hex)
      for (const bytes of [G1_IDENTITY, outside, new Uint8Array(48), new Uint8Array(3)]) {
        const { signature, culprits } = combiner.combine(
          message,
          lie([2, 3], () => bytes),
          none,
        )
        expect(toHex(present(signature, 'a signature'))).toBe(published)
        expect(culprits).toEqual([2, 3])
      }
    })

    it('two that lie by opposite amounts do not cover each other', () => {
      const { Point } = bls12_381.G1
      const moved = lie([1, 2], ({ index, signature }) => {
        const point = Point.fromBytes(signature)
        return (index === 1 ? point.add(Point.BASE) : point.subtract(Point.BASE)).toBytes()
      })
      expect(combiner.combine(message, moved, random).culprits).toEqual([1, 2])
    })

    it('a source of zeros is met with an error, not with trust', () => {
      expect(() => combiner.combine(message, lie([1], forOther), length => new Uint8Array(length))).toThrow(
        'zeros',
      )
    })

    it('says of one partial whether it is right', () => {
      const [first, second] = partials as [PartialSignature, PartialSignature]
      expect(combiner.verifyPartial(message, first)).toBe(true)
      expect(combiner.verifyPartial(message, { ...first, index: 2 })).toBe(false)
      expect(combiner.verifyPartial(message, { ...second, signature: first.signature })).toBe(false)
      expect(combiner.verifyPartial(message, { ...first, index: 10 })).toBe(false)
      expect(combiner.verifyPartial(utf8('another'), first)).toBe(false)
    })

    it('and can be proven right without a pairing', () => {
      const statement = {
        message: curve.hashToG1(message, SIGNATURE_DOMAIN),
        signature: present(curve.decodeG1(partials[0]?.signature ?? new Uint8Array(0)), 'a partial'),
        publicShare: present(curve.decodeG2(sharing.publicShares[0] ?? new Uint8Array(0)), 'a share'),
      }
      const proof = provePartial(curve, statement, BigInt(`0x${toHex(shares[0] as Uint8Array)}`), random)
      expect(verifyPartialProof(curve, statement, proof)).toBe(true)
      const other = present(curve.decodeG1(partials[1]?.signature ?? new Uint8Array(0)), 'a partial')
      expect(verifyPartialProof(curve, { ...statement, signature: other }, proof)).toBe(false)
      expect(verifyPartialProof(curve, { ...statement, message: other }, proof)).toBe(false)
      const forged = provePartial(curve, { ...statement, signature: other }, 5n, random)
      expect(verifyPartialProof(curve, { ...statement, signature: other }, forged)).toBe(false)
    })
  })
})
