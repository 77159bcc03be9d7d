/**
 * All members die at one instant under load, again and again: afterwards there is one history, the one that everybody saw
 * before, everything that was acknowledged is in it, and nobody ever signed two different statements for one slot.
 */
import { randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import { type Cluster, createCluster, expectNoErrors } from './support/cluster.ts'
import {
  expectNothingLost,
  expectSameHistory,
  type History,
  historyOf,
  untilExecuted,
  untilLevel,
} from './support/history.ts'
import { type Load, startLoad } from './support/load.ts'
import { createRandom, seedOfTest } from './support/random.ts'
import { say } from './support/say.ts'
import { recordStatements, type Statements } from './support/statements.ts'
import { pause, until } from './support/until.ts'

const ROUNDS = 3
const KILL_AFTER_MS_MAX = 700

it('has one history, all that was acknowledged, and no two statements for one slot, when all are killed', async () => {
  const random = createRandom(seedOfTest(randomInt))
  const cluster = await createCluster({ replicas: 4 })
  const statements = await recordStatements(cluster)
  const seen: History[] = []
  const loads: Load[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    await cluster.start()
    await statements.listening(cluster.members)
    const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId, inFlight: 4 })
    loads.push(load)
    await until('the load commits', () => load.committed.size > 100)
    const { sequence } = await cluster.member(round % 4).api.status()
    seen.push(await historyOf(cluster.member(round % 4), sequence))
    const delayMs = Math.floor(random() * KILL_AFTER_MS_MAX)
    await pause(delayMs)
    await cluster.kill()
    await load.stop()
    await addDisks(cluster, statements)
    say(`round ${round}: killed ${delayMs} ms after sequence ${sequence}, ${load.committed.size} committed`)
  }
  await cluster.start()
  for (const load of loads) await untilExecuted(cluster.member(0), load.accepted.keys())
  const last = await untilLevel(cluster.members)
  const histories = await Promise.all(cluster.members.map(node => historyOf(node, last)))
  for (const history of histories) expect(history.size).toBe(last)
  expectSameHistory([...seen, ...histories])
  for (const history of histories) for (const load of loads) expectNothingLost(history, load)
  const digests = await Promise.all(cluster.members.map(node => node.api.sequence(last)))
  expect(new Set(digests.map(info => info?.historyDigest)).size).toBe(1)
  await cluster.kill()
  await addDisks(cluster, statements)
  // Of each sequence somebody's votes were heard, or were on a disk.
  expect(statements.slots).toBeGreaterThan(last)
  say(`${statements.slots} slots in ${last} sequences`)
  expect(statements.conflicts).toEqual([])
  expectNoErrors(cluster.members)
})

/** What a crash left of what was signed: the wire may have missed some of it. */
async function addDisks(cluster: Cluster, statements: Statements): Promise<void> {
  const counts = []
  for (const node of cluster.members) counts.push(await statements.addDisk(node))
  expect(Math.max(...counts)).toBeGreaterThan(0)
}
