/** The life of nodes that nobody attacks: stopped, started again, moved to another port, and followed by an observer. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { encodeSet } from '../../src/application/key-value.ts'
import { createTransactionSigner, createUnsignedKey } from '../../src/client/signer.ts'
import { fromUtf8, utf8 } from '../../src/lib/bytes.ts'
import { type Cluster, createCluster } from './support/cluster.ts'
import {
  expectNothingLost,
  expectSameHistory,
  historyOf,
  untilExecuted,
  untilLevel,
} from './support/history.ts'
import { startLoad } from './support/load.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

it('stops with exit code 0 at Ctrl-C under load, and a second start resumes where the first one ended', async () => {
  const cluster = await createCluster({ replicas: 4 })
  await cluster.start()
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId })
  await until('the load commits', () => load.committed.size > 200)
  const exits = await Promise.all(cluster.members.map(node => node.stop('SIGINT')))
  await load.stop()
  expect(exits).toEqual(cluster.members.map(() => ({ code: 0, signal: null })))

  await cluster.start()
  for (const node of cluster.members) await untilExecuted(node, load.accepted.keys())
  await set(cluster, cluster.member(1), 'second life', 'begun')
  const last = await untilLevel(cluster.members)
  const histories = await Promise.all(cluster.members.map(node => historyOf(node, last)))
  expectSameHistory(histories)
  for (const history of histories) expectNothingLost(history, load)
  const exit = await cluster.member(0).stop('SIGTERM')
  expect(exit).toEqual({ code: 0, signal: null })
})

it('finds a member again that moved to another port, also without a memory of addresses', async () => {
  const cluster = await createCluster({ replicas: 4 })
  await cluster.start()
  await set(cluster, cluster.member(0), 'place', 'old')
  const [moved, forgetful, absent] = [cluster.member(2), cluster.member(3), cluster.member(1)]
  await moved.stop()
  moved.start('--listen', `/ip4/127.0.0.1/tcp/${cluster.spare.listenPort}`)
  await moved.ready()
  await forgetful.stop()
  rmSync(join(forgetful.data, 'network', 'peers'), { recursive: true })
  await cluster.start([forgetful])
  for (const node of cluster.members.filter(node => node !== moved)) {
    await until(`node ${node.index} is connected with the moved one`, async () => {
      return (await node.api.members())[moved.index]?.connected
    })
  }
  // Now each of the three is needed, and so is each connection between them.
  await absent.kill()
  await set(cluster, forgetful, 'place', 'new')
  const value = await until('the moved member has executed', async () => {
    const { value } = await moved.api.state('place')
    return value !== null && fromUtf8(value) === 'new'
  })
  expect(value).toBe(true)
})

it('is followed by an observer, which serves reads and hands transactions on', async () => {
  const cluster = await createCluster({ replicas: 4, observers: 1 })
  await cluster.start()
  const [observer] = cluster.observers
  if (observer === undefined) throw new Error('there is no observer')
  expect(await observer.api.status()).toMatchObject({ role: 'observer', index: null, state: 'ready' })
  const load = startLoad({ nodes: [observer], networkId: cluster.networkId })
  await until('transactions of the observer commit', () => load.committed.size > 100)
  await cluster.member(0).kill()
  const size = load.committed.size
  await until('they commit without the primary', () => load.committed.size > size + 100)
  await load.stop()
  await set(cluster, cluster.member(1), 'seen by', 'all')
  const left = [...cluster.members.slice(1), observer]
  for (const node of left) await untilExecuted(node, load.accepted.keys())
  const last = await untilLevel(left)
  const histories = await Promise.all(left.map(node => historyOf(node, last)))
  expectSameHistory(histories)
  for (const history of histories) expectNothingLost(history, load)
  expect((await observer.api.state('seen by')).value).toEqual(utf8('all'))
  const roots = await Promise.all(left.map(async node => (await node.api.state('seen by')).applicationRoot))
  expect(new Set(roots).size).toBe(1)

  await observer.kill()
  observer.wipe()
  await set(cluster, cluster.member(1), 'seen by', 'a new disk')
  await cluster.start([observer])
  await untilLevel(left)
  expect((await observer.api.state('seen by')).value).toEqual(utf8('a new disk'))
})

/** As long as the API lets a request wait. */
const WAIT_MS_MAX = 90_000

async function set(cluster: Cluster, node: NodeProcess, key: string, value: string): Promise<void> {
  const client = globalThis.crypto.getRandomValues(new Uint8Array(32))
  const signer = createTransactionSigner(createUnsignedKey(client), cluster.networkId)
  const reply = await node.api.submit(signer.sign(encodeSet(key, value)), {
    wait: 'committed',
    timeoutMs: WAIT_MS_MAX,
  })
  expect(reply).toMatchObject({ state: 'committed', result: { code: 0 } })
}
