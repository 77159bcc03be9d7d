import { ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import {
  type Equation,
  g2KeyEquation,
  PROOF_OF_COMPLAINT,
  PROOF_OF_CONSTANT,
  PROOF_OF_ENCRYPTION_KEY,
  PROOF_OF_EPHEMERAL,
  type ProofPurpose,
  prove,
  ristrettoEquation,
  ristrettoKeyEquation,
  verifyProof,
} from '../../../src/crypto/threshold/proof.ts'
import {
  decodeElement,
  encodeRistrettoScalar,
  RISTRETTO_BASE,
  RISTRETTO_ORDER,
} from '../../../src/crypto/threshold/ristretto.ts'
import { Fr } from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../../src/crypto/threshold/secret.ts'
import { present } from '../../../src/lib/assert.ts'
import { concatBytes, fromHex, utf8 } from '../../../src/lib/bytes.ts'
import { curve, seededBytes } from './support.ts'

const witness = 123456789n
const context = utf8('session and members')
const other = RISTRETTO_BASE.multiply(77n)
const g2 = (secret: bigint) => g2KeyEquation(curve, present(curve.decodeG2(publicKeyOf(secret)), 'a key'))
const key = (secret: bigint) => ristrettoKeyEquation(RISTRETTO_BASE.multiply(secret))
const shared = (secret: bigint) => ristrettoEquation(other, other.multiply(secret))

const cases: readonly [string, ProofPurpose, (secret: bigint) => readonly Equation[]][] = [
  ['of a key in G2', PROOF_OF_CONSTANT, secret => [g2(secret)]],
  ['of a key in ristretto255', PROOF_OF_EPHEMERAL, secret => [key(secret)]],
  ['of one secret behind two points', PROOF_OF_COMPLAINT, secret => [key(secret), shared(secret)]],
]

describe.each(cases)('a proof %s', (_, purpose, equations) => {
  const random = seededBytes('proof')
  const proof = prove(purpose, context, equations(witness), witness, random)

  it('holds, and for its context, purpose and statement only', () => {
    expect(proof).toHaveLength(64)
    expect(verifyProof(purpose, context, equations(witness), proof)).toBe(true)
    expect(verifyProof(purpose, utf8('session and member_'), equations(witness), proof)).toBe(false)
    expect(
      verifyProof({ ...purpose, domain: `${purpose.domain}-` }, context, equations(witness), proof),
    ).toBe(false)
    expect(verifyProof(purpose, context, equations(witness + 1n), proof)).toBe(false)
  })

  it('is made with the secret only', () => {
    const guessed = prove(purpose, context, equations(witness), witness + 1n, random)
    expect(verifyProof(purpose, context, equations(witness), guessed)).toBe(false)
  })

  it('breaks with any bit, and has one form', () => {
    for (const at of [0, 31, 32, 63]) {
      const broken = proof.with(at, (proof[at] as number) ^ 1)
      expect(verifyProof(purpose, context, equations(witness), broken)).toBe(false)
    }
    const response = BigInt(`0x${Buffer.from(proof.subarray(32)).toString('hex')}`) + purpose.order
    const bytes = response < 2n ** 256n ? encodeRistrettoScalar(response) : new Uint8Array(32).fill(255)
    for (const bad of [concatBytes(proof.subarray(0, 32), bytes), proof.slice(1), new Uint8Array(64)])
      expect(verifyProof(purpose, context, equations(witness), bad)).toBe(false)
  })

  it('gives nothing away when the random source repeats itself', () => {
    const stuck = () => new Uint8Array(32)
    const [first, second] = [utf8('first'), utf8('second')].map(said =>
      prove(purpose, said, equations(witness), witness, stuck),
    ) as [Uint8Array, Uint8Array]
    const read = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    const difference = (from: number) =>
      mod(read(first.subarray(from, from + 32)) - read(second.subarray(from, from + 32)))
    const mod = (value: bigint) => ((value % purpose.order) + purpose.order) % purpose.order
    // With one nonce for two challenges z - z' = (c - c')·w.
    expect(difference(32)).not.toBe(mod(difference(0) * witness))
  })
})

describe('weak Fiat-Shamir', () => {
  it('nobody proves a point that was computed after the challenge: the statement is in the hash', () => {
    // T = S, of which nobody knows the logarithm; c from T alone; z at will; then X = (z·B - S) / c is a statement that fits.
    const purpose = PROOF_OF_EPHEMERAL
    const base = RISTRETTO_BASE.toBytes()
    const unknown = decodeElement(fromHex('e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628'))
    const s = present(unknown, 'a point')
    for (const hashed of [
      [context, s.toBytes()],
      [context, base, s.toBytes()],
    ]) {
      const challenge = purpose.hashToScalar(concatBytes(...hashed), purpose.domain)
      const inverse = ed25519.Point.Fn.inv(challenge)
      const image = RISTRETTO_BASE.multiply(5n)
        .add(s.multiply(RISTRETTO_ORDER - 1n))
        .multiply(inverse)
      const equation = ristrettoKeyEquation(image)
      expect(equation.recommit(5n, RISTRETTO_ORDER - challenge)).toEqual(s.toBytes())
      const proof = concatBytes(encodeRistrettoScalar(challenge), encodeRistrettoScalar(5n))
      expect(verifyProof(purpose, context, [equation], proof)).toBe(false)
    }
  })
})

describe('a proof of two equations', () => {
  it('does not hold when a different secret stands behind each', () => {
    const equations = [key(witness), shared(witness + 1n)]
    for (const guess of [witness, witness + 1n]) {
      const proof = prove(PROOF_OF_COMPLAINT, context, equations, guess, seededBytes('two'))
      expect(verifyProof(PROOF_OF_COMPLAINT, context, equations, proof)).toBe(false)
    }
  })
})

describe('domains', () => {
  it('are one for each purpose, and name the group whose order the challenge is below', () => {
    const purposes = [PROOF_OF_CONSTANT, PROOF_OF_ENCRYPTION_KEY, PROOF_OF_EPHEMERAL, PROOF_OF_COMPLAINT]
    expect(purposes.map(({ domain }) => domain)).toEqual([
      'QUORATE-V01-CS01-with-BLS12381Fr_XMD:SHA-256_RO_dkg-pok-a0',
      'QUORATE-V01-CS01-with-ristretto255_XMD:SHA-512_RO_dkg-pok-enc',
      'QUORATE-V01-CS01-with-ristretto255_XMD:SHA-512_RO_dkg-pok-r',
      'QUORATE-V01-CS01-with-ristretto255_XMD:SHA-512_RO_dkg-dleq-complaint',
    ])
    expect(purposes.map(({ order }) => order)).toEqual([
      Fr.ORDER,
      RISTRETTO_ORDER,
      RISTRETTO_ORDER,
      RISTRETTO_ORDER,
    ])
  })
})
