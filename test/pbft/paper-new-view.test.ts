import { describe, expect, it } from 'vitest'
import { replicaId } from '../../src/pbft/types.ts'
import { findNewViewFault } from '../../src/pbft/view-change-rules.ts'
import {
  certificate,
  commit,
  newView,
  prePrepare,
  prepare,
  prepared,
  proposal,
  statement,
  testConfig,
  viewChange,
} from './messages.ts'
import { drafts, executed, ofType, Probe, records, said } from './probe.ts'

/** OSDI'99 §4.4: the NEW-VIEW that a quorum of VIEW-CHANGEs obliges to. The core is m1 of four, L = 8. */
const p1 = proposal(1, ['b1'])
const p2 = proposal(2, ['b2'])

describe('OSDI §4.4: NEW-VIEW', () => {
  const quorumFor = (v: number) => [0, 2, 3].map(sender => viewChange(sender, v))

  it('the primary of the wanted view says it when it has a quorum of VIEW-CHANGEs, its own among them', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.expire('progress', 0)
    expect(said(probe.hear(viewChange(2, 1)))).toEqual([])
    const [sent] = drafts(probe.hear(viewChange(3, 1)), 'new-view')
    expect(sent?.viewChanges.map(({ sender }) => sender)).toEqual([1, 2, 3])
  })

  it('and says it once', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.expire('progress', 0)
    const effects = probe.hear(viewChange(2, 1), viewChange(3, 1), viewChange(0, 1))
    expect(drafts(effects, 'new-view')).toHaveLength(1)
  })

  it('who is not the primary of the wanted view says nothing', () => {
    const probe = new Probe({ self: replicaId(2) })
    expect(said(probe.hear(viewChange(0, 1), viewChange(1, 1), viewChange(3, 1)))).toEqual(['view-change'])
  })

  it.each([
    ['not-the-primary', 'another member', newView(1, quorumFor(1), [], 2)],
    ['view-changes-without-quorum', 'too few', newView(1, quorumFor(1).slice(1))],
    [
      'view-changes-without-quorum',
      'one member twice',
      newView(1, [viewChange(2, 1), viewChange(2, 1), viewChange(3, 1)]),
    ],
    [
      'view-changes-without-quorum',
      'a quorum and one of it twice',
      newView(1, [...quorumFor(1), viewChange(3, 1)]),
    ],
    ['view-change-invalid', 'for another view', newView(1, [...quorumFor(1).slice(1), viewChange(0, 2)])],
    [
      'view-change-invalid',
      'one that breaks a rule',
      newView(1, [...quorumFor(1).slice(1), viewChange(0, 1, [prepared(0, p1, [1])])]),
    ],
    ['plan-differs', 'O proposes what V does not oblige to', newView(1, quorumFor(1), [p1])],
    [
      'plan-differs',
      'O leaves out what V obliges to',
      newView(1, [viewChange(0, 1, [prepared(0, p1)]), ...quorumFor(1).slice(1)]),
    ],
    [
      'plan-differs',
      'another batch',
      newView(1, [viewChange(0, 1, [prepared(0, p1)]), ...quorumFor(1).slice(1)], [proposal(1, ['b2'])]),
    ],
    [
      'plan-differs',
      'another log time',
      newView(
        1,
        [viewChange(0, 1, [prepared(0, p1)]), ...quorumFor(1).slice(1)],
        [proposal(1, ['b1'], { logTimeMs: 5 })],
      ),
    ],
    [
      'plan-differs',
      'no null request in the gap',
      newView(1, [viewChange(0, 1, [prepared(0, p2)]), ...quorumFor(1).slice(1)], [p2]),
    ],
  ])('a backup refuses it, %s: %s', (fault, _, message) => {
    expect(findNewViewFault(testConfig(), message)).toBe(fault)
    const probe = new Probe({ self: replicaId(3) })
    expect(probe.hear(message)).toEqual([])
    expect(probe.view().view).toBe(0)
  })

  it('a backup that agrees enters, writes it down, and says PREPARE for everything in O', () => {
    const message = newView(
      1,
      [viewChange(0, 1, [prepared(0, p1), prepared(0, p2)]), ...quorumFor(1).slice(1)],
      [p1, p2],
    )
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1', 'b2')
    const effects = probe.hear(message)
    expect(records(effects, 'view')).toMatchObject([{ view: 1, active: true, newView: message }])
    expect(drafts(effects, 'prepare')).toMatchObject([
      { view: 1, sequence: 1 },
      { view: 1, sequence: 2 },
    ])
  })

  it('a log time that is long past is no reason to refuse what V obliges to', () => {
    const old = proposal(1, ['b1'], { logTimeMs: 1 })
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1')
    const source = prePrepare(0, old, { timely: false })
    const message = newView(
      1,
      [viewChange(0, 1, [prepared(0, old, [1, 2], source)]), ...quorumFor(1).slice(1)],
      [old],
    )
    expect(said(probe.hear(message))).toEqual(['prepare'])
  })

  it('a body that is missing is fetched, and PREPARE waits for it', () => {
    const message = newView(1, [viewChange(0, 1, [prepared(0, p1)]), ...quorumFor(1).slice(1)], [p1])
    const probe = new Probe({ self: replicaId(3) })
    const effects = probe.hear(message)
    expect(said(effects)).toEqual([])
    expect(ofType(effects, 'fetch-batch')).toHaveLength(1)
    expect(said(probe.hold('b1'))).toEqual(['prepare'])
  })

  it('votes of the old view do not count in the new one', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1')
    probe.hear(prePrepare(0, p1), prepare(1, 0, p1), commit(0, 0, p1))
    const vc = [viewChange(0, 1, [prepared(0, p1)]), viewChange(1, 1), viewChange(2, 1)]
    expect(executed(probe.hear(newView(1, vc, [p1]), prepare(2, 1, p1), commit(1, 1, p1)))).toEqual([])
    expect(executed(probe.hear(commit(2, 1, p1)))).toEqual([['b1']])
  })

  it('what was executed is proposed again and voted for, not executed again', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1')
    probe.hear(prePrepare(0, p1), commit(0, 0, p1), commit(1, 0, p1), commit(2, 0, p1))
    const vc = [viewChange(0, 1, [prepared(0, p1)]), viewChange(1, 1), viewChange(2, 1)]
    const effects = probe.hear(newView(1, vc, [p1]), prepare(2, 1, p1))
    expect(said(effects)).toEqual(['prepare', 'commit'])
    expect([executed(effects), ofType(effects, 'fetch-batch')]).toEqual([[], []])
  })

  it('the primary goes on above max-s, with what waits', () => {
    const probe = new Probe()
    probe.hold('b1', 'b2', 'b9')
    const vc = [viewChange(2, 1, [prepared(0, p2)]), viewChange(3, 1)]
    const effects = probe.hear(...vc)
    expect(drafts(effects, 'new-view')[0]?.proposals).toMatchObject([
      { batchDigests: [] },
      { batchDigests: ['b2'] },
    ])
    expect(drafts(effects, 'pre-prepare')).toMatchObject([
      { view: 1, sequence: 3, batchDigests: ['b1', 'b9'] },
    ])
  })

  it('with O empty the primary goes on above min-s', () => {
    const probe = new Probe({ pipelineDepth: 8 })
    probe.hold('b1')
    const effects = probe.hear(viewChange(2, 1, [], certificate(statement(4))), viewChange(3, 1))
    expect(drafts(effects, 'pre-prepare')).toMatchObject([{ view: 1, sequence: 5 }])
  })

  it('a stable checkpoint in V moves the window of who did not know it', () => {
    const probe = new Probe({ self: replicaId(3) })
    const vc = [viewChange(0, 1, [], certificate(statement(4))), viewChange(1, 1), viewChange(2, 1)]
    const effects = probe.hear(newView(1, vc))
    expect(probe.view().lowWatermark).toBe(4)
    expect(ofType(effects, 'set-timer').map(({ timer }) => timer.kind)).toContain('catch-up')
  })

  it('is followed also by who did not ask for it, and skips views', () => {
    const probe = new Probe({ self: replicaId(3) })
    const vc = [0, 1, 2].map(sender => viewChange(sender, 5))
    probe.hear(newView(5, vc))
    expect(probe.view()).toMatchObject({ view: 5, viewActive: true })
  })

  it('of a view that is active or was left it is ignored', () => {
    const vc = (v: number) => [0, 1, 2].map(sender => viewChange(sender, v))
    const probe = new Probe({ self: replicaId(3) })
    probe.hear(newView(2, vc(2)))
    expect(probe.hear(newView(2, vc(2)), newView(1, vc(1)))).toEqual([])
  })

  it('messages of the new view that came before it are looked at when it is entered', () => {
    const probe = new Probe({ self: replicaId(3) })
    probe.hold('b1')
    probe.hear(prePrepare(1, p1), prepare(2, 1, p1), commit(1, 1, p1), commit(2, 1, p1))
    const effects = probe.hear(
      newView(
        1,
        [0, 1, 2].map(sender => viewChange(sender, 1)),
      ),
    )
    expect(said(effects)).toEqual(['prepare', 'commit'])
    expect(executed(effects)).toEqual([['b1']])
  })
})
