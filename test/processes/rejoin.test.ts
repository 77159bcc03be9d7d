/**
 * A member loses its disk and comes back with its key. What it signed before is unknown to it, so it may not vote before it
 * has caught up past everything that anybody may have heard of it: by the log, or by a snapshot where the log is pruned.
 */
import { expect, it } from 'vitest'
import { type Cluster, createCluster, expectNoErrors } from './support/cluster.ts'
import { expectSameHistory, historyOf, untilExecuted, untilLevel } from './support/history.ts'
import { startLoad } from './support/load.ts'
import type { NodeProcess } from './support/node-process.ts'
import { say } from './support/say.ts'
import { type Heard, recordStatements, type Statements } from './support/statements.ts'
import { until } from './support/until.ts'

const VOTES: readonly string[] = ['pre-prepare', 'prepare', 'commit', 'checkpoint', 'view-change', 'new-view']

it('votes again only after it has caught up by the log', async () => {
  const cluster = await createCluster({ replicas: 4 })
  await rejoin(cluster, { committed: 150, snapshot: false })
})

it('votes again only after it has caught up by a snapshot, where the log is pruned', async () => {
  const cluster = await createCluster({
    replicas: 4,
    protocol: { checkpointInterval: 8, logWindow: 32 },
    config: { history: { sequences: 8, snapshotSequences: 16 } },
  })
  await rejoin(cluster, { committed: 200, snapshot: true })
})

async function rejoin(cluster: Cluster, expected: { committed: number; snapshot: boolean }): Promise<void> {
  await cluster.start()
  const statements = await recordStatements(cluster)
  await statements.listening(cluster.members)
  const load = startLoad({ nodes: cluster.members.slice(0, 3), networkId: cluster.networkId })
  await until('the load commits', () => load.committed.size > expected.committed)
  const victim = cluster.member(3)
  await victim.kill()
  const more = load.committed.size + 100
  await until('the load goes on', () => load.committed.size > more)
  if (expected.snapshot) {
    await until('the others prune', async () => {
      return (await cluster.member(0).api.sequence(1)) === null
    })
  } else expect(await cluster.member(0).api.sequence(1)).not.toBeNull()

  victim.wipe()
  const before = statements.heard.length
  // It asks a quorum: while two stand still it cannot be quicker than we look.
  const still = cluster.members.slice(1, 3)
  for (const node of still) node.freeze()
  victim.start()
  const { state, stall } = await until('the member answers', () => victim.api.status())
  for (const node of still) node.thaw()
  expect(state).toBe('recovering')
  expect(stall).not.toBeNull()
  const states = await watchUntilReady(victim)
  expect(['ready', 'recovering ready']).toContain(states.join(' '))
  const size = load.committed.size
  await until('the load goes on', () => load.committed.size > size + 100)
  await until('the member votes', () => firstVote(statements, victim, before) >= 0)
  await load.stop()

  expectSilenceBeforeCaughtUp(statements.heard, before, victim.index)
  expect(statements.conflicts).toEqual([])
  for (const node of cluster.members) await untilExecuted(node, load.accepted.keys())
  const last = await untilLevel(cluster.members)
  expectSameHistory(await Promise.all(cluster.members.map(node => historyOf(node, last))))
  const values = await Promise.all(cluster.members.map(node => node.api.state('load/7')))
  expect(new Set(values.map(({ applicationRoot }) => applicationRoot)).size).toBe(1)
  expectNoErrors(cluster.members)
  expect(await victim.api.sequence(1)).toEqual(expected.snapshot ? null : expect.anything())
}

/** The states that the node told, each once, in order. */
async function watchUntilReady(node: NodeProcess): Promise<readonly string[]> {
  const states: string[] = []
  const startMs = performance.now()
  await until(`node ${node.index} is ready`, async () => {
    const { state, stall } = await node.api.status()
    if (states.at(-1) !== state) states.push(state)
    if (state === 'recovering') expect(stall).not.toBeNull()
    return state === 'ready'
  })
  say(
    `a member without memory was ready after ${Math.round(performance.now() - startMs)} ms: ${states.join(', ')}`,
  )
  return states
}

function firstVote({ heard }: Statements, node: NodeProcess, from: number): number {
  return heard.findIndex(
    ({ sender, message }, i) => i >= from && sender === node.index && VOTES.includes(message.type),
  )
}

/**
 * Between its return and its last word that it is recovering, the member said nothing but that; and its votes for sequences
 * lie above all that anybody had voted for when it came back.
 */
function expectSilenceBeforeCaughtUp(heard: readonly Heard[], from: number, member: number): void {
  const own = heard.slice(from).filter(({ sender }) => sender === member)
  const last = own.findLastIndex(({ message }) => message.type === 'status' && message.recovering)
  expect(last, 'it said that it was recovering').toBeGreaterThanOrEqual(0)
  expect(own.slice(0, last).filter(({ message }) => VOTES.includes(message.type))).toEqual([])
  const highest = Math.max(0, ...heard.slice(0, from).map(votedFor))
  const lowest = Math.min(...own.map(votedFor).filter(sequence => sequence > 0))
  expect(lowest).toBeGreaterThan(highest)
}

/** 0: no vote for a sequence. */
function votedFor({ message }: Heard): number {
  if (message.type === 'pre-prepare') return message.proposal.sequence
  return message.type === 'prepare' || message.type === 'commit' ? message.sequence : 0
}
