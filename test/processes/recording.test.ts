/** Nodes that record what they do: whatever happens to them, what comes of it is what came of it. */
import { createReadStream, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { replay } from '../../src/runtime/replay.ts'
import { cliProcess } from '../interfaces/cli/support/cli.ts'
import { createCluster, expectNoErrors } from './support/cluster.ts'
import { untilOneView } from './support/history.ts'
import { startLoad } from './support/load.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

/** In the directory of each node, by its configuration. */
const RECORDING = 'recording.jsonl'

const recordingsOf = (node: NodeProcess): string[] =>
  readdirSync(node.place.directory)
    .filter(name => name.startsWith('recording') && name.endsWith('.jsonl'))
    .sort()
    .map(name => join(node.place.directory, name))

it('replays a network whose primary was killed under load, each life of each node for itself', async () => {
  const cluster = await createCluster({ replicas: 4, config: { record: RECORDING } })
  await cluster.start()
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId })
  await until('the load commits', () => load.committed.size > 100)
  const victim = cluster.member((await untilOneView(cluster.members)).primary)
  await victim.kill()
  const before = load.committed.size
  await until('commits resume', () => load.committed.size > before + 50)
  await cluster.start([victim])
  const { sequence } = await victim.api.status()
  await until('it takes part again', async () => (await victim.api.status()).sequence > sequence + 20)
  await load.stop()
  await Promise.all(cluster.members.map(node => node.stop()))
  expectNoErrors(cluster.members)

  for (const node of cluster.members) {
    const recordings = recordingsOf(node)
    expect(recordings).toHaveLength(node === victim ? 2 : 1)
    for (const [life, file] of recordings.entries()) {
      const replayed = await replay(createInterface({ input: createReadStream(file, 'utf8') }))
      expect(replayed.difference, file).toBeNull()
      expect(replayed.steps).toBeGreaterThan(20)
      expect(replayed.header.config).toMatchObject({ n: 4, self: node.index })
      // Only who was killed may have left a line unfinished.
      if (node !== victim || life > 0) expect(replayed.isTorn).toBe(false)
    }
  }
  const { exitCode, stdout } = await cliProcess(['replay', ...cluster.members.flatMap(recordingsOf)])
  expect(exitCode).toBe(0)
  expect(stdout.match(/ the same/g)).toHaveLength(5)
})

it('goes on without a recording where none can be made', async () => {
  const cluster = await createCluster({ replicas: 1 })
  const node = cluster.member(0)
  const file = join(node.place.directory, 'a-file')
  writeFileSync(file, '')
  node.start('--record', join(file, RECORDING))
  await node.ready()
  expect(node.logText()).toContain('Nothing is recorded')
  expect(await node.stop()).toEqual({ code: 0, signal: null })
})
