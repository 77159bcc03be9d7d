import { concatBytes } from '../lib/bytes.ts'
import { sha256 } from './hash.ts'

/** The Merkle tree hash of RFC 6962 §2.1 over a list: leaves and inner nodes are told apart by their first byte. */

const LEAF = new Uint8Array([0])
const INNER = new Uint8Array([1])
const EMPTY = sha256(new Uint8Array(0))

/** @returns 32 bytes */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY
  let level = leaves.map(leaf => sha256(concatBytes(LEAF, leaf)))
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array
      const right = level[i + 1]
      // An odd node rises as it is: with pairs taken from the left this is the tree of the RFC, split at powers of two.
      above.push(right === undefined ? left : sha256(concatBytes(INNER, left, right)))
    }
    level = above
  }
  return level[0] as Uint8Array
}
