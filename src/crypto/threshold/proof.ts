import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { assert } from '../../lib/assert.ts'
import { concatBytes } from '../../lib/bytes.ts'
import type { G1Point, G2Point, PublicCurve } from './public-curve.ts'
import { type Element, hashToRistrettoScalar, RISTRETTO_BASE, RISTRETTO_ORDER } from './ristretto.ts'
import { Fr, type RandomBytes } from './scalar.ts'
import { multiplyG1, publicKeyOf } from './secret.ts'

/**
 * Zero-knowledge proofs of one secret scalar: that the prover knows w with X = w·B (Schnorr), or that the same w stands behind
 * two such equations (Chaum-Pedersen, "DLEQ"). Both are one protocol over a list of equations, made non-interactive by a hash
 * (Fiat-Shamir): k random, T_i = k·B_i, c = H(context, B_i, X_i, T_i …), z = k + c·w. The proof is (c, z), 64 bytes; the verifier
 * computes T_i = z·B_i - c·X_i and compares c.
 *
 * The hash binds everything that has been said: the domain names the purpose and the group, the context session and members, and
 * all points go in. So no proof serves for another session, member, purpose or statement.
 */
export const PROOF_BYTES = 64
const SCALAR_BYTES = 32

/** What is proven, in which group, under its own domain separation tag (form of RFC 9380 §3.1). */
export interface ProofPurpose {
  readonly domain: string
  readonly order: bigint
  hashToScalar(bytes: Uint8Array, domain: string): bigint
}

/** image = witness · base. Encodings have one length for each group, so the hash reads one way only. */
export interface Equation {
  readonly base: Uint8Array
  readonly image: Uint8Array
  /** @param nonce secret @returns nonce · base */
  commit(nonce: bigint): Uint8Array
  /** @returns response · base + negatedChallenge · image */
  recommit(response: bigint, negatedChallenge: bigint): Uint8Array
}

const blsScalar = (name: string): ProofPurpose => ({
  domain: `QUORATE-V01-CS01-with-BLS12381Fr_XMD:SHA-256_RO_${name}`,
  order: Fr.ORDER,
  hashToScalar: (bytes, domain) => bls12_381.G1.hashToScalar(bytes, { DST: domain }),
})
const ristrettoScalar = (name: string): ProofPurpose => ({
  domain: `QUORATE-V01-CS01-with-ristretto255_XMD:SHA-512_RO_${name}`,
  order: RISTRETTO_ORDER,
  hashToScalar: hashToRistrettoScalar,
})

export const PROOF_OF_CONSTANT: ProofPurpose = blsScalar('dkg-pok-a0')
export const PROOF_OF_ENCRYPTION_KEY: ProofPurpose = ristrettoScalar('dkg-pok-enc')
export const PROOF_OF_EPHEMERAL: ProofPurpose = ristrettoScalar('dkg-pok-r')
export const PROOF_OF_COMPLAINT: ProofPurpose = ristrettoScalar('dkg-dleq-complaint')
const PROOF_OF_PARTIAL: ProofPurpose = blsScalar('partial-dleq')

/** @param context of one length for each purpose @returns 64 bytes: challenge and response */
export function prove(
  purpose: ProofPurpose,
  context: Uint8Array,
  equations: readonly Equation[],
  witness: bigint,
  random: RandomBytes,
): Uint8Array {
  const nonce = drawNonce(purpose, context, equations, witness, random)
  const challenge = challengeOf(
    purpose,
    context,
    equations,
    equations.map(equation => equation.commit(nonce)),
  )
  const response = (nonce + challenge * witness) % purpose.order
  return concatBytes(numberToBytesBE(challenge, SCALAR_BYTES), numberToBytesBE(response, SCALAR_BYTES))
}

/** Whatever it is given, it says whether the proof holds. */
export function verifyProof(
  purpose: ProofPurpose,
  context: Uint8Array,
  equations: readonly Equation[],
  proof: Uint8Array,
): boolean {
  if (proof.length !== PROOF_BYTES) return false
  const challenge = bytesToNumberBE(proof.subarray(0, SCALAR_BYTES))
  const response = bytesToNumberBE(proof.subarray(SCALAR_BYTES))
  if (challenge >= purpose.order || response >= purpose.order) return false
  const negated = challenge === 0n ? 0n : purpose.order - challenge
  const commitments = equations.map(equation => equation.recommit(response, negated))
  return challengeOf(purpose, context, equations, commitments) === challenge
}

function challengeOf(
  purpose: ProofPurpose,
  context: Uint8Array,
  equations: readonly Equation[],
  commitments: readonly Uint8Array[],
): bigint {
  const points = equations.flatMap(({ base, image }) => [base, image])
  return purpose.hashToScalar(concatBytes(context, ...points, ...commitments), purpose.domain)
}

/**
 * Randomness alone would do; with the witness and the statement hashed in, a source that repeats itself does not give the witness
 * away, because two different challenges never meet one nonce. RFC 9591 §4.1 does the same.
 */
function drawNonce(
  purpose: ProofPurpose,
  context: Uint8Array,
  equations: readonly Equation[],
  witness: bigint,
  random: RandomBytes,
): bigint {
  const points = equations.flatMap(({ base, image }) => [base, image])
  const secret = numberToBytesBE(witness, SCALAR_BYTES)
  const nonce = purpose.hashToScalar(
    concatBytes(random(SCALAR_BYTES), secret, context, ...points),
    `${purpose.domain}-nonce`,
  )
  assert(nonce !== 0n, 'a nonce of zero gives the witness away')
  return nonce
}

/**
 * Says that a partial signature is by the share behind a public share, log_H(sigma) = log_G2(Y), in two groups of one order: a
 * check of a partial without a pairing.
 * @param share in [1, r) @returns 64 bytes
 */
export function provePartial(
  curve: PublicCurve,
  partial: PartialStatement,
  share: bigint,
  random: RandomBytes,
): Uint8Array {
  return prove(PROOF_OF_PARTIAL, new Uint8Array(0), partialEquations(curve, partial), share, random)
}

export function verifyPartialProof(
  curve: PublicCurve,
  partial: PartialStatement,
  proof: Uint8Array,
): boolean {
  return verifyProof(PROOF_OF_PARTIAL, new Uint8Array(0), partialEquations(curve, partial), proof)
}

export interface PartialStatement {
  /** The message as a point. */
  readonly message: G1Point
  readonly signature: G1Point
  readonly publicShare: G2Point
}

function partialEquations(curve: PublicCurve, { message, signature, publicShare }: PartialStatement) {
  return [g2KeyEquation(curve, publicShare), g1Equation(curve, message, signature)]
}

export function ristrettoEquation(base: Element, image: Element): Equation {
  return {
    base: base.toBytes(),
    image: image.toBytes(),
    commit: nonce => base.multiply(nonce).toBytes(),
    recommit: (response, negated) =>
      base.multiplyUnsafe(response).add(image.multiplyUnsafe(negated)).toBytes(),
  }
}

/** Over ristretto255's base point: image is a public key. */
export function ristrettoKeyEquation(image: Element): Equation {
  return ristrettoEquation(RISTRETTO_BASE, image)
}

/** Over the generator of G2: image is a public key. */
export function g2KeyEquation(curve: PublicCurve, image: G2Point): Equation {
  return {
    base: curve.encodeG2(curve.generatorG2),
    image: curve.encodeG2(image),
    commit: publicKeyOf,
    recommit: (response, negated) =>
      curve.encodeG2(
        curve.sumG2([
          { scalar: response, point: curve.generatorG2 },
          { scalar: negated, point: image },
        ]),
      ),
  }
}

function g1Equation(curve: PublicCurve, base: G1Point, image: G1Point): Equation {
  const encodedBase = curve.encodeG1(base)
  return {
    base: encodedBase,
    image: curve.encodeG1(image),
    commit: nonce => multiplyG1(encodedBase, nonce),
    recommit: (response, negated) =>
      curve.encodeG1(
        curve.sumG1([
          { scalar: response, point: base },
          { scalar: negated, point: image },
        ]),
      ),
  }
}
