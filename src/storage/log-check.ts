/**
 * Finds damage in LevelDB's write-ahead log that LevelDB would pass over in silence: it skips records with a wrong checksum
 * and goes on, and a replica would forget a vote that it has sent.
 *
 * A torn end is no damage: that batch was never acknowledged. And because a batch is written only when the one before is
 * synced, nothing but pieces of the torn batch can follow the tear. So a fault with the beginning of a later record behind it
 * is damage. A length that points past the end of the file cannot be told from a tear.
 *
 * Format (LevelDB, doc/log_format.md): blocks of 32 KiB; records of masked CRC-32C u32, length u16, type u8, all
 * little-endian, and data; type 1 is a whole record, 2 its first piece, 3 a middle one, 4 the last.
 */
import { concatBytes } from '../lib/bytes.ts'

const BLOCK_BYTES = 32_768
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const LAST = 4

/** @returns where the log is damaged, in bytes from its start, or null */
export function findLogDamage(log: Uint8Array): number | null {
  const view = new DataView(log.buffer, log.byteOffset, log.length)
  let fault: number | null = null
  for (let block = 0; block < log.length; block += BLOCK_BYTES) {
    const blockEnd = Math.min(block + BLOCK_BYTES, log.length)
    let offset = block
    while (offset + HEADER_BYTES <= blockEnd) {
      const type = log[offset + 6] as number
      const end = offset + HEADER_BYTES + view.getUint16(offset + 4, true)
      const isPossible = type >= FULL && type <= LAST && end <= blockEnd
      const isWhole = isPossible && view.getUint32(offset, true) === maskedCrc(log.subarray(offset + 6, end))
      if (isWhole && fault !== null && (type === FULL || type === FIRST)) return fault
      // A record that runs over the end is what a tear leaves. Behind any other fault the next record may begin anywhere.
      const isTear = fault === null && end > blockEnd
      if (!isWhole) fault ??= offset
      if (isTear) break
      offset = isWhole ? end : offset + 1
    }
  }
  return null
}

/** The records of a log, whole ones only, their pieces joined. Ends at the first fault. */
export function* logRecords(log: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(log.buffer, log.byteOffset, log.length)
  let pieces: Uint8Array[] = []
  let offset = 0
  while (offset + HEADER_BYTES <= log.length) {
    const leftInBlock = BLOCK_BYTES - (offset % BLOCK_BYTES)
    if (leftInBlock < HEADER_BYTES) {
      offset += leftInBlock
      continue
    }
    const type = log[offset + 6] as number
    const end = offset + HEADER_BYTES + view.getUint16(offset + 4, true)
    if (end > log.length || view.getUint32(offset, true) !== maskedCrc(log.subarray(offset + 6, end))) return
    if (type === FULL || type === FIRST) pieces = []
    pieces.push(log.subarray(offset + HEADER_BYTES, end))
    if (type === FULL || type === LAST) yield concatBytes(...pieces)
    offset = end
  }
}

/** LevelDB stores checksums rotated and shifted, so that checksums of data that holds checksums are not degenerate. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C, RFC 3720 appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) {
    crc = (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8)
  }
  return (crc ^ 0xffffffff) >>> 0
}
