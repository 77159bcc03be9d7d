import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentity, verifySignature } from '../../src/crypto/identity.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { createNativeSignatureChecker, createNativeSigner } from '../../src/node/native-ed25519.ts'
import type { SignatureChecker, SignatureClaim } from '../../src/runtime/ports.ts'
import { craftedSignatures } from '../crypto/crafted-signatures.ts'

const seed = (tag: number) => new Uint8Array(32).fill(tag)

function check(checker: SignatureChecker, claims: readonly SignatureClaim[]): Promise<readonly boolean[]> {
  return new Promise(resolve => {
    let hasReturned = false
    checker.check(claims, valid => {
      expect(hasReturned, 'answers arrive after the call returned').toBe(true)
      resolve(valid)
    })
    hasReturned = true
  })
}

function honestClaims(count: number): SignatureClaim[] {
  const signers = Array.from({ length: 5 }, (_, i) => createNativeSigner(seed(i + 1)))
  return Array.from({ length: count }, (_, i) => {
    const signer = signers[i % signers.length] as (typeof signers)[number]
    const bytes = utf8(`message ${i}`)
    return { publicKey: signer.publicKey, bytes, signature: signer.sign(bytes) }
  })
}

const portable = ({ publicKey, bytes, signature }: SignatureClaim) =>
  verifySignature(publicKey, bytes, signature)

describe('native signer', () => {
  it('signs as the portable one does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array(), (seed, bytes) => {
        const native = createNativeSigner(seed)
        const identity = createIdentity(seed)
        expect(native.publicKey).toEqual(identity.publicKey)
        expect(native.sign(bytes)).toEqual(identity.sign(bytes))
      }),
      { numRuns: 30 },
    )
  })
})

describe('native signature checker', () => {
  it.each([1, 2, 3, 200])('answers %i claims in order', async count => {
    const claims = honestClaims(count).map((claim, i) =>
      i % 3 === 1 ? { ...claim, bytes: utf8('other') } : claim,
    )
    const valid = await check(createNativeSignatureChecker({ inFlightMax: 7 }), claims)
    expect(valid).toEqual(claims.map((_, i) => i % 3 !== 1))
  })

  it('answers an empty set', async () => {
    expect(await check(createNativeSignatureChecker(), [])).toEqual([])
  })

  it('answers every set when more wait than it takes, and with few keys', async () => {
    const checker = createNativeSignatureChecker({ inFlightMax: 2, waitingMax: 20, keysMax: 2 })
    const claims = honestClaims(15)
    const answers = await Promise.all(Array.from({ length: 6 }, () => check(checker, claims)))
    expect(answers.flat()).toEqual(Array(90).fill(true))
  })

  it('agrees with the portable one on crafted signatures, on the spot and on threads', async () => {
    const crafted = Array.from({ length: 6 }, (_, i) => craftedSignatures(i + 1)).flat()
    const claims = crafted.map(({ claim }) => claim)
    const expected = crafted.map(({ isValid }) => isValid)
    expect(expected.filter(isValid => isValid).length).toBeGreaterThan(6)
    for (const onTheSpotMax of [0, claims.length]) {
      const valid = await check(createNativeSignatureChecker({ onTheSpotMax }), claims)
      const wrong = crafted.filter((_, i) => valid[i] !== expected[i]).map(({ name }) => name)
      expect(wrong).toEqual([])
    }
    expect(claims.map(portable)).toEqual(expected)
  })

  it('agrees with the portable one on signatures with flipped bits and on rubbish', async () => {
    const checker = createNativeSignatureChecker()
    const [honest] = honestClaims(1) as [SignatureClaim]
    const flipped = fc.record({ field: fc.constantFrom('publicKey', 'bytes', 'signature'), bit: fc.nat(511) })
    const rubbish = fc.record({
      publicKey: fc.uint8Array({ minLength: 31, maxLength: 33 }),
      bytes: fc.uint8Array(),
      signature: fc.uint8Array({ minLength: 63, maxLength: 65 }),
    })
    const claim = fc.oneof(
      rubbish,
      flipped.map(({ field, bit }) => {
        const changed = honest[field as keyof SignatureClaim].slice()
        const at = (bit >> 3) % changed.length
        changed[at] = (changed[at] as number) ^ (1 << (bit & 7))
        return { ...honest, [field]: changed }
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(claim, { maxLength: 6 }), async claims => {
        expect(await check(checker, claims)).toEqual(claims.map(portable))
      }),
      { numRuns: 40 },
    )
  })
})
