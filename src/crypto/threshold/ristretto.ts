import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'

/**
 * ristretto255, RFC 9496: the group of prime order in which shares are encrypted. Scalars are written big-endian, as all integers
 * here; the RFC, which needs no scalars, leaves that open.
 */
const { Point } = ristretto255

/** Elements come from here alone: by decoding, or as multiples of the base. */
export interface Element {
  add(other: Element): Element
  /** For secrets: the same steps whatever the scalar, which is in [1, order). */
  multiply(scalar: bigint): Element
  /** For public scalars, in [0, order). */
  multiplyUnsafe(scalar: bigint): Element
  equals(other: Element): boolean
  is0(): boolean
  /** @returns 32 bytes */
  toBytes(): Uint8Array
}

export const ELEMENT_BYTES = 32
export const RISTRETTO_ORDER: bigint = Point.Fn.ORDER
export const RISTRETTO_BASE: Element = Point.BASE

/** @returns null for anything but the one encoding of an element other than the identity */
export function decodeElement(bytes: Uint8Array): Element | null {
  if (bytes.length !== ELEMENT_BYTES) return null
  try {
    const element = Point.fromBytes(bytes)
    return element.is0() ? null : element
  } catch {
    return null
  }
}

/** @returns null for anything but 32 bytes in [1, order) */
export function parseRistrettoScalar(bytes: Uint8Array): bigint | null {
  if (bytes.length !== ELEMENT_BYTES) return null
  const value = bytesToNumberBE(bytes)
  return value > 0n && value < RISTRETTO_ORDER ? value : null
}

/** @returns 32 bytes */
export function encodeRistrettoScalar(scalar: bigint): Uint8Array {
  return numberToBytesBE(scalar, ELEMENT_BYTES)
}

/** RFC 9497 §4.1: expand_message_xmd with SHA-512 to 64 bytes, little-endian, reduced; RFC 9380 defines none for this group. */
export function hashToRistrettoScalar(bytes: Uint8Array, domain: string): bigint {
  return ristretto255_hasher.hashToScalar(bytes, { DST: domain })
}
