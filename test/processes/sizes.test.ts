/** Networks of every small size work, with as many of them dead as the size bears. */
import { expect, it } from 'vitest'
import { createCluster, expectNoErrors } from './support/cluster.ts'
import {
  expectNothingLost,
  expectSameHistory,
  historyOf,
  untilExecuted,
  untilLevel,
} from './support/history.ts'
import { startLoad } from './support/load.ts'
import { until } from './support/until.ts'

it.each([
  { n: 1, f: 0 },
  { n: 4, f: 1 },
  { n: 5, f: 1 },
  { n: 6, f: 1 },
  { n: 7, f: 2 },
])('n = $n commits, and goes on with $f dead', async ({ n, f }) => {
  const cluster = await createCluster({ replicas: n, signatures: 'required' })
  await cluster.start()
  const status = await cluster.member(0).api.status()
  expect(status).toMatchObject({ n, faultyMax: f, quorum: Math.ceil((n + f + 1) / 2) })
  const seed = new Uint8Array(32).fill(n)
  const first = startLoad({ nodes: cluster.members, networkId: cluster.networkId, inFlight: 1, seed })
  await until('every node commits', () => {
    const through = new Set([...first.committed.values()].map(committed => committed.through))
    return through.size === n
  })
  await first.stop()
  await cluster.kill(cluster.members.slice(n - f))
  const left = cluster.members.slice(0, n - f)
  const second = startLoad({ nodes: left, networkId: cluster.networkId, inFlight: 1, seed })
  await until('the others commit', () => second.committed.size > 20)
  await second.stop()
  for (const load of [first, second])
    for (const node of left) await untilExecuted(node, [...load.accepted.keys(), ...load.committed.keys()])
  const last = await untilLevel(left)
  const histories = await Promise.all(left.map(node => historyOf(node, last)))
  expectSameHistory(histories)
  for (const history of histories) for (const load of [first, second]) expectNothingLost(history, load)
  expectNoErrors(cluster.members)
})
