import { type PeerRole, TICKET_BYTES } from '../crypto/pow-ticket.ts'
import { concatBytes } from '../lib/bytes.ts'

/**
 * What two peers say first, each to the other at once: who they are and what they paid to be heard. Each then answers with
 * one byte, zero for welcome. Layout: `version u8 | networkId 32 | role u8 | ticket 266`.
 */
export interface Hello {
  readonly version: number
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly role: PeerRole
  readonly ticket: Uint8Array
}

export const HELLO_VERSION = 1
const HELLO_BYTES = 34 + TICKET_BYTES

/** Reasons to close the door; the position is the byte on the wire, so new ones are appended. */
export const VERDICTS = [
  'welcome',
  'malformed',
  'other-version',
  'other-network',
  'wrong-ticket',
  'rate-limited',
  'busy',
] as const
export type HelloVerdict = (typeof VERDICTS)[number]

export function encodeHello(hello: Hello): Uint8Array {
  const role = Uint8Array.of(hello.role === 'member' ? 1 : 0)
  return concatBytes(Uint8Array.of(hello.version), hello.networkId, role, hello.ticket)
}

/** @returns null for anything that is no hello of any version that we know */
export function decodeHello(bytes: Uint8Array): Hello | null {
  const version = bytes[0]
  const role = bytes[33]
  if (version === undefined || bytes.length < 34) return null
  if (version === HELLO_VERSION && (bytes.length !== HELLO_BYTES || (role !== 0 && role !== 1))) return null
  return {
    version,
    networkId: bytes.slice(1, 33),
    role: role === 1 ? 'member' : 'observer',
    ticket: bytes.slice(34),
  }
}

export function encodeVerdict(verdict: HelloVerdict): Uint8Array {
  return Uint8Array.of(VERDICTS.indexOf(verdict))
}

/** @returns null for a byte that we do not know: taken as a refusal */
export function decodeVerdict(bytes: Uint8Array): HelloVerdict | null {
  const byte = bytes.length === 1 ? bytes[0] : undefined
  return byte === undefined ? null : (VERDICTS[byte] ?? null)
}
