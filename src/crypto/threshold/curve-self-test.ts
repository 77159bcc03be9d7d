import { fromHex, toHex } from '../../lib/bytes.ts'
import { messageOf } from '../../lib/thrown.ts'
import { sha256 } from '../hash.ts'
import type { G1Point, G2Point, PublicCurve } from './public-curve.ts'
import { SIGNATURE_DOMAIN } from './secret.ts'

/**
 * Whether an implementation of the curve can be relied on, by answers that are public and come from others: asked of one that was
 * compiled elsewhere, each time that it is loaded. It takes some hundredths of a second. What is refused is tried too, because an
 * implementation that takes everything finds every right answer right.
 *
 * @returns what is wrong, null for nothing
 */
export function selfTestCurve(curve: PublicCurve): string | null {
  try {
    return QUESTIONS.find(({ holds }) => !holds(curve))?.what ?? null
  } catch (error) {
    return messageOf(error)
  }
}

interface Question {
  readonly what: string
  holds(curve: PublicCurve): boolean
}

/** drand's quicknet: a key that many hold together, and one of its beacons. */
const QUICKNET_KEY =
  '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451' +
  '0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a'
const ROUND_123 = fromHex('000000000000007b')
const BEACON_123 =
  'b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92'

/** The first vector of paulmillr/noble-curves' bls12-381-g1-test-vectors.txt: a key that everybody knows signs one byte. */
const KNOWN_KEY = 0x611810ebd8f5a7faad47b2249f9d13be0506131db987b6948f1ca3194fa6b643n
const KNOWN_MESSAGE = fromHex('68')
const KNOWN_SIGNATURE =
  '94250c0cc62ae9041c6f6e5042202b3c327991ce4b2841a4145d270f6c8311bc95673c826ada72a6d69e92a833d649e6'

const IMPROPER_G1 = [
  // the identity
  `c0${'00'.repeat(47)}`,
  // on the curve, outside the subgroup
  `a0${'00'.repeat(46)}05`,
  // not compressed
  `00${'00'.repeat(47)}`,
  // a signature with the flag of the identity
  `d4${KNOWN_SIGNATURE.slice(2)}`,
]
const IMPROPER_G2 = [`c0${'00'.repeat(95)}`, `80${'00'.repeat(94)}02`, `00${'00'.repeat(95)}`]

const QUESTIONS: readonly Question[] = [
  {
    what: 'does not refuse every improper point',
    holds: curve =>
      IMPROPER_G1.every(hex => curve.decodeG1(fromHex(hex)) === null) &&
      IMPROPER_G2.every(hex => curve.decodeG2(fromHex(hex)) === null),
  },
  { what: 'does not make a published signature', holds: makesKnownSignature },
  { what: 'does not find a published signature right, or a wrong one wrong', holds: verifiesKnownSignature },
  { what: 'does not find a published beacon right, or a wrong one wrong', holds: verifiesBeacon },
  { what: 'does not evaluate a polynomial', holds: evaluates },
]

function makesKnownSignature(curve: PublicCurve): boolean {
  const point = curve.hashToG1(KNOWN_MESSAGE, SIGNATURE_DOMAIN)
  return toHex(curve.encodeG1(curve.sumG1([{ scalar: KNOWN_KEY, point }]))) === KNOWN_SIGNATURE
}

function verifiesKnownSignature(curve: PublicCurve): boolean {
  const key = curve.sumG2([{ scalar: KNOWN_KEY, point: curve.generatorG2 }])
  const another = curve.addG2(key, curve.generatorG2)
  const signature = curve.decodeG1(fromHex(KNOWN_SIGNATURE))
  const message = curve.hashToG1(KNOWN_MESSAGE, SIGNATURE_DOMAIN)
  if (signature === null) return false
  return isSignature(curve, key, message, signature) && !isSignature(curve, another, message, signature)
}

function verifiesBeacon(curve: PublicCurve): boolean {
  const key = curve.decodeG2(fromHex(QUICKNET_KEY))
  const signature = curve.decodeG1(fromHex(BEACON_123))
  if (key === null || signature === null || toHex(curve.encodeG2(key)) !== QUICKNET_KEY) return false
  const right = curve.hashToG1(sha256(ROUND_123), SIGNATURE_DOMAIN)
  const wrong = curve.hashToG1(ROUND_123, SIGNATURE_DOMAIN)
  return isSignature(curve, key, right, signature) && !isSignature(curve, key, wrong, signature)
}

/** (1 + 2·5 + 3·25)·G2, once by Horner's rule, once as a multiple. */
function evaluates(curve: PublicCurve): boolean {
  const { generatorG2 } = curve
  const coefficients = [1n, 2n, 3n].map(scalar => curve.sumG2([{ scalar, point: generatorG2 }]))
  const expected = curve.sumG2([{ scalar: 86n, point: generatorG2 }])
  return toHex(curve.encodeG2(curve.evaluateG2(coefficients, 5))) === toHex(curve.encodeG2(expected))
}

function isSignature(curve: PublicCurve, key: G2Point, message: G1Point, signature: G1Point): boolean {
  return curve.isSamePairing(
    { g1: signature, g2: curve.prepare(curve.generatorG2) },
    { g1: message, g2: curve.prepare(key) },
  )
}
