/** Base64 of RFC 4648 §4, with padding, by tables: the runtimes that this must load in have no common fast one. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PAIRS = Array.from({ length: 4096 }, (_, value) => `${ALPHABET[value >> 6]}${ALPHABET[value & 63]}`)
const VALUES = new Uint8Array(128).fill(255)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  let offset = 0
  for (; offset + 3 <= bytes.length; offset += 3) {
    const group =
      ((bytes[offset] as number) << 16) | ((bytes[offset + 1] as number) << 8) | (bytes[offset + 2] as number)
    text += PAIRS[group >> 12]
    text += PAIRS[group & 4095]
  }
  const rest = bytes.length - offset
  if (rest === 1) text += `${PAIRS[(bytes[offset] as number) << 4]}==`
  if (rest === 2) {
    const group = ((bytes[offset] as number) << 10) | ((bytes[offset + 1] as number) << 2)
    text += `${PAIRS[group >> 6]}${ALPHABET[group & 63]}=`
  }
  return text
}

/** @returns the bytes, or undefined when `text` is not padded base64 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let held = 0
  let offset = 0
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? (VALUES[code] as number) : 255
    if (value === 255) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[offset++] = held >> bits
  }
  return bytes
}
