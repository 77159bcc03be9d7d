import { sha256 } from '../crypto/hash.ts'
import { concatBytes, fromUtf8, utf8 } from '../lib/bytes.ts'
import { ByteReader } from './byte-cursor.ts'

/**
 * Operations on the key-value store, as bytes: `1 | key length u16 | key | value` sets, `2 | key length u16 | key` deletes,
 * `3 | 0 | key length u16 | key | value` sets a key that has no value, `3 | 1 | SHA-256 of the value that it has 32 | key
 * length u16 | key | value` replaces that value and no other. Integers are big-endian, the value is the rest.
 */
export const KEY_BYTES_MAX = 256
export const VALUE_BYTES_MAX = 65_536

export type KeyValueOperation =
  | { readonly type: 'set'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Uint8Array }
  | {
      readonly type: 'compare-and-set'
      readonly key: Uint8Array
      /** SHA-256 of the value that the key must have; null: it must have none. */
      readonly expectedHash: Uint8Array | null
      readonly value: Uint8Array
    }

const SET = 1
const DELETE = 2
const COMPARE_AND_SET = 3

/** @throws RangeError when key or value is too long */
export function encodeSet(key: string | Uint8Array, value: string | Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(SET), encodeKey(key), valueBytes(value))
}

/** @throws RangeError when the key is too long */
export function encodeDelete(key: string | Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(DELETE), encodeKey(key))
}

/** @param expected the value that the key must have; null: none @throws RangeError when key or value is too long */
export function encodeCompareAndSet(
  key: string | Uint8Array,
  expected: string | Uint8Array | null,
  value: string | Uint8Array,
): Uint8Array {
  const condition =
    expected === null ? Uint8Array.of(0) : concatBytes(Uint8Array.of(1), sha256(toBytes(expected)))
  return concatBytes(Uint8Array.of(COMPARE_AND_SET), condition, encodeKey(key), valueBytes(value))
}

/** @returns undefined when the bytes are no operation, or one with a key or value out of bounds */
export function decodeKeyValueOperation(operation: Uint8Array): KeyValueOperation | undefined {
  const reader = new ByteReader(operation)
  const type = reader.u8()
  const condition = type === COMPARE_AND_SET ? readCondition(reader) : null
  const key = reader.bytes(reader.u16() ?? Number.POSITIVE_INFINITY)
  if (condition === undefined || key === undefined || keyFault(key) !== null) return undefined
  if (type === DELETE) return reader.remaining === 0 ? { type: 'delete', key } : undefined
  const value = reader.bytes(reader.remaining)
  if (value === undefined || value.length > VALUE_BYTES_MAX) return undefined
  if (type === SET) return { type: 'set', key, value }
  return type === COMPARE_AND_SET
    ? { type: 'compare-and-set', key, expectedHash: condition, value }
    : undefined
}

/** One line for people. */
export function describeKeyValueOperation(operation: Uint8Array): string {
  const decoded = decodeKeyValueOperation(operation)
  if (decoded === undefined) return `not a key-value operation (${operation.length} bytes)`
  const key = JSON.stringify(fromUtf8(decoded.key))
  if (decoded.type === 'delete') return `delete ${key}`
  const text = `${decoded.type === 'set' ? 'set' : 'compare and set'} ${key}`
  return `${text} to ${decoded.value.length} bytes`
}

/** @returns why these bytes are no key, or null */
export function keyFault(key: Uint8Array): string | null {
  if (key.length === 0 || key.length > KEY_BYTES_MAX)
    return `a key has 1 to ${KEY_BYTES_MAX} bytes, not ${key.length}`
  return key.every(byte => byte < 0x80) || fromUtf8(key) !== undefined ? null : 'a key is UTF-8 text'
}

function readCondition(reader: ByteReader): Uint8Array | null | undefined {
  const isPresent = reader.u8()
  if (isPresent === 0) return null
  return isPresent === 1 ? reader.bytes(32) : undefined
}

function encodeKey(key: string | Uint8Array): Uint8Array {
  const bytes = toBytes(key)
  const fault = keyFault(bytes)
  if (fault !== null) throw new RangeError(fault)
  return concatBytes(Uint8Array.of(bytes.length >> 8, bytes.length), bytes)
}

function valueBytes(value: string | Uint8Array): Uint8Array {
  const bytes = toBytes(value)
  if (bytes.length <= VALUE_BYTES_MAX) return bytes
  throw new RangeError(`a value has up to ${VALUE_BYTES_MAX} bytes, not ${bytes.length}`)
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? utf8(value) : value
}
