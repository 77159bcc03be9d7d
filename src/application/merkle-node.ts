import { sha256Text } from '../crypto/hash.ts'
import { assert } from '../lib/assert.ts'

/**
 * The nodes of the authenticated map: an immutable binary trie over the bits of SHA-256(key).
 *
 * A subtree with no entry is null, one with a single entry is that leaf, wherever it hangs, and any other is an inner node: one
 * set of entries has one shape. Every hash commits to the length of the subtree's encoding besides its content, so that a
 * place in the encoding of the whole can be proved from the root. Hashes are texts (see `sha256Text`), made when first asked for.
 */
export type Node = Leaf | Inner | null

/** The first byte of every encoded node. */
export const TAG = { empty: 0, inner: 1, stub: 2, leaf: 3, leafDigest: 4 } as const

/** Of an entry's encoding: tag, length of the key, length of the value. */
const ENTRY_OVERHEAD_BYTES = 7
/** Key, value and overhead together. */
export const ENTRY_BYTES_MAX = 100_000
/** Bits of SHA-256. */
export const DEPTH_MAX = 256

/** No one can find what hashes to this. */
export const EMPTY_HASH = '\0'.repeat(32)

export class Leaf {
  readonly keyHash: string
  /** `tag 3 | key length u16 | key | value length u32 | value` */
  readonly entry: Uint8Array
  hash: string | null = null

  constructor(keyHash: string, entry: Uint8Array) {
    this.keyHash = keyHash
    this.entry = entry
  }
}

export class Inner {
  readonly left: Node
  readonly right: Node
  /** Length of the encoding. */
  readonly bytes: number
  hash: string | null = null

  constructor(left: Node, right: Node) {
    this.left = left
    this.right = right
    this.bytes = 1 + bytesOf(left) + bytesOf(right)
  }
}

/** Bit `depth` of a hash, the highest of the first byte being 0: whether the path turns right. */
export function turnsRight(keyHash: string, depth: number): boolean {
  return ((keyHash.charCodeAt(depth >> 3) >> (7 - (depth & 7))) & 1) === 1
}

/** Length of the node's encoding with everything below it. */
export function bytesOf(node: Node): number {
  if (node === null) return 1
  return node instanceof Leaf ? node.entry.length : node.bytes
}

export function findLeaf(root: Node, keyHash: string): Leaf | null {
  let node = root
  for (let depth = 0; node instanceof Inner; depth++)
    node = turnsRight(keyHash, depth) ? node.right : node.left
  return node !== null && node.keyHash === keyHash ? node : null
}

/** @returns the subtree with `leaf` in it, instead of the one with the same key */
export function insertLeaf(node: Node, leaf: Leaf, depth = 0): Node {
  if (node === null) return leaf
  if (node instanceof Leaf) return node.keyHash === leaf.keyHash ? leaf : joinLeaves(node, leaf, depth)
  return turnsRight(leaf.keyHash, depth)
    ? new Inner(node.left, insertLeaf(node.right, leaf, depth + 1))
    : new Inner(insertLeaf(node.left, leaf, depth + 1), node.right)
}

function joinLeaves(a: Leaf, b: Leaf, depth: number): Inner {
  assert(depth < DEPTH_MAX, 'two different keys have different hashes')
  const right = turnsRight(a.keyHash, depth)
  if (right !== turnsRight(b.keyHash, depth)) return right ? new Inner(b, a) : new Inner(a, b)
  const below = joinLeaves(a, b, depth + 1)
  return right ? new Inner(null, below) : new Inner(below, null)
}

/** @returns the subtree without the key; the same node when the key is not in it */
export function removeLeaf(node: Node, keyHash: string, depth = 0): Node {
  if (node === null) return null
  if (node instanceof Leaf) return node.keyHash === keyHash ? null : node
  const right = turnsRight(keyHash, depth)
  const child = right ? node.right : node.left
  const other = right ? node.left : node.right
  const rest = removeLeaf(child, keyHash, depth + 1)
  if (rest === child) return node
  if (rest === null && other instanceof Leaf) return other
  if (other === null && rest instanceof Leaf) return rest
  return right ? new Inner(other, rest) : new Inner(rest, other)
}

/** `tag 3 | key length u16 | key | value length u32 | value`, integers big-endian. */
export function encodeEntry(key: Uint8Array, value: Uint8Array): Uint8Array {
  const entry = new Uint8Array(ENTRY_OVERHEAD_BYTES + key.length + value.length)
  entry[0] = TAG.leaf
  entry[1] = key.length >> 8
  entry[2] = key.length
  entry.set(key, 3)
  const at = 3 + key.length
  entry[at] = value.length >> 24
  entry[at + 1] = value.length >> 16
  entry[at + 2] = value.length >> 8
  entry[at + 3] = value.length
  entry.set(value, at + 4)
  return entry
}

export function entryValue(leaf: Leaf): Uint8Array {
  const { entry } = leaf
  const keyLength = ((entry[1] as number) << 8) | (entry[2] as number)
  return entry.slice(ENTRY_OVERHEAD_BYTES + keyLength)
}

/**
 * Hashes of nodes: SHA-256 of `0 | key hash | hash of the entry's encoding | bytes u48` for a leaf and of
 * `1 | left | right | bytes u48` for an inner node, `bytes` being the length of the node's encoding. An object because of its
 * scratch space: two million hashes are made in it.
 */
export class NodeHasher {
  readonly #scratch = new Uint8Array(1 + 32 + 32 + 6)
  readonly #bytes = new DataView(this.#scratch.buffer, 65)

  hashOf(node: Node): string {
    if (node === null) return EMPTY_HASH
    if (node.hash !== null) return node.hash
    node.hash =
      node instanceof Leaf
        ? this.leafHash(node.keyHash, sha256Text(node.entry), node.entry.length)
        : this.innerHash(this.hashOf(node.left), this.hashOf(node.right), node.bytes)
    return node.hash
  }

  leafHash(keyHash: string, entryHash: string, bytes: number): string {
    return this.#hash(0, keyHash, entryHash, bytes)
  }

  innerHash(left: string, right: string, bytes: number): string {
    return this.#hash(1, left, right, bytes)
  }

  #hash(domain: 0 | 1, first: string, second: string, bytes: number): string {
    const scratch = this.#scratch
    scratch[0] = domain
    for (let i = 0; i < 32; i++) scratch[1 + i] = first.charCodeAt(i)
    for (let i = 0; i < 32; i++) scratch[33 + i] = second.charCodeAt(i)
    this.#bytes.setUint16(0, Math.floor(bytes / 2 ** 32))
    this.#bytes.setUint32(2, bytes >>> 0)
    return sha256Text(scratch)
  }
}
