import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeTicket, type PowTicket, type TicketClaim } from '../../src/crypto/pow-ticket.ts'
import { netGroupsByPrefix } from '../../src/defence/netgroup.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { privateKeyFromSeed } from '../../src/network/identity.ts'
import * as limits from '../../src/network/limits.ts'
import { TicketChecker } from '../../src/network/ticket-checker.ts'
import { loadOrSolveTicket } from '../../src/network/ticket-work.ts'
import { NETWORK_ID, seedOf } from './harness.ts'
import { ticketFor } from './raw-peer.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-ticket-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Counting draws of randomness tells whether a search took place. */
async function loader() {
  const key = await privateKeyFromSeed(seedOf(0))
  const claim: TicketClaim = {
    networkId: NETWORK_ID,
    peerKey: key.publicKey.raw,
    role: 'observer',
    memberKey: new Uint8Array(32),
    epoch: 0,
    beacon: NETWORK_ID,
    effort: 1,
  }
  const draws = { count: 0 }
  const randomBytes = (length: number): Uint8Array => {
    draws.count += 1
    return new Uint8Array(length).fill(draws.count)
  }
  const load = (changes: Partial<TicketClaim> = {}): Promise<PowTicket> =>
    loadOrSolveTicket({ ...claim, ...changes }, key, directory, {
      logger: silentLogger,
      randomBytes,
      nowMs: Date.now,
    })
  return { load, draws }
}

describe('kept ticket', () => {
  it('is solved once and read from then on', async () => {
    const { load, draws } = await loader()
    const first = await load()
    const drawn = draws.count
    expect(drawn).toBeGreaterThan(0)
    expect(await load()).toEqual(first)
    expect(draws.count).toBe(drawn)
  })

  it('is solved anew for another network, more effort, or when the file is damaged', async () => {
    const { load, draws } = await loader()
    await load()
    for (const changes of [{ networkId: new Uint8Array(32) }, { effort: 2 }, { role: 'member' as const }]) {
      const before = draws.count
      await load(changes)
      expect(draws.count).toBeGreaterThan(before)
    }
    const path = join(directory, 'ticket.bin')
    const bytes = await readFile(path)
    bytes[260] = (bytes[260] ?? 0) ^ 1
    await writeFile(path, bytes)
    const before = draws.count
    await load({ role: 'member' })
    expect(draws.count).toBeGreaterThan(before)
  })
})

describe('ticket checker', () => {
  const expected = { networkId: NETWORK_ID, epoch: 0, beacon: NETWORK_ID, effortMin: 1 }
  const groups = netGroupsByPrefix('198.51.100.7')
  if (groups === null) throw new Error('not an address')

  it('limits the work that strangers of one group can cause, but not what was checked before', async () => {
    const checker = new TicketChecker({ expected, loopback: false }, { nowMs: () => 0 })
    const outcomes: unknown[] = []
    for (let i = 0; i < limits.WORK_CHECK_RATE_PER_NARROW_GROUP.burst + 2; i++) {
      const key = await privateKeyFromSeed(seedOf(70 + i))
      const bytes = encodeTicket(await ticketFor(key))
      const presenter = { peerKey: key.publicKey.raw, member: false, groups }
      outcomes.push(await checker.check(bytes, presenter))
      if (outcomes.at(-1) === null) expect(await checker.check(bytes, presenter)).toBeNull()
    }
    expect(outcomes.slice(0, -2)).toEqual(outcomes.slice(0, -2).map(() => null))
    expect(outcomes.slice(-2)).toEqual(['rate-limited', 'rate-limited'])
    const member = await privateKeyFromSeed(seedOf(90))
    const presenter = { peerKey: member.publicKey.raw, member: true, groups }
    expect(await checker.check(encodeTicket(await ticketFor(member)), presenter)).toBeNull()
  })
})
