import { describe, expect, it } from 'vitest'
import { replicaId, sequence } from '../../src/pbft/types.ts'
import {
  checkpointSlot,
  describe as describeMessage,
  SignGuard,
  viewSlot,
  voteSlot,
} from '../../src/runtime/sign-guard.ts'
import {
  checkpoint,
  commit,
  newView,
  prePrepare,
  prepare,
  proposal,
  statement,
  status,
  viewChange,
} from '../pbft/messages.ts'

const p1 = proposal(1, ['b1'])
const slots = [
  voteSlot('pre-prepare', 3, 7),
  voteSlot('prepare', 3, 7),
  voteSlot('commit', 3, 7),
  checkpointSlot(7),
  viewSlot('view-change', 3),
  viewSlot('new-view', 3),
]

describe('one statement for a slot', () => {
  it.each(slots)('$name: the first is permitted, it again too, and no other', slot => {
    const guard = new SignGuard()
    expect(guard.permit(slot, 'one')).toBe(true)
    expect(guard.permit(slot, 'one')).toBe(true)
    expect(guard.permit(slot, 'other')).toBe(false)
    expect(guard.permit(slot, 'one')).toBe(true)
  })

  it('slots of another kind, view or sequence are others', () => {
    const guard = new SignGuard()
    const others = [...slots, voteSlot('prepare', 4, 7), voteSlot('prepare', 3, 8), checkpointSlot(8)]
    expect(others.map(slot => guard.permit(slot, slot.name))).toEqual(others.map(() => true))
    expect(guard.size).toBe(others.length)
  })

  it.each([
    ['PRE-PREPARE', prePrepare(0, p1), prePrepare(0, proposal(1, ['b2']))],
    ['PREPARE', prepare(1, 0, p1), prepare(1, 0, proposal(1, ['b2']))],
    ['COMMIT', commit(1, 0, p1), commit(1, 0, proposal(1, ['b2']))],
    ['CHECKPOINT', checkpoint(1, statement(4)), checkpoint(1, statement(4, 'another state'))],
    ['VIEW-CHANGE', viewChange(1, 2), viewChange(1, 2, [], null)],
    ['NEW-VIEW', newView(1, [viewChange(0, 1)]), newView(1, [viewChange(2, 1)])],
  ])('a %s that was remembered from disk stands against another', (_, said, other) => {
    const guard = new SignGuard()
    guard.remember(said)
    const again = describeMessage(other.message, `${other.proof.hash} in another envelope`)
    expect(again !== null && guard.permit(again.slot, again.statement)).toBe(false)
  })

  it('a status binds to nothing', () => {
    expect(describeMessage(status(1).message, 'hash')).toBeNull()
  })
})

describe('leaving a view', () => {
  it.each([
    [4, false],
    [5, true],
    [6, true],
  ])('after VIEW-CHANGE for view 5, a vote in view %i: %s', (v, isPermitted) => {
    const guard = new SignGuard()
    guard.permit(viewSlot('view-change', 5), 'envelope')
    for (const type of ['pre-prepare', 'prepare', 'commit'] as const)
      expect(guard.permit(voteSlot(type, v, 1), 'digest')).toBe(isPermitted)
    expect(guard.permit(checkpointSlot(1), 'state')).toBe(true)
  })

  it('nothing brings back a view that was left', () => {
    const guard = new SignGuard()
    guard.permit(viewSlot('new-view', 3), 'envelope')
    guard.permit(viewSlot('view-change', 5), 'envelope')
    for (const type of ['view-change', 'new-view'] as const) {
      expect(guard.permit(viewSlot(type, 3), 'envelope')).toBe(false)
      expect(guard.permit(viewSlot(type, 4), 'envelope')).toBe(false)
    }
    expect(guard.permit(viewSlot('new-view', 5), 'envelope')).toBe(true)
    expect(guard.permit(viewSlot('new-view', 5), 'another')).toBe(false)
    expect(guard.permit(voteSlot('prepare', 4, 1), 'digest')).toBe(false)
  })

  it('NEW-VIEW leaves nothing', () => {
    const guard = new SignGuard()
    guard.permit(viewSlot('new-view', 5), 'envelope')
    expect(guard.permit(voteSlot('prepare', 4, 1), 'digest')).toBe(true)
  })
})

describe('pruning', () => {
  it.each([
    [0, false],
    [4, false],
    [5, true],
  ])(
    'with 4 stable nothing is said at %i any more, also not what was said: permitted %s',
    (n, isPermitted) => {
      const guard = new SignGuard()
      guard.permit(voteSlot('commit', 0, n), 'digest')
      guard.prune(sequence(4))
      expect(guard.permit(voteSlot('commit', 0, n), 'digest')).toBe(isPermitted)
      expect(guard.permit(checkpointSlot(n), 'state')).toBe(isPermitted)
    },
  )

  it('forgets what lies below, keeps what lies above and what was said of views', () => {
    const guard = new SignGuard()
    for (let n = 1; n <= 6; n++) guard.permit(voteSlot('commit', 0, n), 'digest')
    guard.permit(viewSlot('new-view', 0), 'envelope')
    guard.prune(sequence(4))
    expect(guard.size).toBe(3)
    expect(guard.permit(viewSlot('new-view', 0), 'another')).toBe(false)
  })

  it('forgets what was said of views that were left, however many follow upon each other', () => {
    const guard = new SignGuard()
    for (let v = 1; v <= 50; v++) {
      guard.permit(viewSlot('view-change', v), 'envelope')
      guard.permit(viewSlot('new-view', v), 'envelope')
      for (const type of ['pre-prepare', 'prepare', 'commit'] as const)
        guard.permit(voteSlot(type, v, 1), 'digest')
      guard.permit(checkpointSlot(1), 'state')
    }
    expect(guard.size).toBe(6)
  })

  it('a lower stable checkpoint brings nothing back', () => {
    const guard = new SignGuard()
    guard.prune(sequence(4))
    guard.prune(sequence(2))
    expect(guard.permit(voteSlot('commit', 0, 3), 'digest')).toBe(false)
  })
})

it('whoever signs, the slot is the same: a guard serves one key', () => {
  const [one, two] = [prepare(1, 0, p1), prepare(replicaId(2), 0, p1)]
  expect(describeMessage(one.message, '')).toEqual(describeMessage(two.message, ''))
})
