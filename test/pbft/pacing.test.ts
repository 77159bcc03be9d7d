import { describe, expect, it } from 'vitest'
import type { Proposal } from '../../src/pbft/types.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { checkpoint, commit, prepare, proposal, statement } from './messages.ts'
import { drafts, ofType, Probe } from './probe.ts'

/** When a primary asks for checkpoints: as soon as the last one is certified, which is for others to say. K = 4, L = 8. */
const busy = { type: 'certifier', busy: true } as const
const free = { type: 'certifier', busy: false } as const

function execute(probe: Probe, ...proposals: readonly Proposal[]): void {
  for (const p of proposals) probe.hear(prepare(2, 0, p), prepare(3, 0, p), commit(2, 0, p), commit(3, 0, p))
}

/** Sequence 1 is executed and certified by members; sequence 2 is executed and not. */
function withUncertifiedTail(): Probe {
  const probe = new Probe({ self: replicaId(0) })
  probe.hold('b1', 'b2')
  execute(probe, proposal(1, ['b1'], { certify: true }), proposal(2, ['b2']))
  return probe
}

describe('a primary whose certifier is busy', () => {
  it('proposes without asking for a checkpoint, and asks again when it is free', () => {
    const probe = new Probe({ self: replicaId(0) })
    probe.step(busy)
    expect(drafts(probe.hold('b1'), 'pre-prepare')).toMatchObject([{ sequence: 1, certify: false }])
    probe.step(free)
    expect(drafts(probe.hold('b2'), 'pre-prepare')).toMatchObject([{ sequence: 2, certify: true }])
  })

  it('lets the tail be until it is free', () => {
    const probe = withUncertifiedTail()
    probe.step(busy)
    const s1 = statement(1)
    expect(ofType(probe.hear(checkpoint(2, s1), checkpoint(3, s1)), 'set-timer')).not.toContainEqual(
      expect.objectContaining({ timer: expect.objectContaining({ kind: 'idle-checkpoint' }) }),
    )
    const timers = ofType(probe.step(free), 'set-timer').map(({ timer }) => timer.kind)
    expect(timers).toContain('idle-checkpoint')
    expect(drafts(probe.expire('idle-checkpoint', 0), 'pre-prepare')).toMatchObject([
      { sequence: 3, batchDigests: [], certify: true },
    ])
  })

  it('says nothing when the timer of an idle checkpoint ends meanwhile, and sets it again', () => {
    const probe = withUncertifiedTail()
    const s1 = statement(1)
    probe.hear(checkpoint(2, s1), checkpoint(3, s1))
    probe.step(busy)
    expect(drafts(probe.expire('idle-checkpoint', 0), 'pre-prepare')).toEqual([])
    expect(ofType(probe.step(free), 'set-timer').map(({ timer }) => timer.kind)).toContain('idle-checkpoint')
  })

  it('still asks for what somebody needs when nothing has moved for long', () => {
    const probe = withUncertifiedTail()
    probe.step(busy)
    const said = [probe.expire('status', 0), probe.expire('status', 0)].flatMap(effects =>
      drafts(effects, 'pre-prepare'),
    )
    expect(said).toMatchObject([{ sequence: 3, batchDigests: [], certify: true }])
  })
})
