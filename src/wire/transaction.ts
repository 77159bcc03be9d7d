import type { Transaction, TransactionId } from '../application/contract.ts'
import { sha256 } from '../crypto/hash.ts'
import { concatBytes, toHex, u64, utf8 } from '../lib/bytes.ts'

/**
 * What a client signs. A fixed layout, not an encoding that a library could write in two ways:
 * `"QUORATE/tx/v1" | networkId 32 | client 32 | timestampMs u64 | nonce u64 | operation`, integers big-endian; a system
 * transaction has a tag of its own.
 */
const TAG = utf8('QUORATE/tx/v1')
const SYSTEM_TAG = utf8('QUORATE/system-tx/v1')

export type UnsignedTransaction = Omit<Transaction, 'signature'>

/** @param networkId 32 bytes */
export function transactionSigningBytes(networkId: Uint8Array, transaction: UnsignedTransaction): Uint8Array {
  const { client, timestampMs, nonce, operation, kind } = transaction
  const tag = kind === 'system' ? SYSTEM_TAG : TAG
  return concatBytes(tag, networkId, client, u64(timestampMs), u64(nonce), operation)
}

/** SHA-256 of the signed part: two signatures over one transaction are one transaction. */
export function transactionId(networkId: Uint8Array, transaction: UnsignedTransaction): TransactionId {
  return toHex(sha256(transactionSigningBytes(networkId, transaction)))
}
