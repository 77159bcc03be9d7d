import { sha256 } from '../crypto/hash.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { parseScalar, type RandomBytes } from '../crypto/threshold/scalar.ts'
import { SIGNATURE_DOMAIN } from '../crypto/threshold/secret.ts'
import { polynomialHash } from '../crypto/threshold/session.ts'
import {
  type CombinedSignature,
  createSignatureCombiner,
  createSignatureVerifier,
  type PublicSharing,
  type SignatureCombiner,
} from '../crypto/threshold/signature.ts'
import { present } from '../lib/assert.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { concatBytes, toHex, u32 } from '../lib/bytes.ts'
import type { Prng } from '../lib/prng.ts'
import type { ThresholdWorker } from '../runtime/ports.ts'
import { createRememberingCurve } from './remembering-curve.ts'

/**
 * Threshold signatures as they are, with the reference curve, taking simulated time. What was found out for one member is not found out
 * again for another: combining and verifying are functions of what is public.
 */
export interface Findings {
  readonly curve: PublicCurve
  readonly combiners: BoundedMap<string, SignatureCombiner>
  readonly combined: BoundedMap<string, CombinedSignature>
  readonly verified: BoundedMap<string, boolean>
}

const FINDINGS_MAX = 1_024
const COMBINERS_MAX = 16
/** Of JavaScript on one core. */
const SIGN_MS = 2
const COMBINE_MS = 20
const VERIFY_MS = 15

/** @param curve what computes; a faster one gives the same */
export function createFindings(curve: PublicCurve = nobleCurve): Findings {
  return {
    curve: createRememberingCurve(curve),
    combiners: new BoundedMap(COMBINERS_MAX),
    combined: new BoundedMap(FINDINGS_MAX),
    verified: new BoundedMap(FINDINGS_MAX),
  }
}

export function createRandomBytes(prng: Prng): RandomBytes {
  return lengthBytes => Uint8Array.from({ length: lengthBytes }, () => prng.between(0, 255))
}

export function createSimWorker(
  { after }: { after(delayMs: number, run: () => void): void },
  findings: Findings,
  random: RandomBytes,
): ThresholdWorker {
  return {
    sign(share, message, done) {
      const partial = partialOf(findings.curve, share, message)
      after(SIGN_MS, () => done(partial))
    },
    combine(sharing, message, partials, done) {
      const parts = partials.flatMap(({ index, signature }) => [u32(index), signature])
      const name = toHex(sha256(concatBytes(polynomialHash(sharing), message, ...parts)))
      const known = findings.combined.get(name)
      const combined = known ?? combinerOf(findings, sharing).combine(message, partials, random)
      findings.combined.set(name, combined)
      after(COMBINE_MS, () => done(combined))
    },
    verify(publicKey, message, signature, done) {
      const name = toHex(sha256(concatBytes(publicKey, signature, message)))
      const valid = findings.verified.get(name) ?? isValid(findings.curve, publicKey, message, signature)
      findings.verified.set(name, valid)
      after(VERIFY_MS, () => done(valid))
    },
  }
}

/** What `signMessage` gives. A simulated secret need not be kept from whoever measures, and the message is one point for all. */
function partialOf(curve: PublicCurve, share: Uint8Array, message: Uint8Array): Uint8Array {
  const scalar = present(parseScalar(share), 'a share below the group order')
  return curve.encodeG1(curve.sumG1([{ scalar, point: curve.hashToG1(message, SIGNATURE_DOMAIN) }]))
}

function isValid(
  curve: PublicCurve,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return createSignatureVerifier(curve, publicKey)?.verify(message, signature) ?? false
}

function combinerOf({ curve, combiners }: Findings, sharing: PublicSharing): SignatureCombiner {
  const name = toHex(polynomialHash(sharing))
  const combiner = combiners.get(name) ?? createSignatureCombiner(curve, sharing)
  combiners.set(name, combiner)
  return combiner
}
