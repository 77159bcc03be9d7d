import { sha256 } from '../crypto/hash.ts'
import { merkleRoot } from '../crypto/merkle.ts'
import { concatBytes, fromHex, toHex, u32, u64, utf8 } from '../lib/bytes.ts'
import { type Digest, digest } from '../pbft/types.ts'
import type { Receipt, Segment } from './window.ts'

/**
 * The chain over everything executed: h_n = SHA-256(tag, h_(n-1), n, proposal digest, receipts root, log time). Whoever knows h_n
 * for certain can check any run of segments that ends at n, backwards, without trusting whoever sent it.
 */
const TAG = utf8('QUORATE/history/v1')

export const GENESIS_HISTORY: Digest = digest('0'.repeat(64))

export function extendHistory(
  previous: Digest,
  segment: Omit<Segment, 'receipts' | 'historyDigest'>,
): Digest {
  const { sequence, proposalDigest, receiptsRoot, logTimeMs } = segment
  const fields = [
    fromHex(previous),
    u64(sequence),
    fromHex(proposalDigest),
    fromHex(receiptsRoot),
    u64(logTimeMs),
  ]
  return digest(toHex(sha256(concatBytes(TAG, ...fields))))
}

/** Merkle root over the receipts of one sequence: a receipt is proved by its path and the chain. */
export function receiptsRootOf(receipts: readonly Receipt[]): Digest {
  return digest(toHex(merkleRoot(receipts.map(receiptLeaf))))
}

/** `id 32 | code u32 | data`: place and sequence follow from the tree and the chain. */
export function receiptLeaf(receipt: Pick<Receipt, 'id' | 'code' | 'data'>): Uint8Array {
  return concatBytes(fromHex(receipt.id), u32(receipt.code), receipt.data)
}
