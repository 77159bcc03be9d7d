import { sha256 } from '../crypto/hash.ts'
import { type MerkleLevels, merkleLevels, merklePath, rootOfPath } from '../crypto/merkle.ts'
import { present } from '../lib/assert.ts'
import { toHex } from '../lib/bytes.ts'
import { type Certificate, type Digest, digest, type Sequence, sequence } from '../pbft/types.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import { extendHistory, receiptLeaf } from './history.ts'
import { KEYS_VERSION, keysRootOf } from './key-parts.ts'
import { stateRootOf, systemRootOf } from './replicated-state.ts'
import type { Receipt, Segment } from './window.ts'

/**
 * What ties a receipt, or a value of the state, to a certified statement, so that whoever believes the statement need not believe
 * whoever shows it. A receipt lies in the tree of its sequence, the root of that tree in the chain of history, and the chain is
 * followed link by link to the certified sequence. A value lies under the application's root, and that under the state root.
 *
 * Everything here is pure, and says what follows from a proof; whether the certificate says the same is for the reader to see.
 */

/** Who vouches for a statement: the network's key, or a quorum of members, each for itself. */
export type AnyCertificate = ThresholdCertificate | Certificate

/** One sequence of the chain, without its receipts. */
export type HistoryLink = Pick<Segment, 'proposalDigest' | 'receiptsRoot' | 'logTimeMs'>

export interface ReceiptProof {
  readonly receipt: Receipt
  /** Receipts of its sequence. */
  readonly count: number
  /** In the tree over them, from below; 32 bytes each. */
  readonly path: readonly Uint8Array[]
  /** The chain before its sequence. */
  readonly historyBefore: Digest
  readonly proposalDigest: Digest
  readonly logTimeMs: number
  /** The sequences after its own, up to the certified one. */
  readonly links: readonly HistoryLink[]
}

export interface StateProof {
  readonly key: string
  /** null: there is none */
  readonly value: Uint8Array | null
  /** The application's own format; leads from its root to the value. */
  readonly proof: Uint8Array
  /** 32 bytes */
  readonly applicationRoot: Uint8Array
  /** 32 bytes, of everything in the state that is not the application's. */
  readonly systemRoot: Uint8Array
}

/** That a key is the network's, by the word of its members. */
export interface KeyProof {
  /** 32 bytes */
  readonly applicationRoot: Uint8Array
  readonly floorMs: number
  readonly firstSequence: number
  /** The first part of the keys' encoding, whole: the key that counts stands at its beginning. */
  readonly part: Uint8Array
  /** SHA-256 of the other parts; 32 bytes each. */
  readonly otherHashes: readonly Uint8Array[]
}

/** The key that counted at the sequence of a proof. */
export interface ActiveKey {
  /** 96 bytes */
  readonly publicKey: Uint8Array
  /** Of its shares. */
  readonly epoch: number
  /** Where these shares began to count. */
  readonly activatedSequence: number
  readonly activatedMs: number
}

/** Sequences between a receipt and its certificate, the receipt's own not counted: 72 bytes each. */
export const HISTORY_LINKS_MAX = 4_096
/** A sequence has fewer than 2^20 receipts: 96 batches of at most some thousands. */
export const RECEIPT_PATH_MAX = 20

/**
 * @param own the receipt's sequence
 * @param levels of the tree over its receipts, see `receiptLevelsOf`
 * @param links the sequences after it, up to the certified one
 */
export function proveReceipt(
  { position }: Pick<Receipt, 'position'>,
  own: Pick<Segment, 'receipts' | 'proposalDigest' | 'logTimeMs'>,
  levels: MerkleLevels,
  historyBefore: Digest,
  links: readonly HistoryLink[],
): ReceiptProof {
  const { receipts, proposalDigest, logTimeMs } = own
  const receipt = present(receipts[position], 'the receipt that is proved')
  const path = merklePath(levels, position)
  return { receipt, count: receipts.length, path, historyBefore, proposalDigest, logTimeMs, links }
}

export function receiptLevelsOf({ receipts }: Pick<Segment, 'receipts'>): MerkleLevels {
  return merkleLevels(receipts.map(receiptLeaf))
}

export function linkOf({ proposalDigest, receiptsRoot, logTimeMs }: HistoryLink): HistoryLink {
  return { proposalDigest, receiptsRoot, logTimeMs }
}

/** Where the chain stands, and at which sequence, if the proof is true; null when its path fits no tree. */
export function historyOfProof(proof: ReceiptProof): { sequence: Sequence; historyDigest: Digest } | null {
  const { receipt, count, path, proposalDigest, logTimeMs, links } = proof
  const root = rootOfPath(receiptLeaf(receipt), { index: receipt.position, size: count }, path)
  if (root === null) return null
  let at = receipt.sequence
  const receiptsRoot = digest(toHex(root))
  let history = extendHistory(proof.historyBefore, { sequence: at, proposalDigest, receiptsRoot, logTimeMs })
  for (const link of links) {
    at = sequence(at + 1)
    history = extendHistory(history, { sequence: at, ...link })
  }
  return { sequence: at, historyDigest: history }
}

/** The state root, if the proof's roots are true. */
export function stateRootOfProof({
  applicationRoot,
  systemRoot,
}: Pick<StateProof, 'applicationRoot' | 'systemRoot'>): Digest {
  return stateRootOf(applicationRoot, systemRoot)
}

/** @param keyParts see `keyPartsOf` */
export function proveKey(
  fields: Pick<KeyProof, 'applicationRoot' | 'floorMs' | 'firstSequence'>,
  keyParts: readonly Uint8Array[],
): KeyProof {
  const [part, ...others] = keyParts
  return { ...fields, part: present(part, 'an encoding of keys'), otherHashes: others.map(sha256) }
}

/** The state root, if the proof is true of a state of that log time. */
export function stateRootOfKeyProof(proof: KeyProof, logTimeMs: number): Digest {
  const { applicationRoot, floorMs, firstSequence, part, otherHashes } = proof
  const keysRoot = keysRootOf([sha256(part), ...otherHashes])
  return stateRootOf(applicationRoot, systemRootOf({ logTimeMs, floorMs, firstSequence, keysRoot }))
}

/**
 * From the beginning of the keys' encoding: `version u32 | active keys u32 | epoch u64 | activated at u64 | log time u64 |
 * threshold u32 | members u32 | key 96`; null when no key counts.
 */
export function activeKeyOf({ part }: Pick<KeyProof, 'part'>): ActiveKey | null {
  const view = new DataView(part.buffer, part.byteOffset, part.length)
  if (part.length < 136 || view.getUint32(0) !== KEYS_VERSION || view.getUint32(4) !== 1) return null
  const u64At = (at: number) => view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)
  return {
    epoch: u64At(8),
    activatedSequence: u64At(16),
    activatedMs: u64At(24),
    publicKey: part.slice(40, 136),
  }
}
