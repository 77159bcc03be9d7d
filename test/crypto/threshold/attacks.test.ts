import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, it } from 'vitest'
import { applyConfirmation, applyRegistration, isMisconduct } from '../../../src/crypto/threshold/ceremony.ts'
import { decryptShare } from '../../../src/crypto/threshold/encryption.ts'
import { register } from '../../../src/crypto/threshold/member.ts'
import {
  g2KeyEquation,
  PROOF_OF_CONSTANT,
  PROOF_OF_ENCRYPTION_KEY,
  PROOF_OF_EPHEMERAL,
  prove,
  ristrettoKeyEquation,
} from '../../../src/crypto/threshold/proof.ts'
import { G1_IDENTITY, G2_IDENTITY } from '../../../src/crypto/threshold/public-curve.ts'
import { RISTRETTO_BASE } from '../../../src/crypto/threshold/ristretto.ts'
import { drawPolynomial } from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../../src/crypto/threshold/secret.ts'
import { createSession, memberContext, pairContext } from '../../../src/crypto/threshold/session.ts'
import { present } from '../../../src/lib/assert.ts'
import { fromHex } from '../../../src/lib/bytes.ts'
import {
  byMallory,
  codes,
  complaintOf,
  confirmationOf,
  dealBadly,
  dealt,
  keyOf,
  MALLORY,
  registered,
  say,
} from './mallory.ts'
import { outsideG2, readVectors } from './public-curve-suite.ts'
import { reshareTerms, Stage, termsOf } from './stage.ts'
import { curve, seededBytes, shareKey } from './support.ts'

/** Attacks on registering and dealing that were published or found here, each mounted as its author would. */

describe('threshold raising', () => {
  it.each([
    ['more', 5],
    ['fewer', 2],
  ])('a dealing with %s commitments than agreed counts for nothing', (_, size) => {
    const stage = registered('raising')
    const honest = stage.deal(MALLORY)
    const { session } = stage
    // A polynomial of another degree, dealt rightly: Feldman's check alone would find nothing wrong.
    const polynomial = drawPolynomial(77n, size, stage.random)
    const commitments = polynomial.map(publicKeyOf)
    const key = present(curve.decodeG2(publicKeyOf(77n)), 'a key')
    const context = memberContext(session, MALLORY)
    const constantProof = prove(PROOF_OF_CONSTANT, context, [g2KeyEquation(curve, key)], 77n, stage.random)
    expect(stage.applyDealing(MALLORY, { ...honest, commitments, constantProof })).toEqual(
      byMallory('dealer', 'wrong-degree'),
    )
    expect(stage.applyDealing(MALLORY, honest)).toEqual([])
  })
})

describe('rogue key', () => {
  it('who deals last cannot choose the sum: the constant must be known to its dealer', () => {
    const stage = registered('rogue')
    for (const dealer of [1, 3]) stage.applyDealing(dealer, stage.deal(dealer))
    const mine = 1234n
    const { Point } = bls12_381.G2
    const others = stage.ceremony.dealings.map(other =>
      Point.fromBytes(curve.encodeG2(present(other.commitments[0], 'a constant'))),
    )
    const rogue = others.reduce((left, point) => left.subtract(point), Point.fromBytes(publicKeyOf(mine)))
    const honest = stage.deal(MALLORY)
    const commitments = honest.commitments.with(0, rogue.toBytes())
    const sum = others.reduce((left, point) => left.add(point), rogue)
    expect(sum.toBytes()).toEqual(publicKeyOf(mine)) // the network's key would be mine
    const context = memberContext(stage.session, MALLORY)
    const equation = g2KeyEquation(curve, present(curve.decodeG2(rogue.toBytes()), 'a key'))
    for (const constantProof of [
      honest.constantProof,
      prove(PROOF_OF_CONSTANT, context, [equation], mine, stage.random),
      new Uint8Array(64),
      new Uint8Array(0),
    ])
      expect(stage.applyDealing(MALLORY, { ...honest, commitments, constantProof })).toEqual(
        byMallory('dealer', 'wrong-constant-proof'),
      )
  })
})

describe('proof replay, missing session id', () => {
  it('nothing that was said in one session is worth anything in another', () => {
    const first = registered('replay')
    const second = new Stage(createSession(termsOf({ attempt: 1 })), first.random)
    const { registration } = register(first.session, 1, first.random)
    const relabelled = { ...registration, sessionId: second.session.id }
    expect(codes(second.take(applyRegistration(second.ceremony, 1, registration)))).toEqual(['wrong-session'])
    expect(codes(second.take(applyRegistration(second.ceremony, 1, relabelled)))).toEqual(['wrong-key-proof'])
    second.registerAll()
    const dealt = first.deal(1)
    expect(codes(second.applyDealing(1, dealt))).toEqual(['wrong-session'])
    const sessionId = second.session.id
    expect(codes(second.applyDealing(1, { ...dealt, sessionId }))).toEqual(['wrong-ephemeral-proof'])
    const { ephemeral, ephemeralProof } = second.deal(1)
    expect(codes(second.applyDealing(1, { ...dealt, sessionId, ephemeral, ephemeralProof }))).toEqual([
      'wrong-constant-proof',
    ])
    first.dealAll([1, 2, 3])
    second.dealAll([1, 2, 3])
    const confirmation = confirmationOf(first, 1)
    expect(codes(second.take(applyConfirmation(curve, second.ceremony, 1, confirmation)))).toEqual([
      'wrong-session',
    ])
    expect(codes(say(second, 1, { shareProof: confirmation.shareProof }))).toEqual(['wrong-share-proof'])
  })

  it('nor what another member has said', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('another'))
    const { registration } = register(stage.session, 1, stage.random)
    expect(stage.take(applyRegistration(stage.ceremony, MALLORY, registration))).toEqual(
      byMallory('receiver', 'wrong-key-proof'),
    )
    stage.registerAll()
    expect(stage.applyDealing(MALLORY, stage.deal(1))).toEqual(byMallory('dealer', 'wrong-ephemeral-proof'))
    stage.dealAll([1, 3, 4])
    expect(say(stage, MALLORY, { shareProof: confirmationOf(stage, 1).shareProof })).toEqual(
      byMallory('receiver', 'wrong-share-proof'),
    )
  })

  it('a proof holds for its own purpose', () => {
    const stage = registered('purpose')
    const honest = stage.deal(MALLORY)
    // A proof of knowledge of the very same secret, but made as one registers a key.
    const secret = keyOf(stage, MALLORY)
    const element = RISTRETTO_BASE.multiply(secret)
    const [context, equations] = [memberContext(stage.session, MALLORY), [ristrettoKeyEquation(element)]]
    const asKey = prove(PROOF_OF_ENCRYPTION_KEY, context, equations, secret, stage.random)
    const asEphemeral = prove(PROOF_OF_EPHEMERAL, context, equations, secret, stage.random)
    const ephemeral = element.toBytes()
    expect(stage.applyDealing(MALLORY, { ...honest, ephemeral, ephemeralProof: asKey })).toEqual(
      byMallory('dealer', 'wrong-ephemeral-proof'),
    )
    expect(stage.applyDealing(MALLORY, { ...honest, ephemeral, ephemeralProof: asEphemeral })).toEqual([])
  })
})

describe('multicast passed off as broadcast', () => {
  it('of two dealings by one dealer the first in the log counts for everybody, and the second is proof against him', () => {
    const stage = registered('multicast')
    const [first, second] = [stage.deal(MALLORY), stage.deal(MALLORY)]
    expect(stage.applyDealing(MALLORY, first)).toEqual([])
    expect(stage.applyDealing(MALLORY, second)).toEqual(byMallory('dealer', 'equivocation'))
    const again = stage.applyDealing(MALLORY, first)
    expect(again).toEqual(byMallory('dealer', 'repeated'))
    expect(again.map(isMisconduct)).toEqual([false])
    stage.dealAll([1, 3]).confirmAll()
    expect(stage.ceremony.confirmed.size).toBe(4)
    expect(stage.applyDealing(MALLORY, second)).toEqual(byMallory('dealer', 'equivocation'))
  })
})

describe('index zero, or an index twice', () => {
  it('there is nobody at a coordinate that the log has not assigned', () => {
    const dealing = registered('coordinates').deal(MALLORY)
    const stage = dealt('coordinates')
    const confirmation = confirmationOf(stage, 1)
    const { registration } = register(stage.session, MALLORY, stage.random)
    for (const from of [0, -1, 5, 1.5, Number.NaN, 2 ** 53]) {
      expect(codes(stage.applyDealing(from, dealing))).toEqual(['not-a-member'])
      expect(codes(stage.take(applyRegistration(stage.ceremony, from, registration)))).toEqual([
        'not-a-member',
      ])
      const step = applyConfirmation(curve, stage.ceremony, from, confirmation)
      expect(codes(step.faults)).toEqual(['not-a-member'])
    }
  })

  it('a member has one key, and one vote in a combination', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('twice')).registerAll([1, 2])
    const { registration } = register(stage.session, MALLORY, stage.random)
    expect(codes(stage.take(applyRegistration(stage.ceremony, MALLORY, registration)))).toEqual(['repeated'])
    stage.registerAll([3]).dealAll([1, 2, 3]).confirmAll([1, 2, 3])
    expect(stage.certificate([1, 2, 2])).toBeNull()
    expect(stage.certificate([1, 2, 2, 3])).not.toBeNull()
  })
})

describe('points that are none', () => {
  const outsideG1 = fromHex(readVectors('negative-encodings').vectors[2].hex)

  it('the identity and points outside the subgroup are refused wherever a point is read', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('points'))
    const { registration } = register(stage.session, MALLORY, stage.random)
    const identity = new Uint8Array(32)
    const nonCanonical = new Uint8Array(32).fill(255)
    for (const encryptionKey of [identity, nonCanonical, new Uint8Array(0)])
      expect(
        stage.take(applyRegistration(stage.ceremony, MALLORY, { ...registration, encryptionKey })),
      ).toEqual(byMallory('receiver', 'malformed-point'))
    stage.registerAll()
    const honest = stage.deal(MALLORY)
    for (const ephemeral of [identity, nonCanonical])
      expect(stage.applyDealing(MALLORY, { ...honest, ephemeral })).toEqual(
        byMallory('dealer', 'malformed-point'),
      )
    for (const point of [G2_IDENTITY, outsideG2(), new Uint8Array(96), publicKeyOf(3n).slice(1)])
      for (const place of [0, 2]) {
        const commitments = honest.commitments.with(place, point)
        expect(stage.applyDealing(MALLORY, { ...honest, commitments })).toEqual(
          byMallory('dealer', 'malformed-point'),
        )
      }
    stage.dealAll([1, 3, 4])
    for (const shareProof of [G1_IDENTITY, outsideG1, new Uint8Array(48)])
      expect(say(stage, MALLORY, { shareProof })).toEqual(byMallory('receiver', 'wrong-share-proof'))
    const complaint = { ...complaintOf(stage, MALLORY, 1), sharedPoint: identity }
    expect(say(stage, MALLORY, { complaints: [complaint], shareProof: null })).toEqual(
      byMallory('receiver', 'wrong-complaint-proof'),
    )
  })
})

describe('copied ephemeral key', () => {
  it('victims would open the share of an honest dealer with their complaints', () => {
    const stage = registered('ephemeral')
    const honest = stage.deal(1)
    stage.applyDealing(1, honest)
    const accused = present(stage.ceremony.dealings[0], 'a dealing')
    // What a complaint about the copy would publish is the key to the original.
    const published = accused.ephemeral.multiply(keyOf(stage, 3))
    const encryptionKey = present(stage.ceremony.encryptionKeys.get(3), 'a key')
    const context = pairContext(stage.session, 1, 3)
    const channel = { sharedPoint: published, ephemeral: accused.ephemeral, encryptionKey, context }
    expect(decryptShare(channel, honest.ciphertexts[2] as Uint8Array)).not.toBeNull()

    const copy = {
      ...dealBadly(stage, 3),
      ephemeral: honest.ephemeral,
      ephemeralProof: honest.ephemeralProof,
    }
    expect(stage.applyDealing(MALLORY, copy)).toEqual(byMallory('dealer', 'copied-ephemeral'))
  })

  it('nor does it help to be ordered first', () => {
    const stage = registered('first')
    const honest = stage.deal(1)
    const copy = {
      ...dealBadly(stage, 3),
      ephemeral: honest.ephemeral,
      ephemeralProof: honest.ephemeralProof,
    }
    expect(stage.applyDealing(MALLORY, copy)).toEqual(byMallory('dealer', 'wrong-ephemeral-proof'))
    expect(stage.applyDealing(1, honest)).toEqual([])
  })

  it('nor to take somebody’s encryption key for one’s ephemeral', () => {
    const stage = registered('their key')
    const ephemeral = present(stage.ceremony.encryptionKeys.get(1), 'a key').toBytes()
    expect(stage.applyDealing(MALLORY, { ...dealBadly(stage, 3), ephemeral })).toEqual(
      byMallory('dealer', 'wrong-ephemeral-proof'),
    )
  })
})

describe('a dealing without a share for everybody', () => {
  it('counts for nothing: exactly one ciphertext for each registered member, of the one length', () => {
    const stage = registered('ciphertexts')
    const honest = stage.deal(MALLORY)
    const [first = new Uint8Array(0)] = honest.ciphertexts
    for (const ciphertexts of [
      honest.ciphertexts.slice(1),
      [...honest.ciphertexts, first],
      honest.ciphertexts.with(3, first.slice(1)),
      [],
    ])
      expect(stage.applyDealing(MALLORY, { ...honest, ciphertexts })).toEqual(
        byMallory('dealer', 'wrong-ciphertexts'),
      )
  })

  it('nor one that comes before it is known who receives', () => {
    const honest = registered('too early').deal(MALLORY)
    const early = new Stage(registered('too early').session, seededBytes('too early')).registerAll([1, 2])
    expect(early.applyDealing(MALLORY, honest)).toEqual(byMallory('dealer', 'early'))
  })
})

describe('silent dealers, too many liars', () => {
  it('the ceremony takes the dealings that come', () => {
    const stage = registered('dealers').dealAll([1, 3])
    expect(stage.ceremony.phase).toBe('dealing')
    stage.dealAll([4])
    expect(stage.ceremony.phase).toBe('confirming')
    expect(
      codes(stage.applyDealing(MALLORY, { ...stageDealing(stage), sessionId: stage.session.id })),
    ).toEqual(['late'])
  })

  it('and fails rather than give a key whose dealers may all be one', () => {
    const stage = registered('liars')
    for (const liar of [1, 2]) {
      const dealt = stage.deal(liar)
      stage.applyDealing(liar, { ...dealt, ciphertexts: dealt.ciphertexts.with(2, new Uint8Array(48)) })
    }
    stage.dealAll([4])
    expect(codes(stage.confirm(3))).toEqual(['bad-share', 'bad-share'])
    expect(stage.ceremony.phase).toBe('failed')
    expect(stage.ceremony.qualified).toBeNull()
  })

  it('an old share that is not one’s own is not dealt', () => {
    const random = seededBytes('old share')
    const old = shareKey(99n, 3, 4, random)
    const stage = new Stage(createSession(reshareTerms(old)), random).registerAll()
    const foreign = stage.deal(MALLORY, old.shares[0])
    expect(stage.applyDealing(MALLORY, foreign)).toEqual(byMallory('dealer', 'wrong-constant'))
  })

  /** As a dealer would have made it before the dealings were complete. */
  function stageDealing(stage: Stage) {
    const { ceremony } = stage
    stage.ceremony = { ...ceremony, phase: 'dealing' }
    const dealt = stage.deal(MALLORY)
    stage.ceremony = ceremony
    return dealt
  }
})
