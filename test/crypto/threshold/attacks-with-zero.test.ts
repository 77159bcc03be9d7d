import { bls12_381 } from '@noble/curves/bls12-381.js'
import { concatBytes, numberToBytesBE } from '@noble/curves/utils.js'
import { describe, expect, it } from 'vitest'
import { applyRegistration } from '../../../src/crypto/threshold/ceremony.ts'
import { register } from '../../../src/crypto/threshold/member.ts'
import {
  type Equation,
  g2KeyEquation,
  PROOF_OF_CONSTANT,
  PROOF_OF_ENCRYPTION_KEY,
  type ProofPurpose,
  ristrettoKeyEquation,
} from '../../../src/crypto/threshold/proof.ts'
import { G2_IDENTITY } from '../../../src/crypto/threshold/public-curve.ts'
import { RISTRETTO_BASE } from '../../../src/crypto/threshold/ristretto.ts'
import { drawScalar, Fr } from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../../src/crypto/threshold/secret.ts'
import { createSession, memberContext } from '../../../src/crypto/threshold/session.ts'
import { createSignatureCombiner, type PartialSignature } from '../../../src/crypto/threshold/signature.ts'
import { present } from '../../../src/lib/assert.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import { byMallory, codes, MALLORY, registered } from './mallory.ts'
import { Stage, termsOf } from './stage.ts'
import { curve, partialsOf, seededBytes, shareKey } from './support.ts'

/**
 * Mallory chooses what others add up so that it comes to nothing. The identity may never count, but computing it is no error: an
 * exception in what every replica executes would stop them all.
 */
const { G1, G2 } = bls12_381

/** With a nonce of zero, which gives nobody's secret away but the prover's: T is the identity. */
function proveWithZero(
  purpose: ProofPurpose,
  context: Uint8Array,
  equation: Equation,
  identity: Uint8Array,
  witness: bigint,
): Uint8Array {
  const { base, image } = equation
  const challenge = purpose.hashToScalar(concatBytes(context, base, image, identity), purpose.domain)
  const response = (challenge * witness) % purpose.order
  return concatBytes(numberToBytesBE(challenge, 32), numberToBytesBE(response, 32))
}

describe('a proof whose commitment is the identity', () => {
  it('of a constant: is judged like any other, by everybody', () => {
    const stage = registered('zero nonce')
    const honest = stage.deal(MALLORY)
    const commitments = honest.commitments.with(0, publicKeyOf(7n))
    const context = memberContext(stage.session, MALLORY)
    const equation = g2KeyEquation(curve, present(curve.decodeG2(publicKeyOf(7n)), 'a key'))
    const proof = proveWithZero(PROOF_OF_CONSTANT, context, equation, G2_IDENTITY, 7n)
    const wrong = proof.with(63, (proof[63] ?? 0) ^ 1)
    expect(stage.applyDealing(MALLORY, { ...honest, commitments, constantProof: wrong })).toEqual(
      byMallory('dealer', 'wrong-constant-proof'),
    )
    expect(stage.applyDealing(MALLORY, { ...honest, commitments, constantProof: proof })).toEqual([])
  })

  it('of an encryption key', () => {
    const stage = new Stage(createSession(termsOf()), seededBytes('zero nonce'))
    const { registration } = register(stage.session, MALLORY, stage.random)
    const element = RISTRETTO_BASE.multiply(7n)
    const context = memberContext(stage.session, MALLORY)
    const equation = ristrettoKeyEquation(element)
    const proof = proveWithZero(PROOF_OF_ENCRYPTION_KEY, context, equation, new Uint8Array(32), 7n)
    const crafted = { ...registration, encryptionKey: element.toBytes(), proof }
    expect(stage.take(applyRegistration(stage.ceremony, MALLORY, crafted))).toEqual([])
  })
})

describe('a dealer who deals last', () => {
  const pointOf = (bytes: Uint8Array) => G2.Point.fromBytes(bytes)

  function lastDealing(stage: Stage, place: number, chosen: (honest: readonly Uint8Array[]) => Uint8Array) {
    stage.dealAll([1, 3])
    const honest = stage.deal(MALLORY)
    return stage.applyDealing(MALLORY, {
      ...honest,
      commitments: honest.commitments.with(place, chosen(honest.commitments)),
    })
  }

  const others = (stage: Stage, place: number) =>
    stage.ceremony.dealings
      .map(({ commitments }) => pointOf(curve.encodeG2(present(commitments[place], 'a commitment'))))
      .reduce((sum, point) => sum.add(point))

  it('makes a coefficient of the key vanish, and is convicted for it like for any share that is wrong', () => {
    const stage = registered('vanish')
    expect(lastDealing(stage, 1, () => others(stage, 1).negate().toBytes())).toEqual([])
    expect(stage.ceremony.qualified?.sharing.commitments[1]).toEqual(G2_IDENTITY)
    expect(codes(stage.confirm(1))).toEqual(['bad-share'])
    stage.confirmAll([1, 3, 4])
    expect(stage.activate([1, 3, 4])).toEqual([])
  })

  it('makes the share of another vanish', () => {
    const stage = registered('share')
    // A_1 so that the whole polynomial is zero at coordinate 3.
    const crafted = (honest: readonly Uint8Array[]) => {
      const rest = [0, 2].map(place => {
        const mine = pointOf(present(honest[place], 'a commitment'))
        return others(stage, place)
          .add(mine)
          .multiplyUnsafe(3n ** BigInt(place))
      })
      const sum = rest.reduce((left, right) => left.add(right)).multiplyUnsafe(Fr.inv(3n))
      return sum.add(others(stage, 1)).negate().toBytes()
    }
    expect(lastDealing(stage, 1, crafted)).toEqual([])
    expect(stage.ceremony.qualified?.sharing.publicShares[2]).toEqual(G2_IDENTITY)
    expect(codes(stage.confirm(3))).toEqual(['bad-share'])
    stage.confirmAll([1, 3, 4])
    expect(stage.activate([1, 3, 4])).toEqual([])
  })

  it('or a share of its own dealing alone, which is a share like any other', () => {
    const stage = registered('root')
    const root = Fr.neg(Fr.add(Fr.mul(2n, 3n), Fr.mul(3n, 9n)))
    // root + 2x + 3x² is zero at 3.
    const commitments = [root, 2n, 3n].map(publicKeyOf)
    const honest = stage.deal(MALLORY)
    const context = memberContext(stage.session, MALLORY)
    const equation = g2KeyEquation(curve, present(curve.decodeG2(publicKeyOf(root)), 'a key'))
    const constantProof = proveWithZero(PROOF_OF_CONSTANT, context, equation, G2_IDENTITY, root)
    expect(stage.applyDealing(MALLORY, { ...honest, commitments, constantProof })).toEqual([])
    stage.dealAll([1, 4])
    expect(codes(stage.confirm(3))).toEqual(['bad-share'])
  })
})

describe('a partial that cancels those of others', () => {
  it('is found like any wrong one', () => {
    const random = seededBytes('cancel')
    const shared = shareKey(drawScalar(random), 3, 4, random)
    const combiner = createSignatureCombiner(curve, shared.sharing)
    const message = utf8('a')
    const [first, second, third, fourth] = partialsOf(shared.shares, [1, 2, 3, 4], message) as [
      PartialSignature,
      PartialSignature,
      PartialSignature,
      PartialSignature,
    ]
    // Lagrange at zero for 1, 3, 2: 3, 1, -3.
    const point = ({ signature }: PartialSignature) => G1.Point.fromBytes(signature)
    const sum = point(first).multiplyUnsafe(3n).add(point(third))
    const crafted = { index: MALLORY, signature: sum.multiplyUnsafe(Fr.inv(3n)).toBytes() }
    const { signature, culprits } = combiner.combine(message, [first, third, crafted, fourth], random)
    expect(culprits).toEqual([MALLORY])
    expect(combiner.verify(message, present(signature, 'a signature'))).toBe(true)
    expect(second.signature).not.toEqual(crafted.signature)
  })
})
