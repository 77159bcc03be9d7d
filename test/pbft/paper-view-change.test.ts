import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeNewView } from '../../src/pbft/new-view.ts'
import { replicaId, type ViewChange, view } from '../../src/pbft/types.ts'
import { findViewChangeFault } from '../../src/pbft/view-change-rules.ts'
import {
  certificate,
  checkpoint,
  commit,
  newView,
  prePrepare,
  prepare,
  prepared,
  proposal,
  statement,
  testConfig,
  viewChange,
  withDigest,
} from './messages.ts'
import { drafts, ofType, Probe, records, said } from './probe.ts'

/** OSDI'99 §4.4: what a view change carries, what it must satisfy, what it obliges the new view to. The core is m1 of four, L = 8. */
const p1 = proposal(1, ['b1'])
const p2 = proposal(2, ['b2'])
const p3 = proposal(3, ['b3'])
const nothing = (n: number) => proposal(n, [])

describe('OSDI §4.4: VIEW-CHANGE', () => {
  it('carries the last stable checkpoint with its proof, and everything prepared above it', () => {
    const probe = new Probe()
    const s1 = statement(1)
    probe.hold('b1', 'b2', 'b3')
    const certified = proposal(1, ['b1'], { certify: true })
    probe.hear(prePrepare(0, certified), prepare(2, 0, certified))
    probe.hear(commit(0, 0, certified), commit(2, 0, certified), checkpoint(0, s1), checkpoint(2, s1))
    probe.hear(prePrepare(0, p2), prepare(2, 0, p2), prePrepare(0, p3))
    const [sent] = drafts(probe.expire('progress', 0), 'view-change')
    expect(sent?.view).toBe(1)
    expect(sent?.stable?.statement).toEqual(s1)
    expect(sent?.prepared.map(({ proposal: p }) => p.sequence)).toEqual([2])
  })

  it('is on disk, like the view that it leaves for, before it is said', () => {
    const probe = new Probe()
    probe.hold('b1')
    const effects = probe.expire('progress', 0)
    expect(records(effects, 'view')).toMatchObject([{ view: 1, active: false }])
    const kinds = effects.map(({ type }) => type)
    expect(kinds.indexOf('persist')).toBeLessThan(kinds.indexOf('send'))
  })

  it('carries the certificate of the highest view in which a sequence was prepared', () => {
    const old = prepared(0, p1)
    const probe = new Probe({}, { view: view(2), prepared: [old, prepared(1, p1, [2, 3])] })
    const [sent] = drafts(probe.step({ type: 'primary-unsatisfactory', view: view(2) }), 'view-change')
    expect(sent?.prepared.map(certified => certified.view)).toEqual([1])
  })

  it('once said, a batch that comes late makes nothing of the old view be said, or be taken for something of the new', () => {
    const probe = new Probe()
    probe.hear(prePrepare(0, p1), prepare(0, 0, p1), prepare(2, 0, p1), prepare(3, 0, p1))
    probe.hold('b2')
    probe.expire('progress', 0)
    const late = probe.hold('b1')
    expect(drafts(late, 'prepare')).toEqual([])
    expect(drafts(late, 'commit')).toEqual([])
    const onwards = probe.hear(viewChange(0, 2), viewChange(2, 2))
    const [sent] = drafts(onwards, 'view-change')
    expect(sent?.view).toBe(2)
    expect(sent?.prepared).toEqual([])
  })

  it('once said, nothing but checkpoints and view changes is taken until the new view', () => {
    const probe = new Probe()
    probe.hold('b1')
    probe.expire('progress', 0)
    const votes = [prepare(2, 0, p1), commit(0, 0, p1), commit(2, 0, p1), commit(3, 0, p1)]
    expect(probe.hear(prePrepare(0, p1), ...votes)).toEqual([])
    const s4 = statement(4)
    const effects = probe.hear(checkpoint(0, s4), checkpoint(2, s4), checkpoint(3, s4))
    expect(ofType(effects, 'truncate-log')).toHaveLength(1)
  })
})

describe('OSDI §4.4: what a VIEW-CHANGE must satisfy', () => {
  const config = testConfig()
  const faultOf = (message: { readonly message: ViewChange }) => findViewChangeFault(config, message.message)

  it.each([
    ['nothing prepared', viewChange(2, 1)],
    ['one prepared', viewChange(2, 1, [prepared(0, p1)])],
    ['a gap', viewChange(2, 1, [prepared(0, p1), prepared(0, p3)])],
    ['the highest sequence of the window', viewChange(2, 1, [prepared(0, proposal(8, ['b8']))])],
    ['a stable checkpoint', viewChange(2, 1, [prepared(0, proposal(5, []))], certificate(statement(4)))],
    [
      'the highest sequence above a stable checkpoint',
      viewChange(2, 1, [prepared(0, proposal(12, []))], certificate(statement(4))),
    ],
    [
      'a certificate that a NEW-VIEW proposed',
      viewChange(2, 2, [prepared(1, p1, [2, 3], newView(1, [], [p1]))]),
    ],
  ])('passes with %s', (_, message) => {
    expect(faultOf(message)).toBeNull()
  })

  const twice = certificate(statement(4), [0, 1])
  const otherEpoch = certificate({ ...statement(4), epoch: 1 })
  it.each([
    ['stable-without-quorum', 'too few signers', viewChange(2, 1, [], twice)],
    ['stable-without-quorum', 'one signer twice', viewChange(2, 1, [], certificate(statement(4), [0, 1, 1]))],
    ['stable-without-quorum', 'another epoch', viewChange(2, 1, [], otherEpoch)],
    ['prepared-out-of-order', 'descending', viewChange(2, 1, [prepared(0, p2), prepared(0, p1)])],
    ['prepared-out-of-order', 'twice the same', viewChange(2, 1, [prepared(0, p1), prepared(0, p1)])],
    [
      'prepared-outside-window',
      'at h',
      viewChange(2, 1, [prepared(0, nothing(4))], certificate(statement(4))),
    ],
    ['prepared-outside-window', 'above H', viewChange(2, 1, [prepared(0, nothing(9))])],
    ['prepared-in-later-view', 'of the wanted view', viewChange(2, 1, [prepared(1, p1)])],
    [
      'prepared-without-proposal',
      'of another primary',
      viewChange(2, 1, [prepared(0, p1, [1, 2], prePrepare(0, p1, { sender: 3 }))]),
    ],
    [
      'prepared-without-proposal',
      'of another digest',
      viewChange(2, 1, [prepared(0, p1, [1, 2], prePrepare(0, proposal(1, ['b2'])))]),
    ],
    [
      'prepared-without-proposal',
      'of another view',
      viewChange(2, 6, [prepared(4, p1, [1, 2], prePrepare(0, p1))]),
    ],
    [
      'prepared-without-proposal',
      'a NEW-VIEW that does not propose it',
      viewChange(2, 2, [prepared(1, p1, [2, 3], newView(1, [], [nothing(1)]))]),
    ],
    ['prepared-without-quorum', 'too few', viewChange(2, 1, [prepared(0, p1, [1])])],
    ['prepared-without-quorum', 'one backup twice', viewChange(2, 1, [prepared(0, p1, [1, 1])])],
    ['prepared-without-quorum', 'the primary among them', viewChange(2, 1, [prepared(0, p1, [0, 1, 2])])],
    [
      'prepared-without-quorum',
      'a PREPARE for something else',
      viewChange(2, 1, [{ ...prepared(0, p1), prepares: [prepare(1, 0, p1), prepare(2, 0, p2)] }]),
    ],
  ])('%s: %s', (fault, _, message) => {
    expect(faultOf(message)).toBe(fault)
  })

  it('one that breaks a rule is discarded whole, and its sender may say a right one', () => {
    const probe = new Probe({ self: replicaId(1) })
    const bad = viewChange(3, 1, [prepared(0, p1), prepared(0, p2, [1])])
    expect(said(probe.hear(bad, viewChange(2, 1)))).toEqual([])
    expect(said(probe.hear(viewChange(3, 1, [prepared(0, p1)])))).toEqual(['view-change', 'new-view'])
  })
})

describe('OSDI §4.4: computing O', () => {
  const contentOf = (...viewChanges: Parameters<typeof viewChange>[]) =>
    computeNewView(viewChanges.map(fields => viewChange(...fields))).proposals.map(p => withDigest(p))

  it('nothing prepared, nothing proposed', () => {
    expect(contentOf([0, 1], [1, 1], [2, 1])).toEqual([])
  })

  it('what one member prepared is proposed again', () => {
    expect(contentOf([0, 1], [1, 1, [prepared(0, p1)]], [2, 1])).toEqual([p1])
  })

  it('null requests fill the gaps, at the low edge and between', () => {
    expect(contentOf([0, 1, [prepared(0, p2)]], [1, 1, [prepared(0, proposal(4, ['b4']))]])).toEqual([
      nothing(1),
      p2,
      nothing(3),
      proposal(4, ['b4']),
    ])
  })

  it('O reaches to the highest sequence of the window', () => {
    const p8 = proposal(8, ['b8'])
    const [first, ...rest] = contentOf([0, 1, [prepared(0, p8)]], [1, 1]).reverse()
    expect(first).toEqual(p8)
    expect(rest).toHaveLength(7)
    expect(rest.every(({ batchDigests }) => batchDigests.length === 0)).toBe(true)
  })

  it('of two certificates for one sequence that of the highest view wins, whoever shows it first', () => {
    const [old, young] = [prepared(0, p1), prepared(2, proposal(1, ['b9']), [0, 1])]
    expect(contentOf([0, 3, [old]], [1, 3, [young]])).toEqual([young.proposal])
    expect(contentOf([0, 3, [young]], [1, 3, [old]])).toEqual([young.proposal])
  })

  it('min-s is the latest stable checkpoint in V, not the one that most know', () => {
    const s4 = certificate(statement(4))
    const p6 = proposal(6, ['b6'])
    const o = contentOf([0, 1, [prepared(0, p1), prepared(0, p6)]], [1, 1], [2, 1, [], s4])
    expect(o).toEqual([nothing(5), p6])
  })

  it('max-s at or below min-s: O is empty', () => {
    expect(contentOf([0, 1, [prepared(0, p1)]], [2, 1, [], certificate(statement(4))])).toEqual([])
  })

  it('the order of V does not matter', () => {
    const all = [
      viewChange(0, 2, [prepared(0, p1), prepared(0, p3)]),
      viewChange(1, 2, [prepared(1, proposal(1, ['b9']), [2, 3])]),
      viewChange(2, 2, [prepared(0, p2)]),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 3 }), shuffled => {
        expect(computeNewView(shuffled)).toEqual(computeNewView(all))
      }),
    )
  })
})
