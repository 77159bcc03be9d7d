import type { Stream } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import * as limits from '../../src/network/limits.ts'
import { publicKeyOf, seedOf, sleep, startPeer, type TestPeer, until } from './harness.ts'
import { connect, names, type RawPeer, sayHello, startRaw, ticketFor } from './raw-peer.ts'

const running: TestPeer[] = []
const raws: RawPeer[] = []

afterEach(async () => {
  await Promise.all(raws.splice(0).map(raw => raw.node.stop()))
  await Promise.all(running.splice(0).map(peer => peer.network.stop()))
})

async function start(...args: Parameters<typeof startPeer>): Promise<TestPeer> {
  const peer = await startPeer(...args)
  running.push(peer)
  return peer
}

const addressOf = (peer: TestPeer): string => peer.network.listenAddresses()[0] ?? ''

/** A paying stranger that speaks gossip as it likes. */
async function gossiper(seed: Uint8Array, victim: TestPeer): Promise<RawPeer> {
  const raw = await startRaw(seed)
  raws.push(raw)
  const connection = await connect(raw, addressOf(victim))
  expect(await sayHello(connection, await ticketFor(raw.key))).toBe('welcome')
  raw.node.services.gossip.subscribe(names.topics.consensus)
  raw.node.services.gossip.subscribe(names.topics.batch)
  const sees = (): boolean => raw.node.services.gossip.getSubscribers(names.topics.batch).length > 0
  await until(() => sees() && victim.network.peers().length > 0, 'gossip up')
  return raw
}

describe('gossip', () => {
  it('delivers each message once to everybody, on both topics, but not to its sender', async () => {
    const seeds = [0, 1, 2, 3].map(seedOf)
    const members = await Promise.all(seeds.map(publicKeyOf))
    const first = await start({ identitySeed: seedOf(0), members })
    for (const seed of seeds.slice(1))
      await start({ identitySeed: seed, members, bootstrap: [addressOf(first)] })
    for (const { network } of running) await until(() => network.connectedMembers().length === 3, 'connected')

    for (let i = 0; i < 50; i++) {
      for (const [sender, { network }] of running.entries()) {
        network.publish('consensus', Uint8Array.of(sender, i))
        if (i % 10 === 0) network.publish('batch', new Uint8Array(100_000).fill(sender * 10 + i / 10))
      }
    }
    for (const peer of running) await until(() => peer.received.length >= 3 * 55, 'all delivered')
    await sleep(1_200)
    for (const [own, peer] of running.entries()) {
      const keys = peer.received.map(({ topic, bytes }) => `${topic} ${bytes[0]} ${bytes[1]}`)
      expect(keys).toHaveLength(3 * 55)
      expect(new Set(keys).size).toBe(3 * 55)
      expect(peer.received.some(({ topic, bytes }) => topic === 'consensus' && bytes[0] === own)).toBe(false)
    }
  })

  it('hears nobody and is heard by nobody alone, without failing', async () => {
    const alone = await start({ identitySeed: seedOf(0), members: [await publicKeyOf(seedOf(0))] })
    alone.network.publish('consensus', Uint8Array.of(1))
    alone.network.publish('batch', new Uint8Array(limits.TOPIC_BYTES_MAX.batch + 1))
    await sleep(20)
    expect(alone.network.connectedMembers()).toEqual([])
  })

  it('lowers the score for rejected messages until the sender is graylisted', async () => {
    const members = [await publicKeyOf(seedOf(0))]
    const rejections: (() => void)[] = []
    const victim = await start(
      { identitySeed: seedOf(0), members },
      {
        onGossip: (_topic, bytes, _from, verdict) =>
          bytes[0] === 66 ? rejections.push(() => verdict('reject')) : verdict('ignore'),
      },
    )
    const raw = await gossiper(seedOf(50), victim)
    const score = (): number => victim.network.peers()[0]?.score ?? 0
    const send = (kind: number, i: number): Promise<unknown> =>
      raw.node.services.gossip.publish(names.topics.consensus, Uint8Array.of(kind, i))

    for (let i = 0; i < 20; i++) await send(1, i)
    await until(() => victim.received.length === 20, 'ignored messages arrive')
    expect(score()).toBeGreaterThanOrEqual(0)

    // All at once: the score forgets some of it every second, and must not have forgotten enough when a slow machine looks.
    for (let i = 0; i < 40; i++) await send(66, i)
    await until(() => rejections.length === 40, 'messages to reject arrive')
    for (const reject of rejections) reject()
    await until(() => score() < -2_000, 'graylisted')
    await sleep(1_100)
    const heard = victim.received.length
    for (let i = 100; i < 150; i++) await send(1, i)
    await sleep(300)
    expect(victim.received.length).toBe(heard)
  })

  it('rejects what is too large for its topic, and cuts a peer that sends larger frames', async () => {
    const victim = await start({ identitySeed: seedOf(0), members: [await publicKeyOf(seedOf(0))] })
    const raw = await gossiper(seedOf(51), victim)
    await raw.node.services.gossip.publish(
      names.topics.batch,
      new Uint8Array(limits.TOPIC_BYTES_MAX.batch + 1),
    )
    await until(() => (victim.network.peers()[0]?.score ?? 0) < 0, 'oversized message rejected')
    expect(victim.received).toHaveLength(0)
    await raw.node.services.gossip.publish(
      names.topics.consensus,
      new Uint8Array(limits.GOSSIP_FRAME_BYTES_MAX + 1),
    )
    await until(() => raw.node.getConnections().length === 0, 'disconnected')
    expect(victim.received).toHaveLength(0)
  })

  it('survives garbage on the gossip protocol and keeps serving others', async () => {
    const victim = await start({ identitySeed: seedOf(0), members: [await publicKeyOf(seedOf(0))] })
    const honest = await gossiper(seedOf(52), victim)
    const raw = await startRaw(seedOf(53))
    raws.push(raw)
    const connection = await connect(raw, addressOf(victim))
    expect(await sayHello(connection, await ticketFor(raw.key))).toBe('welcome')
    const stream = await connection.newStream(['/meshsub/1.2.0'])
    for (let i = 0; i < 50; i++)
      stream.send(Uint8Array.from({ length: 200 }, (_, j) => (i * 31 + j * 17) & 255))
    await sleep(200)
    await honest.node.services.gossip.publish(names.topics.consensus, Uint8Array.of(1, 2, 3))
    await until(() => victim.received.length === 1, 'honest message delivered')
    expect(victim.received[0]?.from).toBe(honest.peerId)
  })

  it('opens its stream to an identified peer again, on the connection that stands, when gossip lost it', async () => {
    const victim = await start({ identitySeed: seedOf(0), members: [await publicKeyOf(seedOf(0))] })
    const raw = await gossiper(seedOf(56), victim)
    const streams = (
      raw.node.services.gossip as unknown as {
        readonly streamsInbound: ReadonlyMap<string, { readonly rawStream: Stream }>
      }
    ).streamsInbound
    const first = streams.get(victim.network.peerId)?.rawStream
    first?.abort(new Error('lost'))
    const isNew = (): boolean => {
      const now = streams.get(victim.network.peerId)?.rawStream
      return now !== undefined && now !== first
    }
    await until(isNew, 'a new stream')
    expect(raw.node.getConnections()).toHaveLength(1)
    expect(raw.node.getConnections()[0]?.streams).toContain(streams.get(victim.network.peerId)?.rawStream)
  })

  it('ignores topics of its own invention', async () => {
    const victim = await start({ identitySeed: seedOf(0), members: [await publicKeyOf(seedOf(0))] })
    const raw = await gossiper(seedOf(54), victim)
    raw.node.services.gossip.subscribe('/quorate/elsewhere')
    await raw.node.services.gossip.publish('/quorate/elsewhere', Uint8Array.of(1))
    await sleep(200)
    expect(victim.received).toHaveLength(0)
  })

  it('bounds the messages of one peer that wait for a verdict', async () => {
    const waiting: (() => void)[] = []
    const victim = await start(
      { identitySeed: seedOf(0), members: [await publicKeyOf(seedOf(0))] },
      { onGossip: (_topic, _bytes, _from, verdict) => waiting.push(() => verdict('ignore')) },
    )
    const raw = await gossiper(seedOf(55), victim)
    const total = limits.GOSSIP_PENDING_PER_PEER_MAX + 200
    for (let i = 0; i < total; i++) {
      await raw.node.services.gossip.publish(names.topics.consensus, Uint8Array.of(i & 255, i >> 8))
    }
    await until(() => waiting.length >= limits.GOSSIP_PENDING_PER_PEER_MAX, 'filled')
    await sleep(300)
    expect(waiting).toHaveLength(limits.GOSSIP_PENDING_PER_PEER_MAX)
    for (const release of waiting.splice(0)) release()
    await raw.node.services.gossip.publish(names.topics.consensus, Uint8Array.of(0, 0, 9))
    await until(() => waiting.length === 1, 'heard again')
  })
})
