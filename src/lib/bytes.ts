/** Bytes: hexadecimal text, comparison, concatenation, big-endian integers. Nothing here knows the protocol. */

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

const NOT_A_NIBBLE = 0x100
/** The value of a hexadecimal digit by its character code. */
const NIBBLES = Uint16Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(value) ? NOT_A_NIBBLE : value
})

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] as number]
  return text
}

/** @throws TypeError when `text` is not an even number of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1)
  let wrong = text.length & 1
  for (let i = 0; i < bytes.length; i++) {
    const high = NIBBLES[text.charCodeAt(2 * i)] ?? NOT_A_NIBBLE
    const low = NIBBLES[text.charCodeAt(2 * i + 1)] ?? NOT_A_NIBBLE
    wrong |= (high | low) & NOT_A_NIBBLE
    bytes[i] = (high << 4) | low
  }
  if (wrong !== 0) throw new TypeError(`not hexadecimal: "${text.slice(0, 80)}"`)
  return bytes
}

/** Lexicographic order of unsigned bytes, a shorter prefix first: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** @param value a safe non-negative integer @returns 8 bytes, big-endian */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  setU32(bytes, 0, Math.floor(value / 2 ** 32))
  setU32(bytes, 4, value)
  return bytes
}

/** @param value 0 to 2^32-1 @returns 4 bytes, big-endian */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  setU32(bytes, 0, value)
  return bytes
}

/** Integers are written by the hundred thousand a second, and a view over each costs more than the writing. */
function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** @returns the text, or undefined when the bytes are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
