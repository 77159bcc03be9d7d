/** A member that dies and comes back under load finds its place again, and does not accuse a primary that works. */
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

/** A busy machine keeps work waiting for seconds, and a primary that it keeps waiting longer than this is suspected rightly. */
const SUSPECTED_MS = 10_000
const SETTLING_MS = SUSPECTED_MS + 1_000

it('stays in the view when a backup dies and returns under load', async () => {
  const cluster = await createCluster({ replicas: 4, config: { timeouts: { viewChangeMs: SUSPECTED_MS } } })
  await cluster.start()
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId, inFlight: 2 })
  for (const backup of cluster.members.slice(1, 3)) {
    const before = load.committed.size
    await until('the load commits', () => load.committed.size > before + 50)
    await backup.kill()
    const without = load.committed.size
    await until('the load goes on', () => load.committed.size > without + 50)
    await cluster.start([backup])
    const since = performance.now()
    await until('the load through the one that returned commits', () =>
      [...load.committed.values()].some(
        ({ through, submittedMs }) => through === backup.index && submittedMs > since + SETTLING_MS,
      ),
    )
  }
  await load.stop()
  const statuses = await Promise.all(cluster.members.map(node => node.api.status()))
  expect(statuses.map(({ view, viewActive }) => ({ view, viewActive }))).toEqual(
    cluster.members.map(() => ({ view: 0, viewActive: true })),
  )
  await untilExecuted(cluster.member(0), load.accepted.keys())
  const last = await untilLevel(cluster.members)
  const histories = await Promise.all(cluster.members.map(node => historyOf(node, last)))
  expectSameHistory(histories)
  for (const history of histories) expectNothingLost(history, load)
  expectNoErrors(cluster.members)
})
