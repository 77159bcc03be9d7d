import { scryptSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/crypto/hash.ts'
import {
  checkTicketClaim,
  decodeTicket,
  encodeTicket,
  findGateNonce,
  increment,
  meetsEffort,
  type PowTicket,
  passesGate,
  SCRYPT_PARAMETERS,
  TICKET_BYTES,
  type TicketClaim,
  ticketChallenge,
  ticketSigningBytes,
  workInput,
} from '../../src/crypto/pow-ticket.ts'
import { concatBytes, toHex, utf8 } from '../../src/lib/bytes.ts'

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

const claim: TicketClaim = {
  networkId: filled(1),
  peerKey: filled(2),
  role: 'member',
  memberKey: filled(3),
  epoch: 2 ** 33 + 5,
  beacon: filled(4),
  effort: 2,
}

/** Real work, a little of it. */
function solve(of: TicketClaim): PowTicket {
  const challenge = ticketChallenge(of)
  let start = new Uint8Array(16)
  for (;;) {
    const nonce = findGateNonce(challenge, start, 1_000_000)
    if (nonce === null) throw new Error('no nonce in a million')
    const { password, salt } = workInput(challenge, nonce)
    const { N, r, p, keyBytes } = SCRYPT_PARAMETERS
    const digest = Uint8Array.from(scryptSync(password, salt, keyBytes, { N, r, p }))
    if (meetsEffort(digest, of.effort)) return { ...of, nonce, digest, signature: new Uint8Array(64).fill(9) }
    start = Uint8Array.from(nonce)
    increment(start)
  }
}

const ticket = solve(claim)
const expected = {
  networkId: claim.networkId,
  peerKey: claim.peerKey,
  epoch: claim.epoch,
  beacon: claim.beacon,
  effortMin: 2,
}

describe('proof-of-work ticket', () => {
  it('has one encoding of 266 bytes, with the fields where the layout says', () => {
    const bytes = encodeTicket(ticket)
    expect(bytes).toHaveLength(TICKET_BYTES)
    expect(toHex(bytes.slice(0, 2))).toBe('0101')
    expect(toHex(bytes.slice(34, 40))).toBe('002408011220')
    expect(toHex(bytes.slice(105, 118))).toBe(`00000000000000000200000005`)
    expect(decodeTicket(bytes)).toEqual(ticket)
    expect(ticketSigningBytes(ticket)).toEqual(bytes.slice(0, 202))
    expect(ticketChallenge(claim)).toEqual(sha256(concatBytes(utf8('QUORATE/pow/1'), bytes.slice(0, 154))))
  })

  it('decodes nothing else', () => {
    const bytes = encodeTicket(ticket)
    expect(decodeTicket(bytes.slice(0, -1))).toBeNull()
    expect(decodeTicket(concatBytes(bytes, Uint8Array.of(0)))).toBeNull()
    for (const offset of [0, 1, 34, 39, 105, 109]) {
      const wrong = Uint8Array.from(bytes)
      wrong[offset] = 77
      expect(decodeTicket(wrong)).toBeNull()
    }
    const role = Uint8Array.from(bytes)
    role[72] = 2
    expect(decodeTicket(role)).toBeNull()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), noise => {
        const decoded = decodeTicket(noise)
        expect(decoded === null || toHex(encodeTicket(decoded)) === toHex(noise)).toBe(true)
      }),
    )
  })

  it('accepts honest work and names what is wrong, cheapest first', () => {
    expect(checkTicketClaim(ticket, expected)).toBeNull()
    expect(checkTicketClaim(ticket, { ...expected, networkId: filled(9) })).toBe('other-network')
    expect(checkTicketClaim(ticket, { ...expected, epoch: 0 })).toBe('other-epoch')
    expect(checkTicketClaim(ticket, { ...expected, beacon: filled(9) })).toBe('other-epoch')
    expect(checkTicketClaim(ticket, { ...expected, peerKey: filled(9) })).toBe('other-peer')
    expect(checkTicketClaim(ticket, { ...expected, effortMin: 3 })).toBe('effort-too-low')
    expect(checkTicketClaim({ ...ticket, nonce: filled(0).slice(0, 16) }, expected)).toBe('gate-missed')
    expect(checkTicketClaim({ ...ticket, digest: filled(255) }, expected)).toBe('work-missed')
    const claimsMore = { ...ticket, effort: 1_000 }
    expect(checkTicketClaim(claimsMore, expected)).toBe('gate-missed')
  })

  it('weighs effort linearly', () => {
    const digest = (first: number): Uint8Array =>
      Uint8Array.of(first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255)
    expect(meetsEffort(digest(2 ** 32 - 1), 1)).toBe(true)
    expect(meetsEffort(digest(2 ** 31), 2)).toBe(false)
    expect(meetsEffort(digest(2 ** 31 - 1), 2)).toBe(true)
    expect(meetsEffort(digest(0), 2 ** 32 - 1)).toBe(true)
    expect(meetsEffort(digest(2), 2 ** 31)).toBe(false)
  })

  it('lets about one nonce in 1024 through the gate', () => {
    const challenge = ticketChallenge(claim)
    const nonce = new Uint8Array(16)
    let passed = 0
    for (let i = 0; i < 50_000; i++) {
      if (passesGate(challenge, nonce)) passed += 1
      increment(nonce)
    }
    expect(passed).toBeGreaterThan(20)
    expect(passed).toBeLessThan(90)
    expect(findGateNonce(challenge, new Uint8Array(16), 1)).toBeNull()
  })

  it('counts nonces up over all bytes', () => {
    const nonce = new Uint8Array(16).fill(255)
    increment(nonce)
    expect(nonce).toEqual(new Uint8Array(16))
    nonce[15] = 255
    increment(nonce)
    expect([...nonce.slice(14)]).toEqual([1, 0])
  })
})
