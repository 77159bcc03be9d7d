import { afterEach, describe, expect, it } from 'vitest'
import { type NetGroupProvider, netGroupsByPrefix } from '../../src/defence/netgroup.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import * as limits from '../../src/network/limits.ts'
import type { NetworkComponents } from '../../src/network/types.ts'
import { hasCode, onFreePort } from '../support/ports.ts'
import { publicKeyOf, seedOf, sleep, startPeer, stoppableClock, type TestPeer, until } from './harness.ts'
import { connect, type RawPeer, sayHello, startRaw, ticketFor } from './raw-peer.ts'

const running: TestPeer[] = []
const raws: RawPeer[] = []

afterEach(async () => {
  await Promise.all(raws.splice(0).map(raw => raw.node.stop()))
  await Promise.all(running.splice(0).map(peer => peer.network.stop()))
})

/** 127.a.b.c stands for a.b.c.1 on the internet, so that one machine plays many networks. */
const synthetic: NetGroupProvider = ip =>
  netGroupsByPrefix(ip.replace(/^127\.(\d+)\.(\d+)\.(\d+)$/, '$1.$2.$3.1'))

let seed = 200

/** @returns whether the connection stood and the hello was welcome */
async function tryFrom(
  victim: TestPeer,
  localAddress: string,
  identity = seedOf(seed++ % 250),
): Promise<boolean> {
  const raw = await startRaw(identity, localAddress)
  raws.push(raw)
  try {
    const connection = await connect(raw, victim.network.listenAddresses()[0] ?? '')
    return (await sayHello(connection, await ticketFor(raw.key))) === 'welcome'
  } catch {
    return false
  }
}

async function startVictim(components: Partial<NetworkComponents> = {}): Promise<TestPeer> {
  const members = [await publicKeyOf(seedOf(0)), await publicKeyOf(seedOf(1))]
  const victim = await startPeer(
    { identitySeed: seedOf(0), members, loopback: false },
    {},
    { netGroups: synthetic, ...components },
  )
  running.push(victim)
  return victim
}

/** Two that each know the port of the other before they start. */
async function startPair(members: readonly Uint8Array[], port: number): Promise<readonly TestPeer[]> {
  const addresses = [port, port + 1].map(own => `/ip4/127.0.0.1/tcp/${own}`)
  const starts = await Promise.allSettled(
    addresses.map((own, i) =>
      startPeer({ identitySeed: seedOf(i), members, listen: [own], bootstrap: [addresses[1 - i] ?? ''] }),
    ),
  )
  const pair = starts.flatMap(start => (start.status === 'fulfilled' ? [start.value] : []))
  const failed = starts.find(({ status }) => status === 'rejected')
  if (failed?.status !== 'rejected') return pair
  await Promise.all(pair.map(({ network }) => network.stop()))
  throw failed.reason
}

describe('connection gater', () => {
  it('takes two from one address, and none more until one leaves', async () => {
    const victim = await startVictim()
    expect(await tryFrom(victim, '127.20.1.1')).toBe(true)
    expect(await tryFrom(victim, '127.20.1.1')).toBe(true)
    expect(await tryFrom(victim, '127.20.1.1')).toBe(false)
    expect(await tryFrom(victim, '127.21.1.1')).toBe(true)
    await until(() => victim.network.peers().length === 3, 'all inside')
    await raws[0]?.node.stop()
    await until(() => victim.network.peers().length === 2, 'slot given back')
    expect(await tryFrom(victim, '127.20.1.1')).toBe(true)
  })

  it('takes eight from one /16, but always a member', async () => {
    const victim = await startVictim()
    for (let i = 1; i <= 8; i++) {
      expect(await tryFrom(victim, `127.30.5.${i}`)).toBe(true)
      await sleep(60)
    }
    expect(await tryFrom(victim, '127.30.5.9')).toBe(false)
    expect(await tryFrom(victim, '127.30.5.1', seedOf(1))).toBe(true)
    await until(() => victim.network.peers().length === 9, 'all inside')
    expect(victim.network.peers().filter(({ member }) => member === 1)).toHaveLength(1)
  })

  it('slows down an address that connects too often', async () => {
    const clock = stoppableClock()
    const refusals: unknown[] = []
    const debug = (fields: object) => void refusals.push(Reflect.get(fields, 'refusal'))
    const victim = await startVictim({ clock, logger: { ...silentLogger, debug } })
    clock.stop()
    let taken = 0
    // The library refuses some by itself, by a clock of its own, and so does the slot that the one before has not given back yet.
    const { burst } = limits.DIAL_IN_RATE_PER_ADDRESS
    while (taken <= burst && !refusals.includes('rate-limited')) {
      const raw = await startRaw(seedOf(seed++ % 250), '127.40.1.1')
      raws.push(raw)
      const connection = await connect(raw, victim.network.listenAddresses()[0] ?? '').catch(() => null)
      if (connection !== null) taken += 1
      connection?.abort(new Error('done'))
    }
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThanOrEqual(burst)
    clock.pass(60_000)
    await expect.poll(() => tryFrom(victim, '127.40.1.1'), { interval: 300 }).toBe(true)
  })

  it('keeps one connection of two peers that dial each other at once', async () => {
    const members = await Promise.all([0, 1].map(n => publicKeyOf(seedOf(n))))
    for (let round = 0; round < 3; round++) {
      const pair = await onFreePort(port => startPair(members, port), hasCode('LISTEN_FAILED'))
      running.push(...pair)
      // The second connection may come late, and take the place of the first.
      let oneSinceMs = performance.now()
      await until(() => {
        const counts = pair.flatMap(({ network }) => [network.connectedMembers(), network.peers()])
        if (counts.some(({ length }) => length !== 1)) oneSinceMs = performance.now()
        return performance.now() - oneSinceMs > 200
      }, 'one connection and no other')
      await Promise.all(running.splice(0).map(peer => peer.network.stop()))
    }
  })
})
