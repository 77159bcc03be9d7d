/**
 * Finds damage in LevelDB's tables that LevelDB would read as data: it computes the checksums of their blocks, and checks them
 * only when it is asked to, which the binding does not offer. Only tables that the manifest names are looked at: a crash
 * leaves others behind, half-written, which LevelDB removes.
 *
 * Format (LevelDB, doc/table_format.md): blocks, each followed by a type u8 and the masked CRC-32C of both; the index block
 * names the data blocks; the last 48 bytes name index and metaindex block and end in a magic number. Blocks must not be
 * compressed, or the index cannot be read here.
 */
import { maskedCrc } from './log-check.ts'

const FOOTER_BYTES = 48
const TRAILER_BYTES = 5
const MAGIC_LOW = 0x8b80fb57
const MAGIC_HIGH = 0xdb477524
const UNCOMPRESSED = 0

interface Handle {
  readonly offset: number
  readonly size: number
}

/** @returns where the table is damaged, in bytes from its start, or null */
export function findTableDamage(table: Uint8Array): number | null {
  const footer = table.length - FOOTER_BYTES
  if (footer < 0) return 0
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  const isMagic =
    view.getUint32(footer + 40, true) === MAGIC_LOW && view.getUint32(footer + 44, true) === MAGIC_HIGH
  if (!isMagic) return footer
  const reader = new VarintReader(table, footer, table.length - 8)
  const handles = [reader.handle(), reader.handle()]
  for (const handle of handles) {
    if (handle === null || !isWhole(table, view, handle)) return handle?.offset ?? footer
    for (const named of handlesIn(table, view, handle)) {
      if (named === null || !isWhole(table, view, named)) return named?.offset ?? handle.offset
    }
  }
  return null
}

function isWhole(table: Uint8Array, view: DataView, { offset, size }: Handle): boolean {
  const end = offset + size
  if (end + TRAILER_BYTES > table.length) return false
  return view.getUint32(end + 1, true) === maskedCrc(table.subarray(offset, end + 1))
}

/** What an index or metaindex block names; null for an entry that is none. */
function* handlesIn(table: Uint8Array, view: DataView, block: Handle): Generator<Handle | null> {
  const end = block.offset + block.size
  if (table[end] !== UNCOMPRESSED) return
  if (block.size < 4) return yield null
  const restartsAt = end - 4 - 4 * view.getUint32(end - 4, true)
  const reader = new VarintReader(table, block.offset, restartsAt)
  while (!reader.isAtEnd) {
    reader.varint()
    const unshared = reader.varint()
    reader.varint()
    if (unshared === null || !reader.skip(unshared)) return yield null
    yield reader.handle()
  }
}

/** LEB128 numbers, up to the safe integers. */
export class VarintReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #offset: number

  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.#bytes = bytes
    this.#offset = offset
    this.#end = end
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#end
  }

  /** @returns null when the number does not end in time */
  varint(): number | null {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      if (this.isAtEnd) return null
      const byte = this.#bytes[this.#offset++] as number
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    return null
  }

  handle(): Handle | null {
    const [offset, size] = [this.varint(), this.varint()]
    return offset === null || size === null ? null : { offset, size }
  }

  /** @returns false when there are not so many bytes */
  skip(count: number): boolean {
    this.#offset += count
    return this.#offset <= this.#end
  }
}
