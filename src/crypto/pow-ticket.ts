import { compareBytes, concatBytes, equalBytes, u32, u64, utf8 } from '../lib/bytes.ts'
import { sha256 } from './hash.ts'

/**
 * Proof of work that buys the right to be heard: a ticket bound to one network, one PeerId and one epoch. Memory-hard work
 * (scrypt, RFC 7914) behind a cheap SHA-256 gate, so that garbage costs its reader one hash. The effort is part of what is
 * hashed: nobody gets a lucky claim of more than he set out to do. Layout, integers big-endian, 266 bytes:
 *
 * `version u8 | algorithm u8 | networkId 32 | peerId 38 | role u8 | memberKey 32 | netgroup 5 | epoch u64 | beacon 32 |
 *  effort u32 | nonce 16 | digest 32 | signature 64`
 *
 * `peerId` is the identity multihash of an Ed25519 key, which ends with the key itself; the signature is by that key over
 * all that stands before it. `netgroup` is zero: the ticket is not bound to an address.
 */
export interface PowTicket {
  readonly networkId: Uint8Array
  /** Ed25519 key that names the peer, 32 bytes. */
  readonly peerKey: Uint8Array
  readonly role: PeerRole
  /** Key under which a member signs, 32 bytes; zeros for an observer. */
  readonly memberKey: Uint8Array
  readonly epoch: number
  readonly beacon: Uint8Array
  /** Expected scrypt evaluations, 1 to 2^32-1. */
  readonly effort: number
  readonly nonce: Uint8Array
  readonly digest: Uint8Array
  readonly signature: Uint8Array
}

export type PeerRole = 'observer' | 'member'

/** What is fixed before the search for a nonce. */
export type TicketClaim = Omit<PowTicket, 'nonce' | 'digest' | 'signature'>

export interface TicketExpectation {
  readonly networkId: Uint8Array
  /** The key that the secure channel proved. */
  readonly peerKey: Uint8Array
  readonly epoch: number
  readonly beacon: Uint8Array
  readonly effortMin: number
}

/** Why a ticket is refused, in the order of the checks. */
export type TicketFault =
  | 'malformed'
  | 'other-network'
  | 'other-epoch'
  | 'other-peer'
  | 'effort-too-low'
  | 'gate-missed'
  | 'work-missed'
  | 'wrong-signature'
  | 'wrong-work'

export const TICKET_BYTES = 266
export const NONCE_BYTES = 16

/** RFC 7914: 16 MiB of memory for one evaluation, about 50 ms. */
export const SCRYPT_PARAMETERS = { N: 16_384, r: 8, p: 1, keyBytes: 32 } as const

const CHALLENGE_TAG = utf8('QUORATE/pow/1')
const VERSION = 1
const ALGORITHM_SCRYPT = 1
/** Identity multihash of the protobuf of an Ed25519 public key: libp2p, peer-ids. */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
/** One try in 2^10 passes the gate: about a thousand hashes for each scrypt evaluation. */
const GATE_MAX = 2 ** 32 / 2 ** 10
const ZERO_NETGROUP = new Uint8Array(5)

const firstU32 = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)

function encodeClaim(claim: TicketClaim): Uint8Array {
  return concatBytes(
    Uint8Array.of(VERSION, ALGORITHM_SCRYPT),
    claim.networkId,
    PEER_ID_PREFIX,
    claim.peerKey,
    Uint8Array.of(claim.role === 'member' ? 1 : 0),
    claim.memberKey,
    ZERO_NETGROUP,
    u64(claim.epoch),
    claim.beacon,
    u32(claim.effort),
  )
}

/** @returns 32 bytes that commit to everything but the work */
export function ticketChallenge(claim: TicketClaim): Uint8Array {
  return sha256(concatBytes(CHALLENGE_TAG, encodeClaim(claim)))
}

export function passesGate(challenge: Uint8Array, nonce: Uint8Array): boolean {
  return firstU32(sha256(concatBytes(challenge, nonce))) <= GATE_MAX
}

/**
 * Counts up from `start` until a nonce passes the gate.
 * @param start 16 bytes @returns the nonce, or null after `triesMax`
 */
export function findGateNonce(challenge: Uint8Array, start: Uint8Array, triesMax: number): Uint8Array | null {
  const nonce = Uint8Array.from(start)
  for (let tries = 0; tries < triesMax; tries++) {
    if (passesGate(challenge, nonce)) return nonce
    increment(nonce)
  }
  return null
}

/** Adds one, in place, modulo 2^128. */
export function increment(nonce: Uint8Array): void {
  for (let i = nonce.length - 1; i >= 0; i--) {
    nonce[i] = ((nonce[i] ?? 0) + 1) & 255
    if (nonce[i] !== 0) return
  }
}

/** What scrypt is given: password and salt. */
export function workInput(
  challenge: Uint8Array,
  nonce: Uint8Array,
): { password: Uint8Array; salt: Uint8Array } {
  return { password: concatBytes(challenge, nonce), salt: challenge.subarray(0, 16) }
}

/** Tor's linear rule: the expected number of evaluations is the effort. */
export function meetsEffort(digest: Uint8Array, effort: number): boolean {
  return firstU32(digest) * effort <= 2 ** 32 - 1
}

/** The bytes that the peer's key signs. */
export function ticketSigningBytes(ticket: Omit<PowTicket, 'signature'>): Uint8Array {
  return concatBytes(encodeClaim(ticket), ticket.nonce, ticket.digest)
}

/** @returns `TICKET_BYTES` bytes */
export function encodeTicket(ticket: PowTicket): Uint8Array {
  return concatBytes(ticketSigningBytes(ticket), ticket.signature)
}

/** @returns null for anything but the one encoding of a ticket */
export function decodeTicket(bytes: Uint8Array): PowTicket | null {
  if (bytes.length !== TICKET_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const epoch = view.getUint32(110) * 2 ** 32 + view.getUint32(114)
  if (!Number.isSafeInteger(epoch)) return null
  const ticket: PowTicket = {
    networkId: bytes.slice(2, 34),
    peerKey: bytes.slice(40, 72),
    role: bytes[72] === 1 ? 'member' : 'observer',
    memberKey: bytes.slice(73, 105),
    epoch,
    beacon: bytes.slice(118, 150),
    effort: view.getUint32(150),
    nonce: bytes.slice(154, 170),
    digest: bytes.slice(170, 202),
    signature: bytes.slice(202, 266),
  }
  return ticket.effort > 0 && compareBytes(encodeTicket(ticket), bytes) === 0 ? ticket : null
}

/** All that can be checked by comparing and hashing; the signature and then the work itself come after. */
export function checkTicketClaim(ticket: PowTicket, expected: TicketExpectation): TicketFault | null {
  if (!equalBytes(ticket.networkId, expected.networkId)) return 'other-network'
  if (ticket.epoch !== expected.epoch || !equalBytes(ticket.beacon, expected.beacon)) return 'other-epoch'
  if (!equalBytes(ticket.peerKey, expected.peerKey)) return 'other-peer'
  if (ticket.effort < expected.effortMin) return 'effort-too-low'
  if (!passesGate(ticketChallenge(ticket), ticket.nonce)) return 'gate-missed'
  return meetsEffort(ticket.digest, ticket.effort) ? null : 'work-missed'
}
