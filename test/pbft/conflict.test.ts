import { describe, expect, it } from 'vitest'
import { ConflictError } from '../../src/pbft/conflict.ts'
import { view } from '../../src/pbft/types.ts'
import {
  certificate,
  commit,
  committed,
  newView,
  prePrepare,
  prepare,
  prepared,
  proposal,
  statement,
  status,
  viewChange,
} from './messages.ts'
import { Probe } from './probe.ts'

/** Two proofs that contradict each other stop the replica, and the error carries both. The core is m1 of four. */
const p1 = proposal(1, ['b1'])
const other = proposal(1, ['b2'])

function conflictOf(act: () => unknown): ConflictError | null {
  try {
    act()
  } catch (error) {
    if (error instanceof ConflictError) return error
    throw error
  }
  return null
}

/** Executed p1, which a quorum committed in view 0. */
function executedOne(): Probe {
  const probe = new Probe()
  probe.hold('b1', 'b2')
  probe.hear(prePrepare(0, p1), prepare(2, 0, p1), commit(0, 0, p1), commit(2, 0, p1))
  expect(probe.view().executedSequence).toBe(1)
  return probe
}

describe('a second certificate', () => {
  const first = certificate(statement(4))
  const second = certificate(statement(4, 'another state'), [1, 2, 3])

  it('of the same sequence stops a replica that knows another one, whoever shows it', () => {
    for (const shown of [status(3, { stable: second }), viewChange(3, 2, [], second)]) {
      const probe = new Probe({}, { stable: first })
      const conflict = conflictOf(() => probe.hear(shown))
      expect(conflict?.reason).toBe('two-certificates')
      expect(conflict?.evidence.certificates).toEqual([first, second])
    }
  })

  it('that says the same by other signatures does not', () => {
    const probe = new Probe({}, { stable: first })
    const again = certificate(statement(4), [1, 2, 3])
    expect(conflictOf(() => probe.hear(status(3, { stable: again })))).toBe(null)
  })

  it('without a quorum does not', () => {
    const probe = new Probe({}, { stable: first })
    const weak = certificate(statement(4, 'another state'), [1, 3])
    expect(conflictOf(() => probe.hear(status(3, { stable: weak })))).toBe(null)
  })
})

describe('a NEW-VIEW', () => {
  const silent = [viewChange(0, 2), viewChange(2, 2), viewChange(3, 2)]

  it('that lets go what was committed here stops the replica, with both proofs', () => {
    const probe = executedOne()
    const letGo = newView(2, silent)
    const conflict = conflictOf(() => probe.hear(letGo))
    expect(conflict?.reason).toBe('commit-let-go')
    expect(conflict?.evidence.entries?.[0]?.proposal).toEqual(p1)
    expect(conflict?.evidence.proofs).toEqual([letGo.proof])
  })

  it('that proposes it again is entered', () => {
    const probe = executedOne()
    const viewChanges = [viewChange(0, 2, [prepared(0, p1)]), viewChange(2, 2), viewChange(3, 2)]
    expect(conflictOf(() => probe.hear(newView(2, viewChanges, [p1])))).toBe(null)
    expect(probe.view().view).toBe(2)
  })

  it('that begins above it is entered', () => {
    const probe = executedOne()
    const viewChanges = [viewChange(0, 2, [], certificate(statement(4))), viewChange(2, 2), viewChange(3, 2)]
    expect(conflictOf(() => probe.hear(newView(2, viewChanges)))).toBe(null)
    expect(probe.view().view).toBe(2)
  })

  it('of an earlier view than the commit proves nothing by it', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.step({ type: 'entry-fetched', entry: committed(p1, 3) })
    expect(probe.view().executedSequence).toBe(1)
    expect(conflictOf(() => probe.hear(newView(2, silent)))).toBe(null)
    expect(probe.view().view).toBe(2)
  })
})

describe('a second commit certificate', () => {
  const changed = [viewChange(0, 2, [prepared(0, other)]), viewChange(2, 2), viewChange(3, 2)]
  const votes = [0, 2, 3].map(sender => commit(sender, 2, other))

  it('for another digest stops the replica', () => {
    const probe = new Probe()
    probe.hold('b1', 'b2')
    probe.step({ type: 'entry-fetched', entry: committed(p1, 3) })
    probe.hear(newView(2, changed, [other]))
    const conflict = conflictOf(() => probe.hear(...votes))
    expect(conflict?.reason).toBe('two-commits')
    expect(conflict?.evidence.entries?.map(({ proposal: p }) => p.digest)).toEqual([p1.digest, other.digest])
  })

  it('for the same digest does not', () => {
    const probe = new Probe({}, { view: view(0) })
    probe.hold('b1', 'b2')
    probe.step({ type: 'entry-fetched', entry: committed(other, 3) })
    probe.hear(newView(2, changed, [other]))
    expect(conflictOf(() => probe.hear(...votes))).toBe(null)
  })
})
