import { afterEach, describe, expect, it } from 'vitest'
import { type NetGroupProvider, netGroupsByPrefix } from '../../src/defence/netgroup.ts'
import { publicKeyOf, seedOf, sleep, startPeer, type TestPeer, until } from './harness.ts'
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

async function startVictim(): Promise<TestPeer> {
  const members = [await publicKeyOf(seedOf(0)), await publicKeyOf(seedOf(1))]
  const victim = await startPeer(
    { identitySeed: seedOf(0), members, loopback: false },
    {},
    { netGroups: synthetic },
  )
  running.push(victim)
  return victim
}

describe('connection gater', () => {
  it('takes two from one address, and none more until one leaves', async () => {
    const victim = await startVictim()
    expect(await tryFrom(victim, '127.20.1.1')).toBe(true)
    expect(await tryFrom(victim, '127.20.1.1')).toBe(true)
    expect(await tryFrom(victim, '127.20.1.1')).toBe(false)
    expect(await tryFrom(victim, '127.21.1.1')).toBe(true)
    expect(victim.network.peers()).toHaveLength(3)
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
    expect(victim.network.peers().filter(({ member }) => member === 1)).toHaveLength(1)
    expect(victim.network.peers()).toHaveLength(9)
  })

  it('slows down an address that connects too often', async () => {
    const victim = await startVictim()
    const outcomes: boolean[] = []
    for (let i = 0; i < 12; i++) {
      const raw = await startRaw(seedOf(seed++ % 250), '127.40.1.1')
      raws.push(raw)
      const connection = await connect(raw, victim.network.listenAddresses()[0] ?? '').catch(() => null)
      outcomes.push(connection !== null)
      connection?.abort(new Error('done'))
    }
    expect(outcomes[0]).toBe(true)
    expect(outcomes).toContain(false)
    await sleep(1_500)
    expect(await tryFrom(victim, '127.40.1.1')).toBe(true)
  })

  it('keeps one connection of two peers that dial each other at once', async () => {
    const members = await Promise.all([0, 1].map(n => publicKeyOf(seedOf(n))))
    for (let round = 0; round < 3; round++) {
      // Below the range from which the system hands out ports.
      const base = 20_000 + 8 * (process.pid % 1_000) + 2 * round
      const ports = [base, base + 1].map(port => `/ip4/127.0.0.1/tcp/${port}`)
      const pair = await Promise.all(
        ports.map((listen, i) =>
          startPeer({ identitySeed: seedOf(i), members, listen: [listen], bootstrap: [ports[1 - i] ?? ''] }),
        ),
      )
      running.push(...pair)
      for (const { network } of pair) await until(() => network.connectedMembers().length === 1, 'connected')
      await sleep(200)
      for (const { network } of pair) {
        expect(network.connectedMembers()).toHaveLength(1)
        expect(network.peers()).toHaveLength(1)
      }
      await Promise.all(running.splice(0).map(peer => peer.network.stop()))
    }
  })
})
