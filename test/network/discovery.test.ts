import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { publicKeyOf, seedOf, startPeer, type TestPeer, until } from './harness.ts'

const running: TestPeer[] = []
const folders: string[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(peer => peer.network.stop()))
  await Promise.all(folders.splice(0).map(folder => rm(folder, { recursive: true, force: true })))
})

async function start(...args: Parameters<typeof startPeer>): Promise<TestPeer> {
  const peer = await startPeer(...args)
  running.push(peer)
  return peer
}

const addressOf = (peer: TestPeer): string => peer.network.listenAddresses()[0] ?? ''
const connectedAll = (peer: TestPeer, count: number) => () => peer.network.connectedMembers().length === count

describe('discovery', () => {
  it('brings four members and an observer together from one bootstrap address', async () => {
    const seeds = [0, 1, 2, 3].map(seedOf)
    const members = await Promise.all(seeds.map(publicKeyOf))
    const first = await start({ identitySeed: seedOf(0), members })
    const bootstrap = [addressOf(first)]
    for (const seed of seeds.slice(1)) await start({ identitySeed: seed, members, bootstrap })
    const observer = await start({ identitySeed: seedOf(9), members, bootstrap })

    for (const member of running.slice(0, 4)) await until(connectedAll(member, 3), 'members connected')
    await until(connectedAll(observer, 4), 'observer connected to all members')
    expect(first.network.connectedMembers()).toEqual([1, 2, 3])
    const observers = () => first.network.peers().filter(peer => peer.member === null)
    await until(() => observers().length === 1, 'observer inside')
    expect(observer.network.peerId).not.toBe(first.network.peerId)
    await until(() => new Set(first.events).size >= 3, 'all members announced')
    expect([...new Set(first.events)].sort()).toEqual(['connected 1', 'connected 2', 'connected 3'])
  })

  it('finds a member again that moved to another address, also when it was the bootstrap peer', async () => {
    const seeds = [0, 1, 2, 3].map(seedOf)
    const members = await Promise.all(seeds.map(publicKeyOf))
    const directory = await mkdtemp(join(tmpdir(), 'quorate-net-'))
    folders.push(directory)
    const first = await start({ identitySeed: seedOf(0), members, directory })
    const bootstrap = [addressOf(first)]
    for (const seed of seeds.slice(1)) await start({ identitySeed: seed, members, bootstrap })
    for (const member of running) await until(connectedAll(member, 3), 'members connected')

    // The last one comes back without a disk, at another address, and knows the bootstrap address only.
    await running.pop()?.network.stop()
    for (const member of running) await until(connectedAll(member, 2), 'loss noticed')
    expect(first.events).toContain('disconnected 3')
    const listen = ['/ip4/127.0.0.2/tcp/0']
    const moved = await start({ identitySeed: seedOf(3), members, bootstrap, listen })
    for (const member of running) await until(connectedAll(member, 3), 'moved member found')
    expect(moved.network.connectedMembers()).toEqual([0, 1, 2])

    // The bootstrap peer comes back at another address and remembers the others.
    await running.shift()?.network.stop()
    await start({ identitySeed: seedOf(0), members, directory, listen })
    for (const member of running) await until(connectedAll(member, 3), 'bootstrap member found')
  })

  it('refuses addresses that are none, and a port in use, with a named reason', async () => {
    const members = [await publicKeyOf(seedOf(0))]
    await expect(
      startPeer({ identitySeed: seedOf(0), members, listen: ['127.0.0.1:4001'] }),
    ).rejects.toMatchObject({
      code: 'BAD_ADDRESS',
    })
    const holder = await start({ identitySeed: seedOf(0), members })
    const taken = addressOf(holder).replace(/\/p2p\/.*/, '')
    await expect(startPeer({ identitySeed: seedOf(1), members, listen: [taken] })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    })
  })
})
