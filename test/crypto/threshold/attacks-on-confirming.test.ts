import { describe, expect, it } from 'vitest'
import { applyActivation, applyConfirmation, isMisconduct } from '../../../src/crypto/threshold/ceremony.ts'
import { activationMessage, confirmationMessage } from '../../../src/crypto/threshold/dealings.ts'
import { decryptShare, encryptShare } from '../../../src/crypto/threshold/encryption.ts'
import type { Complaint } from '../../../src/crypto/threshold/package.ts'
import { PROOF_OF_EPHEMERAL, prove, ristrettoKeyEquation } from '../../../src/crypto/threshold/proof.ts'
import { G1_IDENTITY } from '../../../src/crypto/threshold/public-curve.ts'
import {
  decodeElement,
  parseRistrettoScalar,
  RISTRETTO_BASE,
} from '../../../src/crypto/threshold/ristretto.ts'
import { evaluatePolynomial } from '../../../src/crypto/threshold/scalar.ts'
import { signMessage } from '../../../src/crypto/threshold/secret.ts'
import { createSession, memberContext, pairContext } from '../../../src/crypto/threshold/session.ts'
import { present } from '../../../src/lib/assert.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import {
  byMallory,
  codes,
  complaintOf,
  confirmationOf,
  dealBadly,
  dealt,
  MALLORY,
  registered,
  say,
} from './mallory.ts'
import { reshareTerms, Stage } from './stage.ts'
import { curve, seededBytes, shareKey } from './support.ts'

/** Attacks on confirming, complaining and signing that were published or found here, each mounted as its author would. */

describe('split view of a reshare (Forget-and-Forgive)', () => {
  it('the new shares count from one entry of the log on, which they must have signed together; until then the old ones do', () => {
    const random = seededBytes('forget')
    const old = shareKey(99n, 3, 4, random)
    const stage = new Stage(createSession(reshareTerms(old)), random)
      .registerAll()
      .dealAll([1, 2, 3], old.shares)
    // Mallory tells some that all is well and others that it is not; what is ordered is one confirmation, the same for all.
    const first = confirmationOf(stage, MALLORY)
    const replicas = [1, 2].map(() => {
      const { ceremony } = applyConfirmation(curve, stage.ceremony, MALLORY, first)
      return applyConfirmation(curve, ceremony, MALLORY, {
        ...first,
        complaints: [complaintOf(stage, MALLORY, 1)],
      })
    })
    expect(replicas[0]?.ceremony.discredited).toEqual(replicas[1]?.ceremony.discredited)
    expect(replicas[0]?.ceremony.confirmed).toEqual(new Set([MALLORY]))
    stage.confirmAll([1, 3, 4])
    expect(stage.ceremony.phase).toBe('confirming')
    const message = activationMessage(stage.session, present(stage.ceremony.qualified, 'dealings'))
    const byOld = signMessage(old.shares[0] as Uint8Array, message)
    expect(codes(stage.take(applyActivation(stage.ceremony, MALLORY, byOld)))).toEqual(['wrong-certificate'])
    expect(codes(stage.take(applyActivation(stage.ceremony, MALLORY, G1_IDENTITY)))).toEqual([
      'wrong-certificate',
    ])
    expect(stage.ceremony.phase).toBe('confirming')
    expect(stage.activate([1, 3, 4])).toEqual([])
    expect(stage.ceremony.phase).toBe('active')
  })
})

describe('one key, several purposes', () => {
  it('a partial for the one is none for the other', () => {
    const stage = dealt('purposes').confirmAll()
    const qualified = present(stage.ceremony.qualified, 'dealings that count')
    const share = stage.shares.get(MALLORY) as Uint8Array
    const confirmed = signMessage(share, confirmationMessage(stage.session, qualified.hash))
    const activation = activationMessage(stage.session, qualified)
    expect(qualified.combiner.verifyPartial(activation, { index: MALLORY, signature: confirmed })).toBe(false)
    expect(say(stage, MALLORY, { shareProof: signMessage(share, activation) })).toEqual(
      byMallory('receiver', 'wrong-share-proof'),
    )
  })
})

describe('short coefficients in batches', () => {
  it('each partial gets 128 random bits of its own', () => {
    const stage = dealt('coefficients').confirmAll()
    const { combiner } = present(stage.ceremony.qualified, 'dealings that count')
    const message = utf8('a')
    const partials = [1, 2, 3].map(index => ({
      index,
      signature: signMessage(stage.shares.get(index) as Uint8Array, utf8(index === MALLORY ? 'b' : 'a')),
    }))
    const lengths: number[] = []
    const drawn = seededBytes('drawn')
    const { culprits } = combiner.combine(message, partials, length => {
      lengths.push(length)
      return drawn(length)
    })
    expect(culprits).toEqual([MALLORY])
    expect(lengths.length).toBeGreaterThanOrEqual(3)
    expect(new Set(lengths)).toEqual(new Set([16]))
  })
})

describe('shares revealed for the silent', () => {
  it('who says nothing keeps everybody’s shares secret: the ceremony ends without opening one', () => {
    const stage = dealt('silent')
    const said = [1, 3, 4].map(member => confirmationOf(stage, member))
    expect(said.flatMap(({ complaints }) => complaints)).toEqual([])
    stage.confirmAll([1, 3, 4])
    expect(stage.activate([1, 3, 4])).toEqual([])
  })

  it('and a complaint opens the one share that it is about', () => {
    const stage = registered('one share')
    stage.applyDealing(MALLORY, dealBadly(stage, 3))
    stage.dealAll([1, 4])
    const { complaints } = confirmationOf(stage, 3)
    expect(complaints.map(({ dealer }) => dealer)).toEqual([MALLORY])
    const sharedPoint = present(decodeElement(complaints[0]?.sharedPoint ?? new Uint8Array(0)), 'a point')
    for (const { dealer, ephemeral, ciphertexts } of stage.ceremony.dealings)
      for (const [receiver, ciphertext] of ciphertexts) {
        const encryptionKey = present(stage.ceremony.encryptionKeys.get(receiver), 'a key')
        const context = pairContext(stage.session, dealer, receiver)
        expect(decryptShare({ sharedPoint, ephemeral, encryptionKey, context }, ciphertext)).toBeNull()
      }
  })
})

describe('confirmed without a share', () => {
  it('a member counts when it has signed with the share that everybody can compute the public part of', () => {
    const stage = dealt('no share')
    const hash = present(stage.ceremony.qualified, 'dealings').hash
    const guesses = [
      signMessage(new Uint8Array(32).fill(7), confirmationMessage(stage.session, hash)),
      present(confirmationOf(stage, 3).shareProof, 'a proof'),
    ]
    for (const shareProof of guesses)
      expect(say(stage, MALLORY, { shareProof })).toEqual(byMallory('receiver', 'wrong-share-proof'))
    expect(stage.ceremony.confirmed.has(MALLORY)).toBe(false)
    stage.confirm(MALLORY)
    expect(stage.ceremony.confirmed.has(MALLORY)).toBe(true)
  })

  it('and counts again when a dealing falls that it had a share of', () => {
    const stage = registered('falls')
    stage.applyDealing(MALLORY, dealBadly(stage, 3))
    stage.dealAll([1, 4]).confirmAll([1, 4])
    expect(stage.ceremony.confirmed).toEqual(new Set([1, 4]))
    const before = confirmationOf(stage, 1)
    expect(stage.confirm(3)).toEqual(byMallory('dealer', 'bad-share'))
    expect(stage.ceremony.confirmed).toEqual(new Set())
    const outdated = stage.take(applyConfirmation(curve, stage.ceremony, 1, before))
    expect(codes(outdated)).toEqual(['outdated'])
    expect(outdated.map(isMisconduct)).toEqual([false])
    stage.confirmAll([1, 3, 4])
    expect(stage.activate([1, 3, 4])).toEqual([])
  })
})

describe('bad shares', () => {
  it.each([
    ['garbage', () => seededBytes('garbage')(48)],
    ['a share of another polynomial', wrongShare],
  ])('%s: the receiver opens it, and the dealer is out, however late', (_, ciphertext) => {
    const stage = registered('bad')
    const dealt = stage.deal(MALLORY)
    stage.applyDealing(MALLORY, badlyEncrypted(stage, dealt, ciphertext))
    stage.dealAll([1, 4]).confirmAll([1, 2, 4])
    expect(isReadyBut(stage, 3)).toBe(true)
    expect(stage.confirm(3)).toEqual(byMallory('dealer', 'bad-share'))
    expect(stage.ceremony.qualified?.dealings.map(({ dealer }) => dealer)).toEqual([1, 4])
    stage.confirmAll()
    expect(stage.activate([1, 2, 3])).toEqual([])
    expect(stage.faults).toEqual(byMallory('dealer', 'bad-share'))
  })

  const isReadyBut = (stage: Stage, member: number) =>
    stage.ceremony.confirmed.size === 3 && !stage.ceremony.confirmed.has(member)

  function wrongShare(stage: Stage, ephemeralSecret: bigint): Uint8Array {
    const encryptionKey = present(stage.ceremony.encryptionKeys.get(3), 'a key')
    const channel = {
      sharedPoint: encryptionKey.multiply(ephemeralSecret),
      ephemeral: RISTRETTO_BASE.multiply(ephemeralSecret),
      encryptionKey,
      context: pairContext(stage.session, MALLORY, 3),
    }
    return encryptShare(channel, evaluatePolynomial([1n, 2n, 3n], 3))
  }

  /** With an ephemeral that the test knows, so that the ciphertext itself can be right. */
  function badlyEncrypted(
    stage: Stage,
    dealt: ReturnType<Stage['deal']>,
    ciphertext: (stage: Stage, ephemeralSecret: bigint) => Uint8Array,
  ) {
    const secret = 4321n
    const ephemeral = RISTRETTO_BASE.multiply(secret)
    const context = memberContext(stage.session, MALLORY)
    const ephemeralProof = prove(
      PROOF_OF_EPHEMERAL,
      context,
      [ristrettoKeyEquation(ephemeral)],
      secret,
      stage.random,
    )
    // The other receivers get theirs rightly, under the new ephemeral.
    const ciphertexts = [...stage.ceremony.encryptionKeys].map(([receiver, encryptionKey], i) => {
      const old = stage.decryptionKeys.get(receiver) ?? new Uint8Array(0)
      const opened = present(
        decryptShare(
          {
            sharedPoint: present(decodeElement(dealt.ephemeral), 'a point').multiply(
              present(parseRistrettoScalar(old), 'a key'),
            ),
            ephemeral: present(decodeElement(dealt.ephemeral), 'a point'),
            encryptionKey,
            context: pairContext(stage.session, MALLORY, receiver),
          },
          dealt.ciphertexts[i] as Uint8Array,
        ),
        'a share',
      )
      const channel = {
        sharedPoint: encryptionKey.multiply(secret),
        ephemeral,
        encryptionKey,
        context: pairContext(stage.session, MALLORY, receiver),
      }
      return receiver === 3 ? ciphertext(stage, secret) : encryptShare(channel, opened)
    })
    return { ...dealt, ephemeral: ephemeral.toBytes(), ephemeralProof, ciphertexts }
  }
})

describe('false complaints', () => {
  it('one about a good share is held against the accuser, who is not heard again', () => {
    const stage = dealt('false')
    const complaints = [complaintOf(stage, MALLORY, 1), complaintOf(stage, MALLORY, 3)]
    expect(say(stage, MALLORY, { complaints, shareProof: null })).toEqual(
      byMallory('receiver', 'false-complaint'),
    )
    expect(say(stage, MALLORY, { complaints, shareProof: null })).toEqual([])
    expect(stage.ceremony.convicted.size).toBe(0)
    expect(stage.ceremony.qualified?.dealings.map(({ dealer }) => dealer)).toEqual([1, 3, 4])
  })

  it('one with a point that is not the shared one has no proof', () => {
    const stage = dealt('forged')
    const honest = complaintOf(stage, MALLORY, 1)
    const forgeries: readonly Complaint[] = [
      { ...honest, sharedPoint: RISTRETTO_BASE.multiply(5n).toBytes() },
      { ...honest, dealer: 3 },
      { ...complaintOf(stage, 1, 3), dealer: 3 },
    ]
    for (const complaint of forgeries) {
      const judged = applyConfirmation(curve, stage.ceremony, MALLORY, {
        ...confirmationOf(stage, MALLORY),
        complaints: [complaint],
        shareProof: null,
      })
      expect(judged.faults).toEqual(byMallory('receiver', 'wrong-complaint-proof'))
    }
  })

  it('about nobody and about the convicted they are nothing', () => {
    const stage = dealt('nobody')
    const complaint = { ...complaintOf(stage, MALLORY, 1), dealer: 2 }
    expect(say(stage, MALLORY, { complaints: [complaint], shareProof: null })).toEqual([])

    const other = registered('convicted')
    other.applyDealing(MALLORY, dealBadly(other, 3))
    other.dealAll([1, 4])
    const twice = [complaintOf(other, 3, MALLORY), complaintOf(other, 3, MALLORY)]
    expect(say(other, 3, { complaints: twice, shareProof: null })).toEqual(byMallory('dealer', 'bad-share'))
    const late = { complaints: [complaintOf(other, 1, MALLORY)], shareProof: null }
    expect(say(other, 1, late)).toEqual([])
    expect(other.ceremony.discredited.size).toBe(0)
  })
})
