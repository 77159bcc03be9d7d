import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentity, isAcceptablePublicKey, verifySignature } from '../../src/crypto/identity.ts'
import { fromHex, toHex, utf8 } from '../../src/lib/bytes.ts'
import { craftedSignatures, SMALL_ORDER } from './crafted-signatures.ts'

describe('Ed25519 identity', () => {
  it('gives the key and signature of RFC 8032 §7.1, test 2', () => {
    const identity = createIdentity(
      fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
    )
    expect(toHex(identity.publicKey)).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
    const signature = identity.sign(fromHex('72'))
    expect(toHex(signature)).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    )
    expect(verifySignature(identity.publicKey, fromHex('72'), signature)).toBe(true)
    expect(verifySignature(identity.publicKey, fromHex('73'), signature)).toBe(false)
  })

  it('is not moved by a later change of the seed', () => {
    const seed = new Uint8Array(32).fill(1)
    const identity = createIdentity(seed)
    seed.fill(2)
    expect(verifySignature(identity.publicKey, utf8('a'), identity.sign(utf8('a')))).toBe(true)
  })

  it('leaves the bytes of a key as they are, in a Buffer too', () => {
    const text = `${'ff'.repeat(31)}bf`
    const key = Buffer.from(text, 'hex')
    isAcceptablePublicKey(key)
    expect(key.toString('hex')).toBe(text)
  })

  it('refuses malformed keys and signatures with false', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 70 }), (key, signature) => {
        expect(verifySignature(key, utf8('a'), signature)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  it('refuses every key of small order and every key that is not reduced', () => {
    for (const key of SMALL_ORDER) expect(isAcceptablePublicKey(key), toHex(key)).toBe(false)
    for (let low = 0; low < 256; low++) {
      const key = new Uint8Array(32).fill(0xff)
      key[0] = low
      for (const high of [0x7f, 0xff]) {
        key[31] = high
        expect(isAcceptablePublicKey(key), toHex(key)).toBe(low < 0xec)
      }
    }
  })

  it('knows every point of small order that the curve has', () => {
    const { Point } = ed25519
    const points = SMALL_ORDER.map(key => Point.fromBytes(key, true))
    expect(points.every(point => point.isSmallOrder())).toBe(true)
    expect(new Set(points.map(point => point.toHex())).size).toBe(8)
  })

  it('gives crafted signatures the verdict of the equation without the cofactor', () => {
    for (const { name, claim, isValid } of craftedSignatures(7)) {
      expect(verifySignature(claim.publicKey, claim.bytes, claim.signature), name).toBe(isValid)
    }
  })
})
