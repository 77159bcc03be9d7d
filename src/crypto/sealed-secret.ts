import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, utf8 } from '../lib/bytes.ts'

/**
 * Secrets that a member keeps beside its identity, under a key that follows from it: XChaCha20-Poly1305, whose nonce is long enough
 * to be drawn each time. The name under which a secret is kept is its associated data, so that one does not open under another's
 * name. For what has no format of its own; shares of keys are in keystores.
 */
export interface SealingKey {
  /** @param nonce 24 fresh random bytes @returns 48 bytes more than the secret has */
  seal(name: string, secret: Uint8Array, nonce: Uint8Array): Uint8Array
  /** @returns null when it was not sealed by this key under this name, or was changed since */
  open(name: string, sealed: Uint8Array): Uint8Array | null
}

export const NONCE_BYTES = 24
/** Eight bytes that tell the format. */
const MAGIC = utf8('quorate1')
const INFO = utf8('QUORATE/vault/v1')

/** @param seed of the identity, 32 bytes @param networkId 32 bytes: one identity has other keys in another network */
export function createSealingKey(seed: Uint8Array, networkId: Uint8Array): SealingKey {
  const key = hkdf(sha256, seed, networkId, INFO, 32)
  return {
    seal(name, secret, nonce) {
      return concatBytes(MAGIC, nonce, xchacha20poly1305(key, nonce, utf8(name)).encrypt(secret))
    },
    open(name, sealed) {
      const start = MAGIC.length + NONCE_BYTES
      if (sealed.length < start || !equalBytes(sealed.subarray(0, MAGIC.length), MAGIC)) return null
      const nonce = sealed.subarray(MAGIC.length, start)
      try {
        return xchacha20poly1305(key, nonce, utf8(name)).decrypt(sealed.subarray(start))
      } catch {
        return null // the tag is wrong
      }
    },
  }
}
