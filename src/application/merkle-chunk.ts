import { sha256Text } from '../crypto/hash.ts'
import { assert } from '../lib/assert.ts'
import { ByteReader, ByteWriter } from './byte-cursor.ts'
import { SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_CHUNKS_MAX } from './contract.ts'
import {
  bytesOf,
  DEPTH_MAX,
  ENTRY_BYTES_MAX,
  encodeEntry,
  Leaf,
  type Node,
  NodeHasher,
  TAG,
} from './merkle-node.ts'
import {
  EMPTY_SUMMARY,
  joinSummaries,
  PROOF_BYTES_MAX,
  readLeafDigest,
  readStub,
  type Summary,
  writeLeafDigest,
  writeStub,
} from './merkle-proof.ts'

/**
 * Snapshots in chunks that are each verified against the root alone.
 *
 * The whole trie, encoded in pre-order, is one long text; chunk i holds the entries that begin in its i-th span. Everything
 * outside is cut off and stands as a stub with its hash and length, and since hashes commit to lengths, a chunk proves its own
 * place and that it leaves nothing out. Cutting the text, not the tree, keeps chunks even: whoever grinds keys until they
 * share a subtree of any depth cannot make one chunk larger than the others.
 *
 * What is opened proves its length by its hash, and the stub beside it by the hash of the parent, which commits to the sum.
 * Two stubs side by side could cheat each other, but nothing between them is in any span.
 *
 * Besides the forms of a proof there is `leaf`, an entry: `3 | key length u16 | key | value length u32 | value`; a leaf that
 * begins before the span and ends in it stands as a digest.
 */
const CHUNK_SPAN_BYTES = 896 * 1024

/** Entries that begin in a span end at most one entry after it; a path may lead to either end. */
assert(
  CHUNK_SPAN_BYTES + ENTRY_BYTES_MAX + 2 * PROOF_BYTES_MAX <= SNAPSHOT_CHUNK_BYTES_MAX,
  'every chunk fits',
)

/** @param bytes length of the trie's encoding */
export function chunkCountOf(bytes: number): number {
  return Math.ceil(bytes / CHUNK_SPAN_BYTES)
}

export function encodeChunk(root: Node, index: number, hasher: NodeHasher): Uint8Array {
  const count = chunkCountOf(bytesOf(root))
  assert(
    Number.isInteger(index) && index >= 0 && index < count,
    `a chunk from 0 to ${count - 1}, not ${index}`,
  )
  const writer = new ByteWriter()
  writeSpan(writer, root, 0, spanOf(index), hasher)
  const chunk = writer.finish()
  assert(chunk.length <= SNAPSHOT_CHUNK_BYTES_MAX, 'every chunk fits')
  return chunk
}

interface Span {
  readonly from: number
  readonly to: number
}

function spanOf(index: number): Span {
  return { from: index * CHUNK_SPAN_BYTES, to: (index + 1) * CHUNK_SPAN_BYTES }
}

function isOutside({ from, to }: Span, offset: number, bytes: number): boolean {
  return offset + bytes <= from || offset >= to
}

function writeSpan(writer: ByteWriter, node: Node, offset: number, span: Span, hasher: NodeHasher): void {
  if (node === null || isOutside(span, offset, bytesOf(node))) writeStub(writer, node, hasher)
  else if (node instanceof Leaf) {
    if (offset >= span.from) writer.bytes(node.entry)
    else writeLeafDigest(writer, node)
  } else {
    writer.u8(TAG.inner)
    writeSpan(writer, node.left, offset + 1, span, hasher)
    writeSpan(writer, node.right, offset + 1 + bytesOf(node.left), span, hasher)
  }
}

/**
 * Is this chunk `index` of `count` of the map with this root? Total: whatever it is given, it says yes or no.
 * @param root 32 bytes
 */
export function verifyChunk(root: Uint8Array, index: number, count: number, chunk: Uint8Array): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= count || count > SNAPSHOT_CHUNKS_MAX) return false
  if (chunk.length > SNAPSHOT_CHUNK_BYTES_MAX || root.length !== 32) return false
  const summary = new SpanReader(new ByteReader(chunk), spanOf(index)).read()
  return (
    summary !== undefined &&
    summary.hash === String.fromCharCode(...root) &&
    chunkCountOf(summary.bytes) === count
  )
}

class SpanReader {
  readonly #reader: ByteReader
  readonly #span: Span
  readonly #hasher = new NodeHasher()

  constructor(reader: ByteReader, span: Span) {
    this.#reader = reader
    this.#span = span
  }

  /** @returns the root's summary, when these bytes are one span, completely, and nothing else */
  read(): Summary | undefined {
    const root = this.#node(0, 0)
    return this.#reader.remaining === 0 ? root : undefined
  }

  #node(offset: number, depth: number): Summary | undefined {
    switch (this.#reader.u8()) {
      case TAG.empty:
        return EMPTY_SUMMARY
      case TAG.inner:
        return this.#inner(offset, depth)
      case TAG.stub: {
        const stub = readStub(this.#reader)
        return stub !== undefined && isOutside(this.#span, offset, stub.bytes) ? stub : undefined
      }
      case TAG.leaf:
        return offset >= this.#span.from && offset < this.#span.to ? this.#leaf() : undefined
      case TAG.leafDigest: {
        const leaf = readLeafDigest(this.#reader, this.#hasher)
        const begins = offset < this.#span.from && leaf !== undefined && offset + leaf.bytes > this.#span.from
        return begins ? leaf : undefined
      }
      default:
        return undefined
    }
  }

  #inner(offset: number, depth: number): Summary | undefined {
    if (depth === DEPTH_MAX) return undefined
    const left = this.#node(offset + 1, depth + 1)
    if (left === undefined) return undefined
    const right = this.#node(offset + 1 + left.bytes, depth + 1)
    if (right === undefined) return undefined
    const summary = joinSummaries(left, right, this.#hasher)
    return isOutside(this.#span, offset, summary.bytes) ? undefined : summary
  }

  #leaf(): Summary | undefined {
    const found = readEntry(this.#reader)
    if (found === undefined) return undefined
    const entry = encodeEntry(found.key, found.value)
    const hash = this.#hasher.leafHash(sha256Text(found.key), sha256Text(entry), entry.length)
    return { bytes: entry.length, hash }
  }
}

export interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

function readEntry(reader: ByteReader): Entry | undefined {
  const key = reader.bytes(reader.u16() ?? Number.POSITIVE_INFINITY)
  const value = reader.bytes(reader.u32() ?? Number.POSITIVE_INFINITY)
  return key === undefined || value === undefined ? undefined : { key, value }
}

/** The entries of a chunk that was verified. */
export function* entriesOfChunk(chunk: Uint8Array): Generator<Entry> {
  const reader = new ByteReader(chunk)
  const skipped: Record<number, number> = {
    [TAG.empty]: 0,
    [TAG.inner]: 0,
    [TAG.stub]: 38,
    [TAG.leafDigest]: 70,
  }
  while (reader.remaining > 0) {
    const tag = reader.u8() as number
    const entry = tag === TAG.leaf ? readEntry(reader) : undefined
    if (entry !== undefined) yield entry
    else
      assert(
        reader.bytes(skipped[tag] ?? Number.POSITIVE_INFINITY) !== undefined,
        'only verified chunks are restored',
      )
  }
}
