import { ed25519 } from '@noble/curves/ed25519.js'
import type { Transaction } from '../application/contract.ts'
import { transactionSigningBytes } from '../wire/transaction.ts'

/** An Ed25519 key of a client. The portable one is slow (a millisecond a signature); a program on Node may pass a native one. */
export interface ClientKey {
  /** 32 bytes */
  readonly publicKey: Uint8Array
  /** @returns 64 bytes, or none for a network that does not check signatures */
  sign(bytes: Uint8Array): Uint8Array
}

/** @param seed 32 bytes, the secret of RFC 8032 */
export function createPortableKey(seed: Uint8Array): ClientKey {
  const publicKey = ed25519.getPublicKey(seed)
  return { publicKey, sign: bytes => ed25519.sign(bytes, seed) }
}

/** For networks that do not check signatures: 32 bytes that name the client, and no signature. */
export function createUnsignedKey(publicKey: Uint8Array): ClientKey {
  return { publicKey, sign: () => new Uint8Array(0) }
}

/** Makes transactions of one client. */
export interface TransactionSigner {
  /** 32 bytes */
  readonly client: Uint8Array
  /** @param fields default: the time now, and a nonce that this signer has not used before */
  sign(
    operation: Uint8Array,
    fields?: { readonly timestampMs?: number; readonly nonce?: number },
  ): Transaction
}

/**
 * Builds and signs transactions of one client for one network.
 * @param seedOrKey a seed of 32 bytes, or any signer
 * @param networkId 32 bytes
 */
export function createTransactionSigner(
  seedOrKey: Uint8Array | ClientKey,
  networkId: Uint8Array,
): TransactionSigner {
  const key = seedOrKey instanceof Uint8Array ? createPortableKey(seedOrKey) : seedOrKey
  // Two programs that share a key and sign the same operation in the same millisecond must not make one transaction.
  let nextNonce = randomNonce()
  return {
    client: key.publicKey,
    sign(operation, { timestampMs = Date.now(), nonce = nextNonce++ } = {}) {
      const unsigned = { client: key.publicKey, timestampMs, nonce, operation }
      return { ...unsigned, signature: key.sign(transactionSigningBytes(networkId, unsigned)) }
    },
  }
}

/** 48 bits, so that counting up from it stays a safe integer. */
function randomNonce(): number {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(6))
  return bytes.reduce((nonce, byte) => nonce * 256 + byte, 0)
}
