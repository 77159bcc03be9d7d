import { describe, expect, it } from 'vitest'
import { replicaId } from '../../src/pbft/types.ts'
import { commit, newView, prePrepare, prepare, prepared, proposal, viewChange } from './messages.ts'
import { drafts, executed, Probe } from './probe.ts'

/**
 * A batch that came to nothing when it was executed may be handed in again, while the sequence that named it is still in the log: it is
 * ordered at another one.
 */
const p1 = proposal(1, ['b1'])

describe('a batch that was executed and is there again', () => {
  it('is proposed by the primary', () => {
    const probe = new Probe({ self: replicaId(0) })
    probe.hold('b1')
    const own = proposal(1, ['b1'], { certify: true })
    const votes = [1, 2, 3].flatMap(sender => [prepare(sender, 0, own), commit(sender, 0, own)])
    expect(executed(probe.hear(...votes))).toEqual([['b1']])
    expect(drafts(probe.hold('b1'), 'pre-prepare')).toMatchObject([{ sequence: 2, batchDigests: ['b1'] }])
  })

  it('is proposed by the next primary, whose NEW-VIEW names it at the sequence of before', () => {
    const probe = new Probe()
    probe.hold('b1')
    const votes = [2, 3].map(sender => prepare(sender, 0, p1))
    const commits = [0, 2, 3].map(sender => commit(sender, 0, p1))
    expect(executed(probe.hear(prePrepare(0, p1), ...votes, ...commits))).toEqual([['b1']])
    probe.hold('b1')
    const viewChanges = [viewChange(0, 1, [prepared(0, p1)]), viewChange(2, 1), viewChange(3, 1)]
    const effects = probe.hear(newView(1, viewChanges, [p1]))
    expect(drafts(effects, 'pre-prepare')).toMatchObject([{ view: 1, sequence: 2, batchDigests: ['b1'] }])
  })
})
