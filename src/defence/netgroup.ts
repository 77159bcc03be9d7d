/**
 * Which addresses count together. One machine, one rented block and one provider are cheap to fill with identities, so
 * connections are counted per address, per narrow group (IPv4 /24, IPv6 /48) and per wide group (IPv4 /16, IPv6 /32).
 * IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is counted as the IPv4 address that it carries.
 */

export interface NetGroups {
  /** One machine: an IPv4 address, an IPv6 /64. */
  readonly address: string
  readonly narrow: string
  readonly wide: string
  readonly loopback: boolean
}

/** @returns null for text that is no IP address: such a connection is refused */
export type NetGroupProvider = (ip: string) => NetGroups | null

export const netGroupsByPrefix: NetGroupProvider = ip => {
  const v4 = parseIPv4(ip)
  if (v4 !== null) return groupsOfIPv4(v4)
  const v6 = parseIPv6(ip)
  if (v6 === null) return null
  const embedded = embeddedIPv4(v6)
  return embedded === null ? groupsOfIPv6(v6) : groupsOfIPv4(embedded)
}

function groupsOfIPv4(bytes: readonly number[]): NetGroups {
  const [a, b, c] = bytes
  return {
    address: `4:${bytes.join('.')}`,
    narrow: `4:${a}.${b}.${c}/24`,
    wide: `4:${a}.${b}/16`,
    loopback: a === 127,
  }
}

function groupsOfIPv6(words: readonly number[]): NetGroups {
  const text = (count: number): string =>
    words
      .slice(0, count)
      .map(word => word.toString(16))
      .join(':')
  return {
    address: `6:${text(4)}/64`,
    narrow: `6:${text(3)}/48`,
    wide: `6:${text(2)}/32`,
    loopback: words.slice(0, 7).every(word => word === 0) && words[7] === 1,
  }
}

/** @returns 4 bytes, or null */
function parseIPv4(text: string): readonly number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes = parts.map(part => (/^\d{1,3}$/.test(part) ? Number(part) : 256))
  return bytes.every(byte => byte <= 255) ? bytes : null
}

/** @returns 8 words of 16 bits, or null; a zone (`%eth0`) is ignored */
export function parseIPv6(text: string): readonly number[] | null {
  const plain = dottedTailToWords(text.split('%')[0] ?? '')
  if (plain === null || plain.length > 39) return null
  const halves = plain.split('::')
  if (halves.length > 2) return null
  const head = wordsOf(halves[0] ?? '')
  const tail = halves.length === 2 ? wordsOf(halves[1] ?? '') : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

function wordsOf(text: string): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  return parts.every(part => /^[0-9a-f]{1,4}$/i.test(part))
    ? parts.map(part => Number.parseInt(part, 16))
    : null
}

/** `::ffff:1.2.3.4` becomes `::ffff:102:304`. */
function dottedTailToWords(text: string): string | null {
  if (!text.includes('.')) return text
  const cut = text.lastIndexOf(':')
  const v4 = parseIPv4(text.slice(cut + 1))
  if (cut < 0 || v4 === null) return null
  const [a = 0, b = 0, c = 0, d = 0] = v4
  return `${text.slice(0, cut + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/** Mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056) and Teredo (RFC 4380, stored inverted). */
function embeddedIPv4(words: readonly number[]): readonly number[] | null {
  const [w0 = 0, w1 = 0, w2 = 0, , , w5 = 0, w6 = 0, w7 = 0] = words
  const split = (high: number, low: number): readonly number[] => [high >> 8, high & 255, low >> 8, low & 255]
  const zeros = (from: number, to: number): boolean => words.slice(from, to).every(word => word === 0)
  if (zeros(0, 5) && w5 === 0xffff) return split(w6, w7)
  if (w0 === 0x64 && w1 === 0xff9b && zeros(2, 6)) return split(w6, w7)
  if (w0 === 0x2002) return split(w1, w2)
  if (w0 === 0x2001 && w1 === 0) return split(w6 ^ 0xffff, w7 ^ 0xffff)
  return null
}

/** Can strangers on the internet reach this address? RFC 1918, 3927, 4193, 4291, 6598. */
export function isPublicAddress(ip: string): boolean {
  const v6 = parseIPv6(ip)
  const v4 = parseIPv4(ip) ?? (v6 === null ? null : embeddedIPv4(v6))
  if (v4 !== null) return isPublicIPv4(v4)
  if (v6 === null) return false
  const [first = 0] = v6
  const unspecifiedOrLoopback = v6.slice(0, 7).every(word => word === 0)
  const uniqueLocal = (first & 0xfe00) === 0xfc00
  const linkLocal = (first & 0xffc0) === 0xfe80
  const multicast = (first & 0xff00) === 0xff00
  return !unspecifiedOrLoopback && !uniqueLocal && !linkLocal && !multicast
}

function isPublicIPv4([a = 0, b = 0]: readonly number[]): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100 && b >= 64 && b < 128) return false
  if (a === 169 && b === 254) return false
  if (a === 172 && b >= 16 && b < 32) return false
  return !(a === 192 && b === 168)
}
