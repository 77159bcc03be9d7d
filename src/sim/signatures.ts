import { sha256 } from '../crypto/hash.ts'
import { concatBytes, equalBytes, u64, utf8 } from '../lib/bytes.ts'
import type { SignatureChecker, Signer } from '../runtime/ports.ts'
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

/** @param delayMs drawn for each check */
export function createStandInChecker(
  scheduler: Pick<Scheduler, 'after'>,
  delayMs: () => number,
): SignatureChecker {
  return {
    check(claims, done) {
      const valid = claims.map(
        claim =>
          claim.signature.length === 64 &&
          equalBytes(signatureOf(claim.publicKey, claim.bytes), claim.signature),
      )
      scheduler.after(delayMs(), () => done(valid))
    },
  }
}
