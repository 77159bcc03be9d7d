import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Cluster, historyOf } from './harness.ts'

/**
 * Whole conversations as text: a change of the protocol is read as a change of these files. `UPDATE_TRACES=1` writes them anew; commit
 * that only when every changed line is understood.
 */
function compare(name: string, cluster: Cluster): void {
  const file = new URL(`./traces/${name}.txt`, import.meta.url)
  const text = `${cluster.lines.join('\n')}\n`
  if (process.env.UPDATE_TRACES === '1') writeFileSync(file, text)
  expect(existsSync(file), `${name}.txt is missing: run once with UPDATE_TRACES=1`).toBe(true)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

function expectSameHistory(cluster: Cluster, ...batches: string[]): void {
  const histories = new Set(cluster.members.filter(({ up }) => up).map(historyOf))
  expect(histories.size).toBe(1)
  const executed = [...histories].join(' ')
  for (const batch of batches) expect(executed).toContain(`${batch}@`)
}

describe('conversations', () => {
  it('normal case: two batches, certified by one checkpoint each', () => {
    const cluster = new Cluster(4)
    cluster.hold('b1')
    cluster.run()
    cluster.hold('b2')
    cluster.run()
    expectSameHistory(cluster, 'b1', 'b2')
    compare('normal-case', cluster)
  })

  it('view change: what one member prepared is carried into the next view', () => {
    const cluster = new Cluster(4)
    // Only m1 gets enough PREPAREs, and nobody a COMMIT.
    cluster.lose = ({ message }, to) => (message.type === 'prepare' && to !== 1) || message.type === 'commit'
    cluster.hold('b1')
    cluster.run()
    cluster.crash(0)
    cluster.lose = () => false
    for (const id of [1, 2]) cluster.expire(id, 'progress')
    cluster.run()
    expectSameHistory(cluster, 'b1')
    expect(cluster.member(1).replica.view()).toMatchObject({ view: 1, viewActive: true })
    compare('view-change-prepared', cluster)
  })

  it('view change: a gap below a prepared request becomes a null request', () => {
    const cluster = new Cluster(4)
    // n1 reaches nobody; n2 is prepared.
    cluster.lose = ({ message }, to) =>
      (message.type === 'pre-prepare' && message.proposal.sequence === 1 && to !== 0) ||
      message.type === 'commit'
    cluster.hold('b1', [0])
    cluster.run()
    cluster.hold('b2')
    cluster.run()
    cluster.crash(0)
    cluster.lose = () => false
    cluster.hold('b1', [1, 2, 3])
    for (const id of [1, 2]) cluster.expire(id, 'progress')
    cluster.run()
    expectSameHistory(cluster, 'null', 'b1', 'b2')
    compare('null-request', cluster)
  })

  it('late replica: it learns from two others that it is behind, fetches the log, and votes again', () => {
    const cluster = new Cluster(4)
    cluster.lose = (_, to) => to === 3
    for (const batch of ['b1', 'b2']) {
      cluster.hold(batch, [0, 1, 2])
      cluster.run()
    }
    cluster.lose = () => false
    cluster.lines.length = 0
    for (const id of [0, 1]) cluster.expire(id, 'status')
    cluster.run()
    cluster.expire(3, 'catch-up')
    cluster.serve(3, 0)
    cluster.run()
    cluster.hold('b3')
    cluster.run()
    expectSameHistory(cluster, 'b1', 'b2', 'b3')
    compare('late-replica', cluster)
  })

  it('restart of the primary: it says the same again, and goes on above it', () => {
    const cluster = new Cluster(4)
    cluster.lose = ({ message }) => message.type === 'commit'
    cluster.hold('b1')
    cluster.run()
    cluster.crash(0)
    cluster.lose = () => false
    cluster.restart(0)
    cluster.hold('b1', [0])
    cluster.run()
    for (const id of [0, 1, 2, 3]) {
      cluster.expire(id, 'status')
      cluster.run()
    }
    cluster.hold('b2')
    cluster.run()
    compare('primary-restart', cluster)
    expectSameHistory(cluster, 'b1', 'b2')
  })

  it('amnesiac member: it follows, and votes only when it has caught up with what it may have said', () => {
    const cluster = new Cluster(4)
    cluster.hold('b1')
    cluster.run()
    cluster.crash(3)
    cluster.lines.length = 0
    cluster.restart(3, false)
    cluster.run()
    expect(cluster.member(3).replica.view().mayVote).toBe(false)
    cluster.expire(3, 'catch-up')
    cluster.serve(3, 0)
    cluster.run()
    for (const id of [0, 1, 0, 1, 2]) {
      cluster.expire(id, 'status')
      cluster.run()
    }
    cluster.hold('b2')
    cluster.run()
    expect(cluster.member(3).replica.view().mayVote).toBe(true)
    expectSameHistory(cluster, 'b1', 'b2')
    compare('amnesiac', cluster)
  })
})
