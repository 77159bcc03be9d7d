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

it('stays in the view when a backup dies and returns under load', async () => {
  const cluster = await createCluster({ replicas: 4 })
  await cluster.start()
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId, inFlight: 2 })
  for (const backup of cluster.members.slice(1, 3)) {
    const before = load.committed.size
    await until('the load commits', 20_000, () => load.committed.size > before + 50)
    await backup.kill()
    const without = load.committed.size
    await until('the load goes on', 20_000, () => load.committed.size > without + 50)
    await cluster.start([backup])
    const since = performance.now()
    await until('the load through the one that returned commits', 20_000, () =>
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
}, 90_000)

/** Longer than the time after which a primary is suspected. */
const SETTLING_MS = 2_000
