import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/crypto/hash.ts'
import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../../../src/crypto/threshold/public-curve.ts'
import { publicKeyOf, signMessage } from '../../../src/crypto/threshold/secret.ts'
import { createSession } from '../../../src/crypto/threshold/session.ts'
import { createSignatureCombiner, createSignatureVerifier } from '../../../src/crypto/threshold/signature.ts'
import { present } from '../../../src/lib/assert.ts'
import { concatBytes, fromHex, toHex, u64, utf8 } from '../../../src/lib/bytes.ts'
import { loadMclCurve } from '../../../src/node/mcl.ts'
import { readVectors } from './public-curve-suite.ts'
import { reshareTerms, Stage } from './stage.ts'
import { partialsOf, seededBytes, shareKey, subsets } from './support.ts'

/** What others have published, with each implementation of the curve. */
const curves: readonly (readonly [string, PublicCurve])[] = [
  ['noble', nobleCurve],
  ['mcl', await loadMclCurve()],
]

describe.each(curves)('with %s', (name, curve) => {
  const random = seededBytes(name)

  it('the beacons of drand quicknet hold, one by one and together, each for its round', () => {
    const { chainInfo, rounds } = readVectors('drand-quicknet')
    const verifier = present(createSignatureVerifier(curve, fromHex(chainInfo.publicKey)), 'a key')
    const signed = rounds.map(({ round, signature }: { round: number; signature: string }) => ({
      message: sha256(u64(round)),
      signature: fromHex(signature),
    }))
    for (const { message, signature } of signed) {
      expect(verifier.verify(message, signature)).toBe(true)
      expect(verifier.verify(sha256(message), signature)).toBe(false)
    }
    expect(verifier.verifyAll(signed, random)).toBe(true)
    expect(verifier.verifyAll(signed.with(2, { ...signed[2], message: signed[0].message }), random)).toBe(
      false,
    )
    expect(signed).toHaveLength(4)
  })

  it('the published signatures are made and hold (min-sig)', () => {
    const { vectors } = readVectors('bls-min-sig')
    for (const { secretKey, message, signature } of vectors) {
      expect(toHex(signMessage(fromHex(secretKey), fromHex(message)))).toBe(signature)
      const publicKey = publicKeyOf(BigInt(`0x${secretKey}`))
      const verifier = present(createSignatureVerifier(curve, publicKey), 'a key')
      expect(verifier.verify(fromHex(message), fromHex(signature))).toBe(true)
      expect(verifier.verify(utf8('another'), fromHex(signature))).toBe(false)
    }
    expect(vectors).toHaveLength(2)
  })

  it('any three shares of a published key give its published signature, and after resharing any four of five new ones', () => {
    const { vectors } = readVectors('bls-min-sig')
    for (const { secretKey, message: hex, signature: published } of vectors) {
      const message = fromHex(hex)
      const old = shareKey(BigInt(`0x${secretKey}`), 3, 4, random)
      const terms = { ...reshareTerms(old), members: 5, threshold: 4 }
      const stage = new Stage(createSession(terms), random, curve)
        .registerAll()
        .dealAll([4, 1, 2], old.shares)
      stage.confirmAll()
      expect(stage.activate([2, 3, 4, 5])).toEqual([])
      for (const [key, threshold] of [
        [old, 3],
        [stage.sharedKey(), 4],
      ] as const) {
        const combiner = createSignatureCombiner(curve, key.sharing)
        for (const subset of subsets(key.shares.length, threshold)) {
          const { signature } = combiner.combine(message, partialsOf(key.shares, subset, message), random)
          expect(toHex(present(signature, 'a signature'))).toBe(published)
        }
        const fewer = partialsOf(key.shares, subsets(key.shares.length, threshold - 1)[0] ?? [], message)
        const careless = createSignatureCombiner(curve, { ...key.sharing, threshold: threshold - 1 })
        expect(careless.combine(message, fewer, random).signature).toBeNull()
      }
    }
  })
})

describe('drand’s default chain, keys in G1 and signatures in G2', () => {
  // Not this suite, which has them the other way round: a check of the library below both, and of how a chain is linked.
  const { chainInfo, scheme, rounds } = readVectors('drand-default')
  const { longSignatures: suite } = bls12_381

  it('holds by the portable library', () => {
    const key = fromHex(chainInfo.publicKey)
    for (const { round, previousSignature, message, signature, randomness } of rounds) {
      const signed = sha256(concatBytes(fromHex(previousSignature), u64(round)))
      expect(toHex(signed)).toBe(message)
      const point = suite.hash(signed, scheme.dst)
      expect(suite.verify(fromHex(signature), point, key)).toBe(true)
      expect(suite.verify(fromHex(signature), suite.hash(utf8('another'), scheme.dst), key)).toBe(false)
      expect(toHex(sha256(fromHex(signature)))).toBe(randomness)
    }
    expect(rounds).toHaveLength(2)
  })

  it.each(curves)('and is refused by %s as what it is not', (_, curve) => {
    expect(createSignatureVerifier(curve, fromHex(chainInfo.publicKey))).toBeNull()
    expect(curve.decodeG1(fromHex(rounds[0].signature))).toBeNull()
    expect(curve.decodeG1(fromHex(chainInfo.publicKey))).not.toBeNull()
    expect(curve.decodeG2(fromHex(rounds[0].signature))).not.toBeNull()
  })
})
