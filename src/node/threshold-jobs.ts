import { sha256Text } from '../crypto/hash.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import { signMessage } from '../crypto/threshold/secret.ts'
import {
  type CombinedSignature,
  createSignatureCombiner,
  createSignatureVerifier,
  type PartialSignature,
  type PublicSharing,
  type SignatureCombiner,
  type SignatureVerifier,
} from '../crypto/threshold/signature.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { concatBytes } from '../lib/bytes.ts'

/** What a thread for threshold signatures is asked, and its answers: values that can be sent to another thread. */
export type ThresholdJob =
  | { readonly type: 'sign'; readonly share: Uint8Array; readonly message: Uint8Array }
  | {
      readonly type: 'combine'
      readonly sharing: PublicSharing
      readonly message: Uint8Array
      readonly partials: readonly PartialSignature[]
    }
  | {
      readonly type: 'verify'
      readonly publicKey: Uint8Array
      readonly message: Uint8Array
      readonly signature: Uint8Array
    }

export interface ThresholdAnswers {
  readonly sign: Uint8Array
  readonly combine: CombinedSignature
  readonly verify: boolean
}

/** Keys and sharings that are kept ready: reading one takes some hundredths of a second. The one used longest ago goes. */
const READY_MAX = 16

/** @returns does one job; `share` is wiped when it was used. Throws when our own side asked for what cannot be */
export function createJobRunner(
  curve: PublicCurve,
  random: RandomBytes,
): (job: ThresholdJob) => ThresholdAnswers[ThresholdJob['type']] {
  const combiners = new BoundedMap<string, SignatureCombiner>(READY_MAX)
  const verifiers = new BoundedMap<string, SignatureVerifier | null>(READY_MAX)

  function combinerOf(sharing: PublicSharing): SignatureCombiner {
    const name = sha256Text(concatBytes(...sharing.commitments, ...sharing.publicShares))
    const combiner = combiners.get(name) ?? createSignatureCombiner(curve, sharing)
    combiners.set(name, combiner)
    return combiner
  }

  function verifierOf(publicKey: Uint8Array): SignatureVerifier | null {
    const name = sha256Text(publicKey)
    const known = verifiers.get(name)
    const verifier = known === undefined ? createSignatureVerifier(curve, publicKey) : known
    verifiers.set(name, verifier)
    return verifier
  }

  return job => {
    switch (job.type) {
      case 'sign': {
        const partial = signMessage(job.share, job.message)
        job.share.fill(0)
        return partial
      }
      case 'combine':
        return combinerOf(job.sharing).combine(job.message, job.partials, random)
      case 'verify':
        return verifierOf(job.publicKey)?.verify(job.message, job.signature) ?? false
    }
  }
}
