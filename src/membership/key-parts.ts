import { sha256 } from '../crypto/hash.ts'
import { concatBytes, utf8 } from '../lib/bytes.ts'

/** The keys' state in parts that fit into a message, and the root over them: each can be checked before all are there. */
const TAG = utf8('QUORATE/keys/v1')
/** Of the encoding, which begins with it. */
export const KEYS_VERSION = 2
export const KEY_PART_BYTES_MAX = 1_048_576
/** A ceremony of the most members that fill it with all they may say stays far below. */
export const KEY_PARTS_MAX = 16

/** @param encoded see `encodeKeyState` */
export function keyPartsOf(encoded: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(encoded.length / KEY_PART_BYTES_MAX)
  return Array.from({ length: count }, (_, i) =>
    encoded.subarray(i * KEY_PART_BYTES_MAX, (i + 1) * KEY_PART_BYTES_MAX),
  )
}

/** @param hashes SHA-256 of each part, in order @returns 32 bytes */
export function keysRootOf(hashes: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(TAG, ...hashes))
}
