import { sha256 } from '../crypto/hash.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import { signMessage } from '../crypto/threshold/secret.ts'
import { polynomialHash } from '../crypto/threshold/session.ts'
import {
  type CombinedSignature,
  createSignatureCombiner,
  createSignatureVerifier,
  type PublicSharing,
  type SignatureCombiner,
} from '../crypto/threshold/signature.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { concatBytes, toHex, u32 } from '../lib/bytes.ts'
import type { Prng } from '../lib/prng.ts'
import type { ThresholdWorker } from '../runtime/ports.ts'

/**
 * Threshold signatures as they are, with the reference curve, taking simulated time. What was found out for one member is not found out
 * again for another: combining and verifying are functions of what is public.
 */
export interface Findings {
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

export function createFindings(): Findings {
  return {
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
      const partial = signMessage(share, message)
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
      const valid = findings.verified.get(name) ?? isValid(publicKey, message, signature)
      findings.verified.set(name, valid)
      after(VERIFY_MS, () => done(valid))
    },
  }
}

function isValid(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return createSignatureVerifier(nobleCurve, publicKey)?.verify(message, signature) ?? false
}

function combinerOf({ combiners }: Findings, sharing: PublicSharing): SignatureCombiner {
  const name = toHex(polynomialHash(sharing))
  const combiner = combiners.get(name) ?? createSignatureCombiner(nobleCurve, sharing)
  combiners.set(name, combiner)
  return combiner
}
