import { sha256 } from '../crypto/hash.ts'
import { concatBytes, equalBytes, u64, utf8 } from '../lib/bytes.ts'
import type { SignatureChecker, SignatureClaim, Signer } from '../runtime/ports.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Stand-ins for Ed25519 through the same interfaces: a signature is a hash over key and bytes. Whoever knows a public key could
 * forge one, and nobody in the world does: a faulty member signs with the signer that it was given.
 */
export function createStandInSigner(name: string, index: number): Signer {
  const publicKey = sha256(concatBytes(utf8(`QUORATE/sim/key/${name}`), u64(index)))
  return { publicKey, sign: bytes => signatureOf(publicKey, bytes) }
}

function signatureOf(publicKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  const hash = sha256(concatBytes(publicKey, bytes))
  return concatBytes(hash, publicKey)
}

/** What was found of a claim, for all members of a world: many are asked about the same one. */
export type StandInVerdicts = WeakMap<SignatureClaim, boolean>

/** @param delayMs drawn for each check */
export function createStandInChecker(
  scheduler: Pick<Scheduler, 'after'>,
  verdicts: StandInVerdicts,
  delayMs: () => number,
): SignatureChecker {
  return {
    check(claims, done) {
      const valid = claims.map(claim => {
        const known = verdicts.get(claim)
        if (known !== undefined) return known
        const verdict = isStandInSignature(claim)
        verdicts.set(claim, verdict)
        return verdict
      })
      scheduler.after(delayMs(), () => done(valid))
    },
  }
}

export function isStandInSignature({ publicKey, bytes, signature }: SignatureClaim): boolean {
  return signature.length === 64 && equalBytes(signatureOf(publicKey, bytes), signature)
}
