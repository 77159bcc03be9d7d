import { concatBytes } from '../lib/bytes.ts'
import { sha256 } from './hash.ts'

/** The Merkle tree hash of RFC 6962 §2.1 over a list: leaves and inner nodes are told apart by their first byte. */

const LEAF = new Uint8Array([0])
const INNER = new Uint8Array([1])
const EMPTY = sha256(new Uint8Array(0))

/** All hashes of a tree, from the leaves to the root. */
export type MerkleLevels = readonly (readonly Uint8Array[])[]

/** @returns 32 bytes */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return merkleLevels(leaves).at(-1)?.[0] ?? EMPTY
}

/** For several paths of one tree. */
export function merkleLevels(leaves: readonly Uint8Array[]): MerkleLevels {
  const levels = [leaves.map(leafHash)]
  for (let level = levels[0]; level !== undefined && level.length > 1; level = levels.at(-1))
    levels.push(levelAbove(level))
  return levels
}

/**
 * What stands beside the way from a leaf to the root, from below: the audit path of RFC 6962 §2.1.1.
 * @param index from 0, below the number of leaves
 */
export function merklePath(levels: MerkleLevels, index: number): readonly Uint8Array[] {
  return levels.flatMap((level, height) => {
    const place = Math.floor(index / 2 ** height)
    return level[place % 2 === 0 ? place + 1 : place - 1] ?? []
  })
}

/**
 * The root that a path leads to, or null when no tree of `size` leaves has such a path; RFC 9162 §2.1.3.2. It shows that the leaf is
 * in the tree. Where, it shows only to who knows the size: two sizes can share a path.
 */
export function rootOfPath(
  leaf: Uint8Array,
  { index, size }: { readonly index: number; readonly size: number },
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null
  let hash = leafHash(leaf)
  let used = 0
  for (let [place, last] = [index, size - 1]; last > 0; ) {
    const isAlone = place === last && place % 2 === 0
    const beside = isAlone ? undefined : path[used++]
    if (!isAlone && beside === undefined) return null
    if (beside !== undefined) hash = place % 2 === 0 ? innerHash(hash, beside) : innerHash(beside, hash)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return used === path.length ? hash : null
}

/** An odd node rises as it is: with pairs taken from the left this is the tree of the RFC, split at powers of two. */
function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Uint8Array
    const right = level[i + 1]
    above.push(right === undefined ? left : innerHash(left, right))
  }
  return above
}

const leafHash = (leaf: Uint8Array): Uint8Array => sha256(concatBytes(LEAF, leaf))
const innerHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concatBytes(INNER, left, right))
