import { describe, expect, it } from 'vitest'
import { type ReplicaId, replicaId, sequence, view } from '../../src/pbft/types.ts'
import {
  certificate,
  checkpoint,
  commit,
  committed,
  newView,
  prePrepare,
  prepare,
  prepared,
  proposal,
  QUESTION,
  signed,
  statement,
  status,
  viewChange,
} from './messages.ts'
import { drafts, executed, ofType, Probe, records, said, timers } from './probe.ts'

/** OSDI'99 §4.6 and §5.2 in other forms: falling behind, sending again, coming back from the log, or without one. The core is m1 of four. */
const p1 = proposal(1, ['b1'])
const p2 = proposal(2, ['b2'])

/** All votes that a backup of view `v` needs to execute. */
const decided = (v: number, p: typeof p1) => [
  prePrepare(v, p),
  ...[0, 2, 3].map(sender => commit(sender, v, p)),
]

describe('OSDI §4.6: falling behind', () => {
  const claim = (sender: number, executedSequence: number) =>
    status(sender, { executedSequence: sequence(executedSequence) })
  const fetches = (effects: Parameters<typeof ofType>[0]) =>
    ofType(effects, 'fetch-state').map(({ executed: from, target }) => [from, target])

  it('f members who claim to be ahead are not believed', () => {
    const probe = new Probe()
    expect(timers(probe.hear(claim(0, 100), claim(0, 200), checkpoint(0, statement(300))))).toEqual([])
  })

  it('f+1 are, for what the lower of them claims', () => {
    const probe = new Probe()
    probe.hear(claim(0, 8), claim(2, 5))
    expect(fetches(probe.expire('catch-up', 0))).toEqual([[0, 5]])
  })

  it('CHECKPOINTs count like claims', () => {
    const probe = new Probe()
    expect(timers(probe.hear(claim(0, 8), checkpoint(2, statement(8))))).toEqual(['catch-up v0 100'])
  })

  it.each([
    [8, false],
    [9, true],
  ])(
    '%i sequences behind: fetches at once, without giving the ordinary way a moment: %s',
    (ahead, isAtOnce) => {
      const effects = new Probe().hear(claim(0, ahead), claim(2, ahead))
      expect(fetches(effects)).toEqual(isAtOnce ? [[0, ahead]] : [])
    },
  )

  it('fetches nothing when the ordinary way was enough', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.hear(claim(0, 1), claim(2, 1), ...decided(0, p1))
    expect(fetches(probe.expire('catch-up', 0))).toEqual([])
  })

  it('a certificate needs no second witness', () => {
    const probe = new Probe()
    probe.hear(viewChange(2, 1, [], certificate(statement(20))))
    expect(fetches(probe.expire('catch-up', 0))).toEqual([[0, 20]])
  })

  it('fetched entries are executed in order; those known before are ignored', () => {
    const probe = new Probe()
    const fetched = (n: number) =>
      ({ type: 'entry-fetched', entry: committed(proposal(n, [`b${n}`])) }) as const
    expect(executed(probe.step(fetched(1), fetched(2), fetched(1)))).toEqual([['b1'], ['b2']])
  })

  it('an installed state moves execution and window, and what waited above it goes on', () => {
    const probe = new Probe()
    probe.hold('b9')
    const p9 = proposal(9, ['b9'])
    probe.hear(...decided(0, p9))
    const effects = probe.step({
      type: 'state-installed',
      obsoleteBatches: [],
      certificate: certificate(statement(8)),
    })
    expect(executed(effects)).toEqual([['b9']])
    expect(probe.view()).toMatchObject({ lowWatermark: 8, executedSequence: 9 })
  })

  it('a state at or below what was executed is a mistake of our own side', () => {
    const probe = new Probe()
    probe.hear(...decided(0, proposal(1, [])))
    expect(() =>
      probe.step({ type: 'state-installed', obsoleteBatches: [], certificate: certificate(statement(1)) }),
    ).toThrow('above')
  })
})

describe('OSDI §5.2, in another form: sending again', () => {
  const relayed = (effects: Parameters<typeof ofType>[0]) =>
    ofType(effects, 'relay').flatMap(({ proofs }) => proofs.map(({ hash }) => hash))

  it('to a member that stands still in our view: the proposal and our own votes, nobody else’s', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.hear(prePrepare(0, p1), prepare(2, 0, p1))
    probe.hear(status(3))
    const own = [prePrepare(0, p1), prepare(1, 0, p1), commit(1, 0, p1)].map(({ proof }) => proof.hash)
    expect(relayed(probe.hear(status(3)))).toEqual(own)
  })

  it('nothing to a member that moves', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.hear(prePrepare(0, p1))
    probe.hear(status(3))
    expect(relayed(probe.hear(status(3, { executedSequence: sequence(1) })))).toEqual([])
  })

  it('NEW-VIEW to a member in a lower view', () => {
    const probe = new Probe({ self: replicaId(3) })
    const message = newView(
      1,
      [0, 1, 2].map(sender => viewChange(sender, 1)),
    )
    probe.hear(message)
    expect(relayed(probe.hear(status(0)))).toEqual([message.proof.hash])
    expect(relayed(probe.hear(status(1, { view: view(1) })))).toEqual([])
  })

  it('our VIEW-CHANGE to whoever has not entered the view that we want', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.expire('progress', 0)
    expect(relayed(probe.hear(status(2)))).toEqual([viewChange(1, 1).proof.hash])
  })

  it('our CHECKPOINT to a member whose window is behind', () => {
    const probe = new Probe()
    for (let n = 1; n <= 4; n++) probe.hear(...decided(0, proposal(n, [])))
    probe.hear(checkpoint(0, statement(4)), checkpoint(2, statement(4)))
    expect(relayed(probe.hear(status(3)))).toEqual([checkpoint(1, statement(4)).proof.hash])
  })

  it('says where it stands often while work waits and nothing moves, seldom otherwise', () => {
    const probe = new Probe()
    expect(timers(probe.expire('status', 0))).toEqual(['status v0 500'])
    probe.hold('b1')
    expect(timers(probe.expire('status', 0))).toEqual(['status v0 50'])
  })
})

describe('recovery from the log', () => {
  const self: ReplicaId = replicaId(1)

  it('stands where it stood: the vote that it cast is counted, and no other is cast', () => {
    const own = [
      signed(self, { type: 'prepare', view: view(0), sequence: sequence(1), digest: p1.digest } as const),
    ]
    const probe = new Probe({}, { accepted: [prePrepare(0, p1)], own })
    probe.hold('b1', 'b2')
    expect(said(probe.hear(prePrepare(0, proposal(1, ['b2']))))).toEqual([])
    expect(said(probe.hear(prepare(2, 0, p1)))).toEqual(['commit'])
  })

  it('a primary proposes no sequence twice', () => {
    const own = [prePrepare(0, p1), prePrepare(0, p2)]
    const probe = new Probe({ self: replicaId(0) }, { own })
    expect(drafts(probe.hold('b3'), 'pre-prepare')).toMatchObject([{ sequence: 3 }])
  })

  it('a prepared certificate is carried into the next VIEW-CHANGE', () => {
    const probe = new Probe({}, { prepared: [prepared(0, p1)] })
    const [sent] = drafts(probe.step({ type: 'primary-unsatisfactory', view: view(0) }), 'view-change')
    expect(sent?.prepared.map(({ proposal: p }) => p.sequence)).toEqual([1])
  })

  it('a view that was wanted is still wanted, and its VIEW-CHANGE can be sent again', () => {
    const probe = new Probe({}, { view: view(1), viewActive: false, own: [viewChange(1, 1)] })
    expect(probe.view()).toMatchObject({ view: 1, viewActive: false })
    expect(ofType(probe.hear(status(2)), 'relay')).toHaveLength(1)
  })

  it('a view that was entered by NEW-VIEW is active, with everything in O accepted', () => {
    const message = newView(
      1,
      [viewChange(0, 1, [prepared(0, p1)]), viewChange(2, 1), viewChange(3, 1)],
      [p1],
    )
    const probe = new Probe({ self: replicaId(3) }, { view: view(1), newView: message })
    expect(ofType(probe.start, 'fetch-batch')).toHaveLength(1)
    expect(said(probe.hold('b1'))).toEqual(['prepare'])
  })

  it('a statement that was computed and not said is said', () => {
    const said4 = statement(4)
    const probe = new Probe({}, { executed: sequence(4), statements: [said4] })
    expect(drafts(probe.start, 'checkpoint')).toMatchObject([{ statement: said4 }])
  })

  it('and one that was said is not said again', () => {
    const said4 = statement(4)
    const own = [checkpoint(1, said4)]
    expect(said(new Probe({}, { executed: sequence(4), statements: [said4], own }).start)).toEqual([])
  })

  it('of statements above a window left far behind, the youngest of three windows are kept', () => {
    const statements = Array.from({ length: 26 }, (_, i) => statement(i + 1))
    const { start } = new Probe({}, { executed: sequence(26), statements })
    const sequences = drafts(start, 'checkpoint').map(({ statement: s }) => s.sequence)
    expect(sequences).toEqual(statements.slice(2).map(({ sequence: n }) => n))
  })

  it('comes exactly once, first', () => {
    const probe = new Probe()
    expect(() => probe.step({ type: 'recovered', records: { ...probe } as never })).toThrow('exactly once')
  })
})

describe('TOCS’02 §4.3.2, as its model: a key without memory', () => {
  const amnesiac = () => new Probe({}, { amnesia: true })
  const answer = (sender: number, voted: number, v = 0) =>
    status(sender, {
      votedSequence: sequence(voted),
      executedSequence: sequence(voted),
      view: view(v),
      answers: QUESTION,
    })

  it('says that it recovers, and is answered', () => {
    expect(drafts(amnesiac().start, 'status')).toMatchObject([{ recovering: true, question: QUESTION }])
    const asked = status(2, { recovering: true, question: QUESTION })
    expect(drafts(new Probe().hear(asked), 'status')).toMatchObject([{ answers: QUESTION }])
  })

  it('takes no answer to another question: what members said before anybody can show again', () => {
    const probe = amnesiac()
    for (const answers of [0, QUESTION - 1])
      probe.hear(...[0, 2, 3].map(sender => status(sender, { answers })))
    expect(probe.view().mayVote).toBe(false)
    probe.hear(answer(0, 0), answer(2, 0))
    expect(probe.view().mayVote).toBe(true)
  })

  it('follows and executes, but says nothing of its own', () => {
    const probe = amnesiac()
    probe.hold('b1')
    const effects = probe.hear(...decided(0, p1), prepare(2, 0, p1), prepare(3, 0, p1))
    expect(executed(effects)).toEqual([['b1']])
    expect(said(effects)).toEqual([])
    expect(said(probe.hear(viewChange(2, 1), viewChange(3, 1)))).toEqual([])
    expect(said(probe.step({ type: 'primary-unsatisfactory', view: view(0) }))).toEqual([])
  })

  it('votes at once in a network where nobody voted yet', () => {
    const probe = amnesiac()
    expect(records(probe.hear(answer(0, 0)), 'memory-restored')).toEqual([])
    expect(records(probe.hear(answer(2, 0)), 'memory-restored')).toHaveLength(1)
    expect(probe.view().mayVote).toBe(true)
  })

  it('votes only when a stable checkpoint covers every vote that q members know of, and it got there', () => {
    const probe = amnesiac()
    probe.hear(answer(0, 5), answer(2, 4))
    const s4 = statement(4)
    probe.hear(checkpoint(0, s4), checkpoint(2, s4), checkpoint(3, s4))
    probe.step({ type: 'state-installed', obsoleteBatches: [], certificate: certificate(s4) })
    expect(probe.view().mayVote).toBe(false)
    const s5 = statement(5)
    const effects = probe.hear(checkpoint(0, s5), checkpoint(2, s5), checkpoint(3, s5))
    expect(records(effects, 'memory-restored')).toEqual([])
    probe.step({ type: 'entry-fetched', entry: committed(proposal(5, [])) })
    expect(probe.view().mayVote).toBe(true)
  })

  it('what a member answers later lowers nothing: its first answer counts', () => {
    const probe = amnesiac()
    probe.hear(answer(0, 5), answer(0, 0), answer(2, 0))
    expect(probe.view().mayVote).toBe(false)
  })

  it.each([
    ['is far ahead', { executedSequence: sequence(2 ** 40), votedSequence: sequence(2 ** 40) }],
    ['has a far stable checkpoint', { stableSequence: sequence(2 ** 40) }],
    ['knows of impossible votes', { votedSequence: sequence(2 ** 40) }],
    ['is in a far view', { view: view(2 ** 40) }],
  ])('a faulty member that claims that it %s is waited for by nobody', (_what, claim) => {
    const probe = amnesiac()
    probe.hear(status(0, { ...claim, answers: QUESTION }), answer(2, 0))
    expect(probe.view().mayVote).toBe(false)
    probe.hear(answer(3, 0))
    expect(probe.view().mayVote).toBe(true)
  })

  it('says the checkpoints that it executed while it could not say them', () => {
    const probe = amnesiac()
    for (const n of [1, 2, 3, 4]) probe.step({ type: 'entry-fetched', entry: committed(proposal(n, [])) })
    const effects = probe.hear(answer(2, 0), answer(3, 0))
    expect(drafts(effects, 'checkpoint')).toHaveLength(1)
  })

  it('does not vote in a view that it once left, as those know who heard it', () => {
    const probe = amnesiac()
    const departures = [{ replica: replicaId(1), view: view(3) }]
    probe.hear(status(0, { departures, answers: QUESTION }), answer(2, 0))
    expect(probe.view().mayVote).toBe(false)
    const effects = probe.hear(viewChange(1, 3))
    expect(records(effects, 'view')).toMatchObject([
      { view: 3, active: false },
      { view: 4, active: false },
    ])
    expect(probe.view()).toMatchObject({ mayVote: true, view: 4, viewActive: false })
    expect(drafts(effects, 'view-change')).toMatchObject([{ view: 4 }])
  })

  it('and stays out of it when that is shown only after it regained its memory, without leaving for it twice', () => {
    const probe = amnesiac()
    probe.hear(answer(0, 0), answer(2, 0))
    expect(probe.view()).toMatchObject({ mayVote: true, view: 0, viewActive: true })
    const effects = probe.hear(viewChange(1, 3))
    expect(records(effects, 'view')).toMatchObject([{ view: 3, active: false }])
    expect(said(effects)).toEqual([])
    expect(probe.view()).toMatchObject({ view: 3, viewActive: false })
  })

  it('is told of its own departures, and shown them', () => {
    const probe = new Probe()
    probe.hear(viewChange(2, 3))
    const effects = probe.hear(status(2, { recovering: true }))
    expect(drafts(effects, 'status')).toMatchObject([{ departures: [{ replica: 2, view: 3 }] }])
    expect(effects.some(({ type }) => type === 'relay')).toBe(true)
  })

  it('members that recover themselves give no answer', () => {
    const probe = amnesiac()
    probe.hear(...[0, 2, 3].map(sender => status(sender, { recovering: true, answers: QUESTION })))
    expect(probe.view().mayVote).toBe(false)
  })

  it('does not vote in a view below that of any who answered', () => {
    const probe = amnesiac()
    probe.hear(answer(0, 0, 2), answer(2, 0))
    expect(probe.view().mayVote).toBe(false)
    probe.hear(
      newView(
        2,
        [0, 2, 3].map(sender => viewChange(sender, 2)),
      ),
    )
    expect(probe.view().mayVote).toBe(true)
  })

  it('does not propose again in the view of which it is the primary, because a member that did not answer may hold another proposal', () => {
    const probe = new Probe({ self: replicaId(0) }, { amnesia: true })
    probe.hold('b1')
    const effects = probe.hear(answer(1, 0), answer(2, 0))
    expect(probe.view()).toMatchObject({ mayVote: true, view: 1, viewActive: false })
    expect(drafts(effects, 'pre-prepare')).toEqual([])
    expect(drafts(effects, 'view-change')).toMatchObject([{ view: 1 }])
  })

  it('n = 1 has nobody to ask', () => {
    const probe = new Probe({ n: 1, self: replicaId(0) }, { amnesia: true })
    expect(probe.view().mayVote).toBe(true)
  })
})
