/**
 * The members of a network of processes make a key together, without being asked: while one of them is killed, across the end of all of
 * them, and again when an operator wants new shares or another key. A light client follows from the first key on.
 */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { SharedKeyJson } from '../../src/client/key-types.ts'
import { LightClient } from '../../src/client/light-client.ts'
import { present } from '../../src/lib/assert.ts'
import { fromHex } from '../../src/lib/bytes.ts'
import type { ThresholdParameters } from '../../src/membership/genesis.ts'
import { cliProcess } from '../interfaces/cli/support/cli.ts'
import { type Cluster, createCluster, expectNoErrors } from './support/cluster.ts'
import { startLoad } from './support/load.ts'
import type { NodeProcess } from './support/node-process.ts'
import { say } from './support/say.ts'
import { until } from './support/until.ts'

/** Members that are all there need no deadline. */
const SHORT: ThresholdParameters = {
  transitionMs: 3_000,
  refreshMs: 3_600_000,
  deadlineMs: 120_000,
  graceMs: 20_000,
}
/** A member that is killed has time to come back, and a busy one to speak. */
const PATIENT: ThresholdParameters = { ...SHORT, transitionMs: 60_000, deadlineMs: 15_000, graceMs: 10_000 }
const PROTOCOL = { checkpointInterval: 8, logWindow: 16 }

it('a key appears by itself, outlives all processes, and changes when an operator asks', async () => {
  const cluster = await createCluster({ replicas: 4, observers: 1, threshold: SHORT, protocol: PROTOCOL })
  await start(cluster.nodes)
  const first = await untilSameKey(cluster.nodes, 1)
  const light = new LightClient({
    anchor: { networkId: cluster.networkId, publicKey: fromHex(first.publicKey) },
  })
  for (const node of cluster.nodes) await untilCertified(node, light, first.activatedSequence)
  // Whoever comes too late has none until the next time.
  expect(sharesOf(cluster, 1)).toBeGreaterThanOrEqual(3)
  say(`key ${first.keyId.slice(0, 16)} since sequence ${first.activatedSequence}`)

  await cluster.kill()
  await start(cluster.nodes)
  expect((await untilSameKey(cluster.nodes, 1)).publicKey).toBe(first.publicKey)
  const before = light.sequence
  await commitSome(cluster)
  for (const node of cluster.nodes) await untilCertified(node, light, before + 1)

  const refreshed = await quorate('refresh', '--dir', cluster.member(0).place.directory)
  expect(refreshed).toContain('active, shares of epoch 2')
  const second = await untilSameKey(cluster.nodes, 2)
  expect(second.publicKey).toBe(first.publicKey)
  for (const node of cluster.nodes) await untilCertified(node, light, second.activatedSequence)

  const asked = await quorate('rotate', '--dir', cluster.member(1).place.directory)
  expect(asked).toContain('more members have to ask')
  const rotated = await quorate('rotate', '--dir', cluster.member(2).place.directory)
  expect(rotated).toMatch(/active, shares of epoch 3\n.*hands over to/)
  const third = await untilSameKey(cluster.nodes, 3)
  expect(third.publicKey).not.toBe(first.publicKey)
  const handover = await until('the old key hands over', async () => {
    return (await cluster.member(0).api.keys())?.handovers[0]
  })
  light.followHandover(handover)
  for (const node of cluster.nodes) await untilCertified(node, light, third.activatedSequence)

  await untilErased(cluster)
  expect(sharesOf(cluster, 1)).toBe(0)
  expect(sharesOf(cluster, 3)).toBeGreaterThanOrEqual(3)
  expectNoErrors(cluster.nodes)
})

it('a member that is killed in the middle does not stop the others, and has its share after the next refresh', async () => {
  const cluster = await createCluster({ replicas: 4, threshold: PATIENT, protocol: PROTOCOL })
  const victim = cluster.member(3)
  const others = cluster.members.slice(0, 3)
  for (const node of cluster.nodes) node.start()
  const watched = cluster.member(0)
  // Or is over already, if we were kept from looking for so long.
  await until('the ceremony has begun', async () => {
    const { sharedKey } = await watched.api.status()
    return sharedKey !== null && (sharedKey.ceremony !== null || sharedKey.publicKey !== null)
  })
  await victim.kill()
  const missing = new Set<number>()
  const key = await until('the others have a key', async () => {
    const keys = await watched.api.keys()
    for (const index of keys?.ceremony?.missing ?? []) missing.add(index)
    return keys?.active
  })
  // Killed late, it may have said all that was asked of it.
  say(`seen missing: ${[...missing].join(' ')}; active since sequence ${key.activatedSequence}`)
  const light = new LightClient({
    anchor: { networkId: cluster.networkId, publicKey: fromHex(key.publicKey) },
  })
  for (const node of others) await untilCertified(node, light, key.activatedSequence)

  await start([victim])
  expect((await untilSameKey(cluster.members, 1)).publicKey).toBe(key.publicKey)
  await untilCertified(victim, light, key.activatedSequence)
  await quorate('refresh', '--dir', victim.place.directory)
  const refreshed = await untilSameKey(cluster.members, 2)
  expect(refreshed.publicKey).toBe(key.publicKey)
  await until('the member has its share', () => existsSync(join(victim.data, 'keys', 'share-2.json')))
  expectNoErrors(cluster.nodes)
})

it('a member does not start with a share that is damaged, and names the file', async () => {
  const cluster = await createCluster({ replicas: 1, threshold: SHORT, protocol: PROTOCOL })
  const node = cluster.member(0)
  await start([node])
  await untilSameKey([node], 1)
  await node.stop()
  const share = join(node.data, 'keys', 'share-1.json')
  const keystore = JSON.parse(await readFile(share, 'utf8'))
  await writeFile(share, JSON.stringify({ ...keystore, pubkey: '00'.repeat(96) }))
  node.start()
  expect(await node.exited).toMatchObject({ code: 2 })
  expect(node.logText()).toContain(share)
})

/** Five processes at once, each with a thread of its own, on a machine that may be busy. */
async function start(nodes: readonly NodeProcess[]): Promise<void> {
  for (const node of nodes) node.start()
  await Promise.all(nodes.map(node => node.ready()))
}

async function quorate(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cliProcess(['keys', ...args, '--timeout', '600'])
  expect(exitCode, stderr).toBe(0)
  return stdout
}

async function untilSameKey(nodes: readonly NodeProcess[], epoch: number): Promise<SharedKeyJson> {
  const keys = await Promise.all(
    nodes.map(node =>
      until(`node ${node.index} shows the shares of epoch ${epoch}`, async () => {
        const active = (await node.api.keys())?.active
        return active?.epoch === epoch && active
      }),
    ),
  )
  const [first, ...others] = keys
  for (const other of others) expect(other).toEqual(first)
  return present(first, 'a key')
}

async function untilCertified(node: NodeProcess, light: LightClient, sequence: number): Promise<void> {
  const certificate = await until(`node ${node.index} has a certificate from ${sequence} on`, () =>
    node.api.certificate(sequence),
  )
  expect(light.verifyCertificate(certificate).by).toBe('key')
}

/** How many members have one of an epoch. */
function sharesOf({ members }: Cluster, epoch: number): number {
  return members.filter(({ data }) => existsSync(join(data, 'keys', `share-${epoch}.json`))).length
}

async function commitSome({ members, networkId }: Cluster): Promise<void> {
  const load = startLoad({ nodes: members, networkId })
  await until('the load commits', () => load.committed.size > 20)
  await load.stop()
}

/** Log time and the log have to go on for it. */
async function untilErased(cluster: Cluster): Promise<void> {
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId, inFlight: 1 })
  await until('old shares are erased', () => sharesOf(cluster, 1) + sharesOf(cluster, 2) === 0)
  await load.stop()
}
