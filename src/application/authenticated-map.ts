import { hashTextToBytes, sha256Text } from '../crypto/hash.ts'
import { assert } from '../lib/assert.ts'
import type { Snapshot } from './contract.ts'
import { chunkCountOf, encodeChunk, entriesOfChunk } from './merkle-chunk.ts'
import {
  bytesOf,
  ENTRY_BYTES_MAX,
  encodeEntry,
  entryValue,
  findLeaf,
  insertLeaf,
  Leaf,
  type Node,
  NodeHasher,
  removeLeaf,
} from './merkle-node.ts'
import { proveKey } from './merkle-proof.ts'

/**
 * A map of bytes to bytes whose 32-byte root commits to every entry: the state that an application keeps.
 *
 * It is a binary trie over SHA-256(key), copied on write: a change makes new nodes along one path, so a snapshot is a
 * reference to the root, and hashes are made when a root is asked for, each once for all changes since. `merkle-node.ts`
 * says what is hashed, `merkle-proof.ts` how a single key is proved, present or absent, `merkle-chunk.ts` how the whole is
 * moved. A trie and not a balanced tree, because its shape follows from its content: any order of the same changes
 * gives one root.
 *
 * Why not a library: `@ethereumjs/mpt` and `urkel` are asynchronous, `@iden3/js-merkletree` and `@zk-kit/sparse-merkle-tree`
 * hash with field elements, `merkletreejs` and `@openzeppelin/merkle-tree` prove no absence, `@chainsafe/persistent-merkle-tree`
 * has positions and no keys; none of them moves a state in verified parts.
 */
export class AuthenticatedMap {
  readonly #hasher = new NodeHasher()
  #root: Node = null

  /** Takes no time; what is changed in one is not changed in the other. */
  copy(): AuthenticatedMap {
    const copy = new AuthenticatedMap()
    copy.#root = this.#root
    return copy
  }

  /** @returns a copy */
  get(key: Uint8Array): Uint8Array | undefined {
    const leaf = findLeaf(this.#root, sha256Text(key))
    return leaf === null ? undefined : entryValue(leaf)
  }

  has(key: Uint8Array): boolean {
    return findLeaf(this.#root, sha256Text(key)) !== null
  }

  /** Key and value are copied; with their lengths they come to `ENTRY_BYTES_MAX` at most. */
  set(key: Uint8Array, value: Uint8Array): void {
    const entry = encodeEntry(key, value)
    assert(key.length < 65_536 && entry.length <= ENTRY_BYTES_MAX, 'an entry fits into a chunk')
    this.#root = insertLeaf(this.#root, new Leaf(sha256Text(key), entry))
  }

  /** @returns whether there was such a key */
  delete(key: Uint8Array): boolean {
    const before = this.#root
    this.#root = removeLeaf(before, sha256Text(key))
    return this.#root !== before
  }

  /** @returns 32 bytes */
  root(): Uint8Array {
    return hashTextToBytes(this.#hasher.hashOf(this.#root))
  }

  /** For `verifyKeyProof`, against the present root. */
  prove(key: Uint8Array): Uint8Array {
    return proveKey(this.#root, sha256Text(key), this.#hasher)
  }

  /** Takes no time, and is not touched by later changes. */
  snapshot(): Snapshot {
    const root = this.#root
    const chunkCount = chunkCountOf(bytesOf(root))
    return { chunkCount, chunk: index => encodeChunk(root, index, this.#hasher) }
  }

  /** @param chunks all chunks of one snapshot, each verified by `verifyChunk` */
  static restore(chunks: Iterable<Uint8Array>): AuthenticatedMap {
    const map = new AuthenticatedMap()
    for (const chunk of chunks) {
      for (const { key, value } of entriesOfChunk(chunk)) map.set(key, value)
    }
    return map
  }
}
