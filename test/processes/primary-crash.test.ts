/** The primary dies under load: the others go on within seconds, and nothing that a client was told is taken back. */
import { expect, it } from 'vitest'
import { createCluster, expectNoErrors } from './support/cluster.ts'
import {
  expectNothingLost,
  expectSameHistory,
  historyOf,
  untilExecuted,
  untilLevel,
  untilOneView,
} from './support/history.ts'
import { type Load, startLoad } from './support/load.ts'
import { say } from './support/say.ts'
import { recordStatements } from './support/statements.ts'
import { until } from './support/until.ts'

/** Within 3 s on a machine that has nothing else to do, and ten times as long on one that has. */
const RESUME_MS_MAX = 30_000

it('goes on within seconds when the primary is killed under load, and loses nothing', async () => {
  const cluster = await createCluster({ replicas: 4 })
  await cluster.start()
  const statements = await recordStatements(cluster)
  await statements.listening(cluster.members)
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId })
  for (const round of [1, 2]) {
    const before = load.committed.size
    await until('the load commits', () => load.committed.size > before + 150)
    const victim = cluster.member((await untilOneView(cluster.members)).primary)
    const others = cluster.members.filter(node => node !== victim)
    const killedMs = performance.now()
    await victim.kill()
    const resumedMs = await until('commits resume', () => firstCommitOf(load, killedMs, victim.index))
    say(`round ${round}: commits resumed ${Math.round(resumedMs - killedMs)} ms after SIGKILL of the primary`)
    expect(resumedMs - killedMs).toBeLessThan(RESUME_MS_MAX)
    const after = load.committed.size
    await until('the load goes on', () => load.committed.size > after + 150)
    for (const node of others) expect((await node.api.status()).primary).not.toBe(victim.index)
    await cluster.start([victim])
    await until('the victim votes again', async () => {
      const { state, viewActive } = await victim.api.status()
      return state === 'ready' && viewActive
    })
  }
  await load.stop()
  await untilExecuted(cluster.member(0), load.accepted.keys())
  const last = await untilLevel(cluster.members)
  const histories = await Promise.all(cluster.members.map(node => historyOf(node, last)))
  expectSameHistory(histories)
  for (const history of histories) expectNothingLost(history, load)
  expect(statements.conflicts).toEqual([])
  expectNoErrors(cluster.members)
  say(`${load.committed.size} committed and ${load.accepted.size} accepted in ${last} sequences`)
})

/** The first commit of a transaction that was submitted, to another node, after the kill. */
function firstCommitOf({ committed }: Load, killedMs: number, victim: number): number | null {
  for (const { submittedMs, committedMs, through } of committed.values())
    if (submittedMs > killedMs && through !== victim) return committedMs
  return null
}
