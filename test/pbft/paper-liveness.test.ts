import { describe, expect, it } from 'vitest'
import { replicaId, view } from '../../src/pbft/types.ts'
import {
  checkpoint,
  commit,
  newView,
  prePrepare,
  prepare,
  prepared,
  proposal,
  statement,
  status,
  viewChange,
} from './messages.ts'
import { cancelled, drafts, executed, ofType, Probe, said, timers } from './probe.ts'

/** OSDI'99 §4.5: liveness: timers, and joining a view change. */
const p1 = proposal(1, ['b1'])
/** All votes that a backup of view `v` needs to execute. */
const decided = (v: number, p: typeof p1) => [
  prePrepare(v, p),
  ...[0, 2, 3].map(sender => commit(sender, v, p)),
]

describe('OSDI §4.4: the timer of a backup', () => {
  it('starts when a batch is held that is not executed', () => {
    expect(timers(new Probe().hold('b1'))).toEqual(['progress v0 100'])
  })

  it('does not start again when it runs', () => {
    const probe = new Probe()
    probe.hold('b1')
    expect(timers(probe.hold('b2'))).toEqual([])
  })

  it('stops when that batch is executed and certified and none waits', () => {
    const probe = new Probe()
    probe.hold('b1')
    expect(cancelled(probe.hear(...decided(0, p1)))).toEqual([])
    const s1 = statement(1)
    expect(cancelled(probe.hear(...[0, 2, 3].map(sender => checkpoint(sender, s1))))).toEqual(['progress'])
  })

  it('starts again for the certificate of what was executed last: a primary has to ask for it, and a faulty one may not', () => {
    const probe = new Probe()
    probe.hold('b1')
    expect(timers(probe.hear(...decided(0, p1)))).toEqual(['progress v0 100'])
    const effects = probe.step({ type: 'timer-expired', timer: { kind: 'progress', view: view(0) } })
    expect(drafts(effects, 'view-change')).toMatchObject([{ view: 1 }])
  })

  it('starts again when that batch executes and another waits', () => {
    const probe = new Probe()
    probe.hold('b1', 'b2')
    expect(timers(probe.hear(...decided(0, p1)))).toEqual(['progress v0 100'])
  })

  it('goes on when another batch executes: progress elsewhere hides no censorship', () => {
    const probe = new Probe()
    probe.hold('censored', 'b1')
    const effects = probe.hear(...decided(0, p1))
    expect(executed(effects)).toEqual([['b1']])
    expect([timers(effects), cancelled(effects)]).toEqual([[], []])
  })

  it('is moved by no message alone', () => {
    const probe = new Probe()
    probe.hold('b1')
    const effects = probe.hear(prePrepare(0, p1), prepare(2, 0, p1), status(0))
    expect(timers(effects)).toEqual([])
  })

  it('starts for an accepted proposal when nothing is held', () => {
    expect(timers(new Probe().hear(prePrepare(0, p1)))).toEqual(['progress v0 100'])
  })

  it('when it expires the backup wants the next view', () => {
    const probe = new Probe()
    probe.hold('b1')
    expect(drafts(probe.expire('progress', 0), 'view-change')).toMatchObject([{ view: 1 }])
  })

  it('one that was set for another view says nothing', () => {
    const probe = new Probe()
    probe.hold('b1')
    expect(probe.expire('progress', 1)).toEqual([])
    probe.expire('progress', 0)
    expect(probe.expire('progress', 0)).toEqual([])
  })

  it('an observer sets none', () => {
    expect(timers(new Probe({ self: null }).hold('b1'))).toEqual([])
  })
})

describe('OSDI §4.5.2: time-outs double', () => {
  /** m1 enters view `v` after views in which nothing was executed, and tells how long it waits. */
  function timeoutsOf(probe: Probe, views: number): readonly string[] {
    const waits: string[] = []
    for (let v = 1; v <= views; v++) {
      probe.step({ type: 'primary-unsatisfactory', view: view(v - 1) })
      const vc = [0, 2, 3].map(sender => viewChange(sender, v))
      waits.push(...timers(probe.hear(...vc, newView(v, vc))).filter(line => line.startsWith('progress')))
    }
    return waits
  }

  it('for each view without progress, up to the cap', () => {
    const probe = new Probe()
    probe.hold('b1')
    const waits = timeoutsOf(probe, 5).map(line => line.split(' ')[2])
    expect(waits).toEqual(['200', '400', '800', '1000', '1000'])
  })

  it('and are short again after something was executed', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1', 'b2')
    probe.step({ type: 'primary-unsatisfactory', view: view(0) })
    const vc = [0, 1, 2].map(sender => viewChange(sender, 1))
    expect(timers(probe.hear(newView(1, vc)))).toEqual(['progress v1 200'])
    const votes = [0, 1, 2].map(sender => commit(sender, 1, p1))
    expect(timers(probe.hear(prePrepare(1, p1), ...votes))).toEqual(['progress v1 100'])
  })

  it('the timer for NEW-VIEW starts when a quorum wants the view, not before', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1')
    expect(timers(probe.expire('progress', 0))).toEqual([])
    expect(timers(probe.hear(viewChange(0, 1)))).toEqual([])
    expect(timers(probe.hear(viewChange(2, 1)))).toEqual(['new-view v1 200'])
  })

  it('no further VIEW-CHANGE starts it again', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hear(viewChange(0, 1), viewChange(2, 1))
    expect(timers(probe.hear(viewChange(1, 1)))).toEqual([])
  })

  it('when it expires the next view is wanted', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hear(viewChange(0, 1), viewChange(2, 1))
    expect(drafts(probe.expire('new-view', 1), 'view-change')).toMatchObject([{ view: 2 }])
    expect(probe.expire('new-view', 1)).toEqual([])
  })

  it('NEW-VIEW stops it', () => {
    const probe = new Probe({ self: replicaId(3) })
    const vc = [0, 1, 2].map(sender => viewChange(sender, 1))
    expect(cancelled(probe.hear(...vc, newView(1, vc)))).toContain('new-view')
    expect(probe.expire('new-view', 1)).toEqual([])
  })
})

describe('OSDI §4.5.2: joining', () => {
  it('f+1 members want higher views: the smallest of those is joined, without waiting for the timer', () => {
    const probe = new Probe()
    expect(said(probe.hear(viewChange(2, 7)))).toEqual([])
    expect(drafts(probe.hear(viewChange(3, 4)), 'view-change')).toMatchObject([{ view: 4 }])
  })

  it('the primary that left its own view is followed to the next one, and shown to the others', () => {
    const probe = new Probe()
    const effects = probe.hear(viewChange(0, 5))
    expect(drafts(effects, 'view-change')).toMatchObject([{ view: 1 }])
    expect(effects.filter(({ type }) => type === 'relay')).toMatchObject([{ to: 0 }])
  })

  it('a primary that says again and again that it may not vote is left, though nothing waits', () => {
    const probe = new Probe()
    probe.hear(status(0, { recovering: true }))
    expect(drafts(probe.expire('status', 0), 'view-change')).toEqual([])
    probe.hear(status(0, { recovering: true }))
    expect(drafts(probe.expire('status', 0), 'view-change')).toMatchObject([{ view: 1 }])
  })

  it('a backup that says so moves nobody', () => {
    const probe = new Probe()
    probe.hear(status(2, { recovering: true }), status(2, { recovering: true }))
    expect(drafts(probe.expire('status', 0), 'view-change')).toEqual([])
  })

  it('f members alone move nobody, whatever they say', () => {
    const probe = new Probe()
    expect(said(probe.hear(viewChange(2, 1), viewChange(2, 2), viewChange(2, 9)))).toEqual([])
  })

  it('an older VIEW-CHANGE of a member does not replace its latest', () => {
    const probe = new Probe()
    probe.hear(viewChange(2, 7), viewChange(2, 1))
    expect(drafts(probe.hear(viewChange(3, 7)), 'view-change')).toMatchObject([{ view: 7 }])
  })

  it('two VIEW-CHANGEs of one member for one view accuse it', () => {
    const effects = new Probe().hear(viewChange(2, 1), viewChange(2, 1, [prepared(0, p1)]))
    expect(ofType(effects, 'suspect')).toMatchObject([{ replica: 2 }])
  })

  it('the monitor may want a view change; of a view that was left it says nothing', () => {
    const probe = new Probe()
    expect(said(probe.step({ type: 'primary-unsatisfactory', view: view(1) }))).toEqual([])
    expect(said(probe.step({ type: 'primary-unsatisfactory', view: view(0) }))).toEqual(['view-change'])
    expect(said(probe.step({ type: 'primary-unsatisfactory', view: view(0) }))).toEqual([])
  })
})
