import { sha256Text } from '../crypto/hash.ts'
import { ByteReader, ByteWriter } from './byte-cursor.ts'
import {
  bytesOf,
  DEPTH_MAX,
  EMPTY_HASH,
  encodeEntry,
  Leaf,
  type Node,
  NodeHasher,
  TAG,
  turnsRight,
} from './merkle-node.ts'

/**
 * Proofs that a key has a value, or none: the trie in pre-order with everything beside the path cut off.
 *
 * `empty`: `0`. `inner`: `1 | left | right`. `stub`, a subtree that was cut off: `2 | hash 32 | bytes u48`. `leafDigest`, the
 * leaf that the path ends in: `4 | key hash 32 | entry hash 32 | bytes u48`; that of another key proves absence, as an empty
 * subtree does. The decoder is total: whatever it is given, it says whether it is a proof.
 */
export const PROOF_BYTES_MAX = DEPTH_MAX * 40 + 71

export function proveKey(root: Node, keyHash: string, hasher: NodeHasher): Uint8Array {
  const writer = new ByteWriter()
  writePath(writer, root, keyHash, 0, hasher)
  return writer.finish()
}

function writePath(writer: ByteWriter, node: Node, keyHash: string, depth: number, hasher: NodeHasher): void {
  if (node === null) writer.u8(TAG.empty)
  else if (node instanceof Leaf) writeLeafDigest(writer, node)
  else {
    const right = turnsRight(keyHash, depth)
    writer.u8(TAG.inner)
    if (right) writeStub(writer, node.left, hasher)
    writePath(writer, right ? node.right : node.left, keyHash, depth + 1, hasher)
    if (!right) writeStub(writer, node.right, hasher)
  }
}

export function writeStub(writer: ByteWriter, node: Node, hasher: NodeHasher): void {
  if (node === null) {
    writer.u8(TAG.empty)
    return
  }
  writer.u8(TAG.stub)
  writer.text(hasher.hashOf(node))
  writer.u48(bytesOf(node))
}

export function writeLeafDigest(writer: ByteWriter, leaf: Leaf): void {
  writer.u8(TAG.leafDigest)
  writer.text(leaf.keyHash)
  writer.text(sha256Text(leaf.entry))
  writer.u48(leaf.entry.length)
}

/** What is known of a subtree that was read: enough for the hash of its parent. */
export interface Summary {
  readonly hash: string
  readonly bytes: number
}

export const EMPTY_SUMMARY: Summary = { hash: EMPTY_HASH, bytes: 1 }

export function readStub(reader: ByteReader): Summary | undefined {
  const hash = reader.text(32)
  const bytes = reader.u48()
  return hash === undefined || bytes === undefined ? undefined : { hash, bytes }
}

export interface LeafDigest extends Summary {
  readonly keyHash: string
  readonly entryHash: string
}

export function readLeafDigest(reader: ByteReader, hasher: NodeHasher): LeafDigest | undefined {
  const keyHash = reader.text(32)
  const entryHash = reader.text(32)
  const bytes = reader.u48()
  if (keyHash === undefined || entryHash === undefined || bytes === undefined) return undefined
  return { keyHash, entryHash, bytes, hash: hasher.leafHash(keyHash, entryHash, bytes) }
}

/**
 * Does the map with this root hold `value` under `key`?
 * @param root 32 bytes
 * @param value null: has it no such key?
 */
export function verifyKeyProof(
  root: Uint8Array,
  key: Uint8Array,
  value: Uint8Array | null,
  proof: Uint8Array,
): boolean {
  if (proof.length > PROOF_BYTES_MAX || root.length !== 32) return false
  const path = new PathReader(new ByteReader(proof), sha256Text(key))
  if (path.read()?.hash !== String.fromCharCode(...root)) return false
  const { leaf } = path
  if (leaf === null || leaf.keyHash !== path.keyHash) return value === null
  return value !== null && leaf.entryHash === sha256Text(encodeEntry(key, value))
}

class PathReader {
  readonly keyHash: string
  /** The leaf at the end of the path. */
  leaf: LeafDigest | null = null
  readonly #reader: ByteReader
  readonly #hasher = new NodeHasher()

  constructor(reader: ByteReader, keyHash: string) {
    this.#reader = reader
    this.keyHash = keyHash
  }

  /** @returns the root's summary, when these bytes are one path and nothing else */
  read(): Summary | undefined {
    const root = this.#onPath(0)
    return this.#reader.remaining === 0 ? root : undefined
  }

  #onPath(depth: number): Summary | undefined {
    const tag = this.#reader.u8()
    if (tag === TAG.empty) return EMPTY_SUMMARY
    if (tag === TAG.leafDigest) {
      const leaf = readLeafDigest(this.#reader, this.#hasher)
      this.leaf = leaf ?? null
      return leaf
    }
    if (tag !== TAG.inner || depth === DEPTH_MAX) return undefined
    const right = turnsRight(this.keyHash, depth)
    const first = right ? this.#besidePath() : this.#onPath(depth + 1)
    if (first === undefined) return undefined
    const second = right ? this.#onPath(depth + 1) : this.#besidePath()
    return second === undefined ? undefined : joinSummaries(first, second, this.#hasher)
  }

  #besidePath(): Summary | undefined {
    const tag = this.#reader.u8()
    if (tag === TAG.empty) return EMPTY_SUMMARY
    return tag === TAG.stub ? readStub(this.#reader) : undefined
  }
}

export function joinSummaries(left: Summary, right: Summary, hasher: NodeHasher): Summary {
  const bytes = 1 + left.bytes + right.bytes
  return { bytes, hash: hasher.innerHash(left.hash, right.hash, bytes) }
}
