import { describe, expect, it } from 'vitest'
import { closeDealing, isReady } from '../../../src/crypto/threshold/ceremony.ts'
import { confirm, type OpenedShares } from '../../../src/crypto/threshold/member.ts'
import type { PublicCurve } from '../../../src/crypto/threshold/public-curve.ts'
import { encodeScalar, Fr, lagrangeAtZero, parseScalar } from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../../src/crypto/threshold/secret.ts'
import { createSession } from '../../../src/crypto/threshold/session.ts'
import { createSignatureVerifier } from '../../../src/crypto/threshold/signature.ts'
import { present } from '../../../src/lib/assert.ts'
import { fromHex, toHex } from '../../../src/lib/bytes.ts'
import { readVectors } from './public-curve-suite.ts'
import { reshareTerms, Stage, termsOf, upTo } from './stage.ts'
import { curve, partialsOf, type SharedKey, seededBytes, shareKey, subsets } from './support.ts'

const { vectors } = readVectors('bls-min-sig')
const message = fromHex(vectors[0].message)
const published: string = vectors[0].signature
const publishedKey = BigInt(`0x${vectors[0].secretKey}`)

/**
 * What all subsets of `size` partials interpolate to, by the plain formula and unchecked; null when they differ. (The checked way is
 * tested with the combiner.)
 */
function signatureOfAll(key: SharedKey, size: number): string | null {
  const partials = partialsOf(key.shares, upTo(key.shares.length), message).map(({ signature }) =>
    present(curve.decodeG1(signature), 'a partial'),
  )
  const signatures = new Set(
    subsets(partials.length, size).map(subset => {
      const coefficients = lagrangeAtZero(subset)
      const terms = subset.map((index, i) => ({
        scalar: present(coefficients[i], 'a coefficient'),
        point: present(partials[index - 1], 'a partial'),
      }))
      return toHex(curve.encodeG1(curve.sumG1(terms)))
    }),
  )
  return signatures.size === 1 ? ([...signatures][0] ?? null) : null
}

describe('a fresh key', () => {
  it('is dealt by three of four, known to nobody, and signs with any three shares', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('fresh')).registerAll()
    expect(stage.ceremony.phase).toBe('dealing')
    stage.dealAll([4, 1, 2])
    expect(stage.ceremony.phase).toBe('confirming')
    stage.confirmAll()
    expect(stage.activate([1, 3, 4])).toEqual([])
    expect(stage.ceremony.phase).toBe('active')
    expect(stage.faults).toEqual([])
    const key = stage.sharedKey()
    expect(key.shares.map(share => publicKeyOf(present(parseScalar(share), 'a share')))).toEqual(
      key.sharing.publicShares,
    )
    const signature = present(signatureOfAll(key, 3), 'one signature')
    expect(createSignatureVerifier(curve, key.sharing.publicKey)?.verify(message, fromHex(signature))).toBe(
      true,
    )
    expect(signatureOfAll(key, 2)).toBeNull()
  })

  it('is the sum of the constants: the published key, when they sum up to it', () => {
    // A dealer deals its constant as an old share of one: the published key is the sum, and nobody but the test knows that.
    const stage = new Stage(createSession(termsOf()), seededBytes('sum')).registerAll()
    const constants = [5n, 7n, Fr.sub(publishedKey, 12n)]
    for (const [i, constant] of constants.entries())
      stage.applyDealing(i + 1, dealConstant(stage, i + 1, constant))
    stage.confirmAll()
    expect(stage.faults).toEqual([])
    expect(toHex(stage.sharedKey().sharing.publicKey)).toBe(toHex(publicKeyOf(publishedKey)))
    expect(signatureOfAll(stage.sharedKey(), 3)).toBe(published)
  })

  it('comes about while one member is silent from the beginning to the end', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('silent'))
      .registerAll([1, 2, 4])
      .dealAll([1, 2, 4])
    stage.confirmAll([1, 2])
    expect(isReady(stage.ceremony, true)).toBe(false)
    expect(stage.activate([1, 2])[0]?.code).toBe('early')
    stage.confirm(4)
    expect(isReady(stage.ceremony, false)).toBe(false)
    expect(isReady(stage.ceremony, true)).toBe(true)
    expect(stage.activate([1, 2, 4])).toEqual([])
    expect(stage.ceremony.phase).toBe('active')
  })

  it('depends on the log and on nothing else: who replays it gets the same key', () => {
    const runs = [1, 2].map(() => {
      const stage = new Stage(createSession(termsOf()), seededBytes('again')).registerAll().dealAll([3, 1, 4])
      return present(stage.ceremony.qualified, 'dealings that count')
    })
    expect(runs[0]?.hash).toEqual(runs[1]?.hash)
    expect(runs[0]?.sharing).toEqual(runs[1]?.sharing)
  })

  it('waits for enough members, and does not begin without them', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('few')).registerAll([1, 2])
    expect(stage.ceremony.phase).toBe('registering')
    stage.registerAll([3])
    expect(stage.ceremony.phase).toBe('dealing')
    stage.dealAll([1, 2])
    expect(closeDealing(curve, stage.ceremony).phase).toBe('dealing')
  })
})

describe('a key that stays', () => {
  const random = seededBytes('reshare')
  const old = shareKey(publishedKey, 3, 4, random)

  function reshare(from: SharedKey, changes: Parameters<typeof reshareTerms>[1], dealers: readonly number[]) {
    const stage = new Stage(createSession(reshareTerms(from, changes)), random)
      .registerAll()
      .dealAll(dealers, from.shares)
    stage.confirmAll()
    expect(stage.activate(upTo(stage.session.threshold))).toEqual([])
    expect(stage.faults).toEqual([])
    return stage.sharedKey()
  }

  it('gives the published signature before and after resharing to more members, fewer members, and the same', () => {
    expect(signatureOfAll(old, 3)).toBe(published)
    const wider = reshare(old, { members: 5, threshold: 4 }, [4, 2, 1])
    expect(signatureOfAll(wider, 4)).toBe(published)
    expect(signatureOfAll(wider, 3)).toBeNull()
    const narrower = reshare(wider, { epoch: 2, members: 4, threshold: 3 }, [1, 3, 4, 5])
    expect(signatureOfAll(narrower, 3)).toBe(published)
    const refreshed = reshare(narrower, { epoch: 3 }, [4, 2, 3])
    expect(signatureOfAll(refreshed, 3)).toBe(published)
    expect(refreshed.sharing.publicKey).toEqual(old.sharing.publicKey)
    for (const [i, share] of refreshed.shares.entries()) expect(share).not.toEqual(narrower.shares[i])
  })

  it('is not had from shares of two epochs, and of each epoch enough are needed', () => {
    const refreshed = reshare(old, {}, [1, 2, 3])
    const mixed = { ...refreshed, shares: [...old.shares.slice(0, 2), ...refreshed.shares.slice(2)] }
    expect(signatureOfAll(mixed, 3)).toBeNull()
    expect(signatureOfAll(refreshed, 3)).toBe(published)
    expect(signatureOfAll(old, 3)).toBe(published)
  })

  it('takes the first of the dealings that came in time, and another when one of them is bad', () => {
    const stage = new Stage(createSession(reshareTerms(old)), random).registerAll()
    const bad = stage.deal(2, old.shares[1])
    const ciphertexts = bad.ciphertexts.with(2, new Uint8Array(48))
    stage.applyDealing(2, { ...bad, ciphertexts })
    stage.dealAll([1, 3, 4], old.shares)
    expect(stage.ceremony.qualified?.dealings.map(({ dealer }) => dealer)).toEqual([2, 1, 3])
    stage.confirm(1)
    expect(stage.ceremony.confirmed).toEqual(new Set([1]))
    expect(stage.confirm(3)).toEqual([{ member: 2, role: 'dealer', code: 'bad-share' }])
    expect(stage.ceremony.qualified?.dealings.map(({ dealer }) => dealer)).toEqual([1, 3, 4])
    expect(stage.ceremony.confirmed.size).toBe(0)
    stage.confirmAll()
    expect(stage.activate([2, 3, 4])).toEqual([])
    expect(signatureOfAll(stage.sharedKey(), 3)).toBe(published)
  })

  it.each([
    ['a fresh key', createSession(termsOf()), [], [1, 3]],
    ['a key that stays', createSession(reshareTerms(old)), old.shares, [1, 3, 4]],
  ] as const)(
    'a member opens what was sent to it once, also when a dealer is convicted: %s',
    (_, session, oldShares, others) => {
      const stage = new Stage(session, random).registerAll()
      const bad = stage.deal(2, oldShares[1] ?? null)
      stage.applyDealing(2, { ...bad, ciphertexts: bad.ciphertexts.with(2, new Uint8Array(48)) })
      stage.dealAll(others, oldShares)
      let opened = 0
      const counting: PublicCurve = {
        ...curve,
        evaluateG2(commitments, index) {
          opened++
          return curve.evaluateG2(commitments, index)
        },
      }
      const key = present(stage.decryptionKeys.get(1), 'a registered member')
      const shares: OpenedShares = new Map()
      const open = (kept?: OpenedShares) => confirm(counting, stage.ceremony, 1, key, random, kept)
      const first = open(shares)
      expect(first.share).toEqual(open().share)
      expect(opened).toBe(2 * stage.ceremony.dealings.length)
      expect(stage.confirm(3)).toMatchObject([{ member: 2, code: 'bad-share' }])
      opened = 0
      const second = open(shares)
      expect(opened).toBe(0)
      expect(second.share).not.toEqual(first.share)
      expect(second.confirmation).toEqual(open().confirmation)
      expect(second.share).toEqual(open().share)
    },
  )

  it('stays in the old shares when too few dealings are good', () => {
    const stage = new Stage(createSession(reshareTerms(old)), random).registerAll()
    for (const dealer of [1, 2]) stage.applyDealing(dealer, stage.deal(dealer, old.shares[dealer - 1]))
    expect(closeDealing(curve, stage.ceremony).phase).toBe('dealing')
    const dealing = stage.deal(3, old.shares[2])
    stage.applyDealing(3, { ...dealing, ciphertexts: dealing.ciphertexts.with(0, new Uint8Array(48)) })
    stage.ceremony = closeDealing(curve, stage.ceremony)
    stage.confirm(1)
    expect(stage.ceremony.phase).toBe('failed')
    expect(signatureOfAll(old, 3)).toBe(published)
  })
})

describe('a session', () => {
  it('has an id of its own for everything that could be another', () => {
    const old = shareKey(3n, 3, 4, seededBytes('old'))
    const other = shareKey(4n, 3, 4, seededBytes('old'))
    const ids = [
      termsOf(),
      termsOf({ networkId: new Uint8Array(32).fill(9) }),
      termsOf({ epoch: 1 }),
      termsOf({ attempt: 1 }),
      termsOf({ startSequence: 11 }),
      termsOf({ membersHash: new Uint8Array(32).fill(9) }),
      termsOf({ threshold: 2 }),
      reshareTerms(old, { epoch: 0, startSequence: 10 }),
      reshareTerms(other, { epoch: 0, startSequence: 10 }),
    ].map(terms => toHex(createSession(terms).id))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is refused where the faulty could sign alone, or the honest could not', () => {
    expect(() => createSession(termsOf({ threshold: 1 }))).toThrow('without anybody else')
    expect(() => createSession(termsOf({ threshold: 4 }))).toThrow('without a faulty one')
    expect(() => createSession(termsOf({ members: 0 }))).toThrow('from 1 to')
    expect(() => createSession(termsOf({ members: 200, threshold: 3 }))).toThrow('from 1 to')
  })
})

/** As `deal`, with a constant that the test chooses: the session stands as a reshare for the dealer's eyes only. */
function dealConstant(stage: Stage, dealer: number, constant: bigint) {
  const session = { ...stage.session, old: shareKey(1n, 3, 4, seededBytes('a')).sharing }
  const { ceremony } = stage
  stage.ceremony = { ...ceremony, session }
  const dealing = stage.deal(dealer, encodeScalar(constant))
  stage.ceremony = ceremony
  return dealing
}
