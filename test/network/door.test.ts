import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type PowTicket, ticketSigningBytes } from '../../src/crypto/pow-ticket.ts'
import * as limits from '../../src/network/limits.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import { clock, publicKeyOf, seedOf, sleep, startPeer, type TestPeer, until } from './harness.ts'
import { ask, connect, names, type RawPeer, sayHello, startRaw, ticketFor } from './raw-peer.ts'

let guard: TestPeer
let raw: RawPeer
let nextSeed = 100

/** The time for a hello is over when the test says so: on a slow machine it may take longer than that to see what is served before. */
const helloTimers = new Set<() => void>()
const patient: Clock = {
  nowMs: clock.nowMs,
  after(delayMs, expired) {
    if (delayMs !== limits.HELLO_TIMEOUT_MS) return clock.after(delayMs, expired)
    helloTimers.add(expired)
    return () => void helloTimers.delete(expired)
  },
}

beforeAll(async () => {
  const members = [await publicKeyOf(seedOf(0)), await publicKeyOf(seedOf(1))]
  guard = await startPeer({ identitySeed: seedOf(0), members, admissionEffort: 2 }, {}, { clock: patient })
})

afterAll(() => guard.network.stop())

afterEach(() => raw.node.stop())

const address = (): string => guard.network.listenAddresses()[0] ?? ''

async function newcomer(): Promise<RawPeer> {
  raw = await startRaw(seedOf(nextSeed++))
  return raw
}

/** Nothing that it publishes arrives, no request is answered, and it ends up disconnected. */
async function expectNothing(peer: RawPeer): Promise<void> {
  await until(() => peer.node.getConnections().length === 0, 'disconnected')
  expect(guard.network.peers().some(({ peerId }) => peerId === peer.peerId)).toBe(false)
  expect(guard.received.some(({ from }) => from === peer.peerId)).toBe(false)
  expect(guard.requests.some(({ from }) => from === peer.peerId)).toBe(false)
}

async function present(changes: (peer: RawPeer) => Promise<PowTicket>, hello = {}): Promise<string> {
  const peer = await newcomer()
  const ticket = await changes(peer)
  const connection = await connect(peer, address())
  const verdict = await sayHello(connection, ticket, hello)
  if (verdict !== 'welcome') await expectNothing(peer)
  return verdict
}

describe('door', () => {
  it('lets in who paid, and serves him', async () => {
    expect(await present(peer => ticketFor(peer.key, { effort: 2 }))).toBe('welcome')
    const [connection] = raw.node.getConnections()
    if (connection === undefined) throw new Error('not connected')
    expect(await ask(connection, names.requests.batch, Uint8Array.of(1, 2, 3))).toBe(0)
    await until(() => guard.network.peers().some(({ peerId }) => peerId === raw.peerId), 'inside')
  })

  it('turns away a ticket for another network', async () => {
    const other = new Uint8Array(32).fill(9)
    expect(await present(peer => ticketFor(peer.key, { networkId: other, beacon: other, effort: 2 }))).toBe(
      'wrong-ticket',
    )
  })

  it('turns away a hello for another network', async () => {
    const hello = { networkId: new Uint8Array(32).fill(9) }
    expect(await present(peer => ticketFor(peer.key, { effort: 2 }), hello)).toBe('other-network')
  })

  it('turns away a ticket of another PeerId', async () => {
    const stranger = await startRaw(seedOf(99))
    await stranger.node.stop()
    expect(await present(() => ticketFor(stranger.key, { effort: 2 }))).toBe('wrong-ticket')
  })

  it('turns away too little effort', async () => {
    expect(await present(peer => ticketFor(peer.key, { effort: 1 }))).toBe('wrong-ticket')
  })

  it('turns away a digest that nobody computed, signed or not', async () => {
    const unsigned = async (peer: RawPeer): Promise<PowTicket> => {
      const ticket = await ticketFor(peer.key, { effort: 2 })
      return { ...ticket, digest: new Uint8Array(32) }
    }
    const signed = async (peer: RawPeer): Promise<PowTicket> => {
      const ticket = await unsigned(peer)
      return { ...ticket, signature: await peer.key.sign(ticketSigningBytes(ticket)) }
    }
    expect(await present(unsigned)).toBe('wrong-ticket')
    await raw.node.stop()
    expect(await present(signed)).toBe('wrong-ticket')
  })

  it('turns away another version', async () => {
    expect(await present(peer => ticketFor(peer.key, { effort: 2 }), { version: 9 })).toBe('other-version')
  })

  it('serves nothing before the hello, and disconnects who never says it', async () => {
    const peer = await newcomer()
    const connection = await connect(peer, address())
    for (const protocol of [...Object.values(names.requests), names.kad, `/${names.prefix}/ping/1.0.0`]) {
      await expect(ask(connection, protocol, Uint8Array.of(1))).rejects.toThrow()
    }
    // Gossip that it pushes without waiting for identify.
    peer.node.services.gossip.subscribe(names.topics.consensus)
    const stream = await connection.newStream(['/meshsub/1.2.0'])
    await until(() => stream.status !== 'open', 'gossip stream refused')
    await peer.node.services.gossip.publish(names.topics.consensus, Uint8Array.of(1, 2, 3))
    await sleep(100)
    expect(peer.node.getConnections()).toHaveLength(1)
    expect(helloTimers.size).toBe(1)
    for (const expired of helloTimers) expired()
    await expectNothing(peer)
  })

  it.each([
    ['nothing but noise', Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 255)],
    ['an announced frame of 4 GiB', Uint8Array.of(255, 255, 255, 255, 1)],
    ['an empty frame', Uint8Array.of(0, 0, 0, 0)],
  ])('disconnects whose hello is %s', async (_what, bytes) => {
    const peer = await newcomer()
    const connection = await connect(peer, address())
    const stream = await connection.newStream([names.hello])
    stream.send(bytes)
    await expectNothing(peer)
  })
})
