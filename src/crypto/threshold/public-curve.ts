/**
 * What the scheme asks of BLS12-381 for public data, as a port: everything that verifies and combines goes through it, so a faster
 * implementation can stand in for the portable one. No secret passes here; those are in `secret.ts`, with the one implementation
 * whose multiplication does the same steps whatever the scalar.
 *
 * Points are opaque and belong to the implementation that made them. They come from `decode…`, which lets only the one encoding
 * of a point other than the identity in the subgroup of prime order pass, and from the operations below, which may give the
 * identity: whoever lets a computed point out checks its encoding.
 */
export interface PublicCurve {
  readonly generatorG2: G2Point

  /** @param bytes 48, compressed (ZCash's format, RFC 9380 appendix of the BLS draft) @returns null for all but a proper point */
  decodeG1(bytes: Uint8Array): G1Point | null
  /** @param bytes 96, compressed @returns null for all but a proper point */
  decodeG2(bytes: Uint8Array): G2Point | null
  /** @returns 48 bytes */
  encodeG1(point: G1Point): Uint8Array
  /** @returns 96 bytes */
  encodeG2(point: G2Point): Uint8Array

  /** RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_ under another tag. */
  hashToG1(message: Uint8Array, domain: string): G1Point

  /** Σ scalar · point. Scalars are in [0, r). */
  sumG1(terms: readonly Term<G1Point>[]): G1Point
  sumG2(terms: readonly Term<G2Point>[]): G2Point
  addG2(left: G2Point, right: G2Point): G2Point
  /** Σ index^k · coefficients[k]. @param index small, from 1 */
  evaluateG2(coefficients: readonly G2Point[], index: number): G2Point

  /** Does that part of a pairing in advance which depends on the G2 side only. @param point not the identity */
  prepare(point: G2Point): PreparedG2
  /** e(left) = e(right) */
  isSamePairing(left: Pair, right: Pair): boolean
}

declare const group: unique symbol

export interface G1Point {
  readonly [group]: 'G1'
}

export interface G2Point {
  readonly [group]: 'G2'
}

export interface PreparedG2 {
  readonly [group]: 'prepared G2'
}

export interface Term<Point> {
  readonly scalar: bigint
  readonly point: Point
}

export interface Pair {
  readonly g1: G1Point
  readonly g2: PreparedG2
}

export const G1_BYTES = 48
export const G2_BYTES = 96

/** The point at infinity, compressed: what no key, share, commitment and signature may be. */
export const G1_IDENTITY: Uint8Array = identity(G1_BYTES)
export const G2_IDENTITY: Uint8Array = identity(G2_BYTES)

function identity(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes[0] = 0xc0
  return bytes
}
