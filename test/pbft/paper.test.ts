import { describe, expect, it } from 'vitest'
import { digest, replicaId, view } from '../../src/pbft/types.ts'
import { checkpoint, commit, prePrepare, prepare, proposal, statement } from './messages.ts'
import { drafts, executed, ofType, Probe, records, said } from './probe.ts'

/**
 * One test for each rule of "Practical Byzantine Fault Tolerance" (Castro and Liskov, OSDI'99): the normal case and garbage collection.
 * The core is m1 of four, a backup of view 0, unless a test says otherwise; the window is K = 4, L = 8.
 */
const p1 = proposal(1, ['b1'])
const p2 = proposal(2, ['b2'])

/** A backup that holds b1 and b2. */
function backup(): Probe {
  const probe = new Probe()
  probe.hold('b1', 'b2')
  return probe
}

/** The primary of view 0. */
const primary = (fields = {}): Probe => new Probe({ self: replicaId(0), ...fields })

describe('OSDI §4.2: PRE-PREPARE', () => {
  it('the primary assigns the next sequence and multicasts', () => {
    const sent = drafts(primary().hold('b1', 'b2'), 'pre-prepare')
    expect(sent).toMatchObject([
      { view: 0, sequence: 1, batchDigests: ['b1'] },
      { view: 0, sequence: 2, batchDigests: ['b2'] },
    ])
  })

  it('a backup proposes nothing', () => {
    expect(said(new Probe().hold('b1'))).toEqual([])
  })

  it('a backup accepts, writes it down, and then says PREPARE with its digest', () => {
    const effects = backup().hear(prePrepare(0, p1))
    expect(records(effects, 'accepted')).toHaveLength(1)
    expect(drafts(effects, 'prepare')).toMatchObject([{ view: 0, sequence: 1, digest: p1.digest }])
    const [persisted, sent] = [ofType(effects, 'persist')[0], ofType(effects, 'send')[0]]
    expect(effects.indexOf(persisted as never)).toBeLessThan(effects.indexOf(sent as never))
  })

  it.each([2, 3])('refuses it from m%i, who is not the primary of the view', sender => {
    expect(said(backup().hear(prePrepare(0, p1, { sender })))).toEqual([])
  })

  it('refuses one of a view that was left', () => {
    const probe = new Probe({}, { view: view(2) })
    probe.hold('b1')
    expect(said(probe.hear(prePrepare(1, p1)))).toEqual([])
  })

  it('keeps one of a view that it has not entered', () => {
    expect(said(backup().hear(prePrepare(1, p1)))).toEqual([])
  })

  it.each([
    [0, false],
    [1, true],
    [8, true],
    [9, false],
  ])('sequence %i lies inside h < n <= H: %s', (n, isInside) => {
    const said1 = said(backup().hear(prePrepare(0, proposal(n, ['b1']))))
    expect(said1).toEqual(isInside ? ['prepare'] : [])
  })

  it('prepares no second digest for one view and sequence, and accuses', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    const effects = probe.hear(prePrepare(0, proposal(1, ['b2'])))
    expect(said(effects)).toEqual([])
    expect(ofType(effects, 'suspect')).toMatchObject([{ replica: 0 }])
  })

  it('the same PRE-PREPARE again changes nothing and accuses nobody', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    expect(probe.hear(prePrepare(0, p1))).toEqual([])
  })

  it('refuses one batch twice in one proposal', () => {
    expect(said(backup().hear(prePrepare(0, proposal(1, ['b1', 'b1']))))).toEqual([])
  })

  it('Deviation: refuses one whose log time is far from its own clock', () => {
    expect(said(backup().hear(prePrepare(0, p1, { timely: false })))).toEqual([])
  })

  it('Deviation: says PREPARE only when it holds every batch that is named', () => {
    const probe = new Probe()
    probe.hold('b1')
    const effects = probe.hear(prePrepare(0, proposal(1, ['b1', 'b2'])))
    expect(said(effects)).toEqual([])
    expect(ofType(effects, 'fetch-batch')).toEqual([{ type: 'fetch-batch', digest: digest('b2') }])
    expect(said(probe.hold('b2'))).toEqual(['prepare'])
  })
})

describe('OSDI §4.2: prepared', () => {
  it('holds with the PRE-PREPARE and 2f matching PREPAREs of backups, the own one among them', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    const effects = probe.hear(prepare(2, 0, p1))
    expect(records(effects, 'prepared')).toMatchObject([{ certificate: { view: 0, proposal: p1 } }])
    expect(drafts(effects, 'commit')).toMatchObject([{ view: 0, sequence: 1, digest: p1.digest }])
  })

  it('the certificate is on disk before COMMIT is said', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    const kinds = probe.hear(prepare(2, 0, p1)).map(({ type }) => type)
    expect(kinds.indexOf('persist')).toBeLessThan(kinds.indexOf('send'))
  })

  it('does not hold without the PRE-PREPARE', () => {
    expect(said(backup().hear(prepare(0, 0, p1), prepare(2, 0, p1), prepare(3, 0, p1)))).toEqual([])
  })

  it.each([
    ['of another digest', prepare(2, 0, proposal(1, ['b2']))],
    ['of another sequence', prepare(2, 0, p2)],
    ['of another view', prepare(2, 1, p1)],
    ['of the primary, whose PRE-PREPARE stands for it', prepare(0, 0, p1)],
  ])('a PREPARE %s does not count', (_, other) => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    expect(said(probe.hear(other))).toEqual([])
  })

  it('one member counts once', () => {
    const probe = new Probe({ n: 7 })
    probe.hold('b1')
    probe.hear(prePrepare(0, p1, { sender: 0 }))
    expect(said(probe.hear(prepare(2, 0, p1), prepare(2, 0, p1), prepare(2, 0, p1)))).toEqual([])
    expect(said(probe.hear(prepare(3, 0, p1), prepare(4, 0, p1)))).toEqual(['commit'])
  })

  it('the first PREPARE of a member counts; a different one accuses it', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    const effects = probe.hear(prepare(2, 0, proposal(1, ['b2'])), prepare(2, 0, p1))
    expect(said(effects)).toEqual([])
    expect(ofType(effects, 'suspect')).toMatchObject([{ replica: 2 }])
  })

  it('PREPAREs that come before the PRE-PREPARE are counted when it comes', () => {
    const probe = backup()
    probe.hear(prepare(2, 0, p1), prepare(3, 0, p1))
    expect(said(probe.hear(prePrepare(0, p1)))).toEqual(['prepare', 'commit'])
  })

  it('n = 5 needs three PREPAREs, not two', () => {
    const probe = new Probe({ n: 5 })
    probe.hold('b1')
    probe.hear(prePrepare(0, p1, { sender: 0 }))
    expect(said(probe.hear(prepare(2, 0, p1)))).toEqual([])
    expect(said(probe.hear(prepare(3, 0, p1)))).toEqual(['commit'])
  })
})

describe('OSDI §4.2: committed-local and execution', () => {
  it('executes with 2f+1 matching COMMITs, the own one among them', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1), prepare(2, 0, p1))
    expect(executed(probe.hear(commit(0, 0, p1)))).toEqual([])
    expect(executed(probe.hear(commit(2, 0, p1)))).toEqual([['b1']])
  })

  it('the commit certificate that execution is given holds exactly a quorum of one view', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1), prepare(2, 0, p1))
    const [execution] = ofType(probe.hear(commit(0, 0, p1), commit(3, 0, p1)), 'execute')
    expect(execution?.entry.commits.map(({ sender }) => sender)).toEqual([0, 1, 3])
  })

  it('one member counts once', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1), prepare(2, 0, p1))
    expect(executed(probe.hear(commit(0, 0, p1), commit(0, 0, p1)))).toEqual([])
  })

  it('a different second COMMIT accuses its sender', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1), commit(2, 0, p1))
    expect(ofType(probe.hear(commit(2, 0, proposal(1, ['b2']))), 'suspect')).toMatchObject([{ replica: 2 }])
  })

  it.each([
    ['of another digest', commit(2, 0, proposal(1, ['b2']))],
    ['of another view', commit(2, 1, p1)],
    ['of another sequence', commit(2, 0, p2)],
  ])('a COMMIT %s does not count', (_, other) => {
    const probe = backup()
    probe.hear(prePrepare(0, p1), prepare(2, 0, p1), commit(0, 0, p1))
    expect(executed(probe.hear(other))).toEqual([])
  })

  it('Deviation: a quorum of COMMITs is enough where the PREPAREs were lost', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    expect(executed(probe.hear(commit(0, 0, p1), commit(2, 0, p1), commit(3, 0, p1)))).toEqual([['b1']])
  })

  it('executes in order of sequence, whatever commits first', () => {
    const probe = backup()
    const all = (p: typeof p1) => [commit(0, 0, p), commit(2, 0, p), commit(3, 0, p)]
    probe.hear(prePrepare(0, p1), prePrepare(0, p2))
    expect(executed(probe.hear(...all(p2)))).toEqual([])
    expect(executed(probe.hear(...all(p1)))).toEqual([['b1'], ['b2']])
  })

  it('executes no sequence twice', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1), commit(0, 0, p1), commit(2, 0, p1), commit(3, 0, p1))
    const again = probe.hear(prePrepare(0, p1), commit(0, 0, p1), commit(2, 0, p1), commit(3, 0, p1))
    expect(executed(again)).toEqual([])
  })

  it('executes nothing whose bodies are not held', () => {
    const probe = new Probe()
    const votes = [commit(0, 0, p1), commit(2, 0, p1), commit(3, 0, p1)]
    expect(executed(probe.hear(prePrepare(0, p1), ...votes))).toEqual([])
    expect(executed(probe.hold('b1'))).toEqual([['b1']])
  })
})

describe('OSDI §6.2 (pipelining), §4.2: many in flight', () => {
  it('the primary keeps at most the depth of the pipeline in flight', () => {
    const sent = drafts(primary().hold('b1', 'b2', 'b3', 'b4', 'b5', 'b6'), 'pre-prepare')
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  })

  it('what waited shares the next proposal, up to the limit of a proposal', () => {
    const probe = primary()
    const [first] = drafts(probe.hold('b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7'), 'pre-prepare')
    const p = proposal(1, ['b1'], { certify: first?.certify ?? false })
    const effects = probe.hear(prepare(2, 0, p), prepare(3, 0, p), commit(2, 0, p), commit(3, 0, p))
    expect(drafts(effects, 'pre-prepare')).toMatchObject([{ sequence: 5, batchDigests: ['b5', 'b6'] }])
  })

  it('the primary proposes nothing above the high watermark', () => {
    const probe = primary({ pipelineDepth: 8 })
    const names = Array.from({ length: 12 }, (_, i) => `b${i}`)
    const sent = drafts(probe.hold(...names), 'pre-prepare')
    expect(sent.at(-1)?.sequence).toBe(8)
  })

  it('n = 1 commits alone', () => {
    const probe = new Probe({ n: 1, self: replicaId(0) })
    expect(executed(probe.hold('b1', 'b2'))).toEqual([['b1'], ['b2']])
  })

  it('an observer executes and says nothing', () => {
    const probe = new Probe({ self: null })
    probe.hold('b1')
    const votes = [commit(0, 0, p1), commit(1, 0, p1), commit(2, 0, p1)]
    const effects = probe.hear(prePrepare(0, p1), prepare(2, 0, p1), prepare(3, 0, p1), ...votes)
    expect(executed(effects)).toEqual([['b1']])
    expect(ofType(effects, 'send')).toEqual([])
    expect(ofType(effects, 'persist')).toEqual([])
  })
})

describe('OSDI §4.3: checkpoints', () => {
  const s4 = statement(4)

  function executeUpTo(probe: Probe, last: number) {
    const effects = []
    for (let n = 1; n <= last; n++) {
      const p = proposal(n, [])
      effects.push(...probe.hear(prePrepare(0, p), commit(0, 0, p), commit(2, 0, p), commit(3, 0, p)))
    }
    return effects
  }

  it('one is taken at every multiple of K', () => {
    const effects = executeUpTo(new Probe(), 8)
    expect(drafts(effects, 'checkpoint').map(({ statement: s }) => s.sequence)).toEqual([4, 8])
  })

  it('Deviation: and wherever the primary asks for one', () => {
    const p = proposal(1, [], { certify: true })
    const probe = new Probe()
    const effects = probe.hear(prePrepare(0, p), commit(0, 0, p), commit(2, 0, p), commit(3, 0, p))
    expect(drafts(effects, 'checkpoint')).toMatchObject([{ statement: { sequence: 1 } }])
  })

  it('becomes stable with 2f+1 matching messages, not with 2f', () => {
    const probe = new Probe()
    executeUpTo(probe, 4)
    expect(ofType(probe.hear(checkpoint(0, s4)), 'truncate-log')).toEqual([])
    const [truncated] = ofType(probe.hear(checkpoint(2, s4)), 'truncate-log')
    expect(truncated?.certificate.signatures.map(({ replica }) => replica)).toEqual([0, 1, 2])
    expect(probe.view()).toMatchObject({ lowWatermark: 4, highWatermark: 12 })
  })

  it('messages that do not match do not count together', () => {
    const probe = new Probe()
    const other = statement(4, 'another state')
    const effects = probe.hear(checkpoint(0, s4), checkpoint(2, other), checkpoint(3, s4))
    expect(ofType(effects, 'truncate-log')).toEqual([])
  })

  it('one member counts once, and is accused of a second statement', () => {
    const probe = new Probe()
    const effects = probe.hear(checkpoint(0, s4), checkpoint(0, s4), checkpoint(0, statement(4, 'other')))
    expect(ofType(effects, 'truncate-log')).toEqual([])
    expect(ofType(effects, 'suspect')).toMatchObject([{ replica: 0 }])
  })

  it('a stable checkpoint drops the log at and below it', () => {
    const probe = new Probe()
    executeUpTo(probe, 5)
    probe.hear(checkpoint(0, s4), checkpoint(2, s4))
    expect(probe.view().slots).toBe(1)
  })

  it('the window moves without the execution: what is not executed here yet stays', () => {
    const probe = backup()
    probe.hear(prePrepare(0, p1))
    probe.hear(checkpoint(0, s4), checkpoint(2, s4), checkpoint(3, s4))
    expect(probe.view()).toMatchObject({ lowWatermark: 4, executedSequence: 0, slots: 1 })
  })

  it('what a stable checkpoint covers is neither prepared nor voted for when its body comes, and executed all the same', () => {
    const probe = new Probe()
    probe.hear(prePrepare(0, p1), prepare(2, 0, p1), ...[0, 2, 3].map(sender => commit(sender, 0, p1)))
    probe.hear(checkpoint(0, s4), checkpoint(2, s4), checkpoint(3, s4))
    const effects = probe.hold('b1')
    expect(executed(effects)).toEqual([['b1']])
    expect(said(effects)).toEqual([])
    expect(ofType(effects, 'persist')).toEqual([])
  })

  it('a quorum far above the window proves a checkpoint all the same', () => {
    const probe = new Probe()
    const far = statement(400)
    const effects = probe.hear(checkpoint(0, far), checkpoint(2, far), checkpoint(3, far))
    expect(ofType(effects, 'truncate-log')).toHaveLength(1)
    expect(probe.view().lowWatermark).toBe(400)
  })

  it('what came from just above the high watermark is looked at when the window moves', () => {
    const probe = new Probe()
    executeUpTo(probe, 4)
    probe.hold('b9')
    const p9 = proposal(9, ['b9'])
    expect(said(probe.hear(prePrepare(0, p9), prepare(2, 0, p9)))).toEqual([])
    expect(said(probe.hear(checkpoint(0, s4), checkpoint(2, s4)))).toEqual(['prepare', 'commit'])
  })

  it.each([
    [16, true],
    [17, false],
  ])('n = %i from above the window is kept: %s', (n, isKept) => {
    const probe = new Probe()
    executeUpTo(probe, 8)
    probe.hold('late')
    probe.hear(prePrepare(0, proposal(n, ['late'])))
    const s8 = statement(8)
    const said1 = said(probe.hear(checkpoint(0, s8), checkpoint(2, s8)))
    expect(said1).toEqual(isKept ? ['prepare'] : [])
  })

  it('a quorum that certifies another state than ours stops the replica', () => {
    const probe = new Probe()
    executeUpTo(probe, 4)
    const other = statement(4, 'another state')
    probe.hear(checkpoint(0, other), checkpoint(2, other))
    expect(() => probe.hear(checkpoint(3, other))).toThrow('a quorum certifies another state')
  })

  it('Deviation: a tail without certificate asks for one when nothing else comes', () => {
    const probe = primary({})
    probe.hold('b1', 'b2')
    const [pa, pb] = [proposal(1, ['b1'], { certify: true }), proposal(2, ['b2'])]
    for (const p of [pa, pb]) probe.hear(prepare(2, 0, p), prepare(3, 0, p), commit(2, 0, p), commit(3, 0, p))
    const s1 = statement(1)
    probe.hear(checkpoint(2, s1), checkpoint(3, s1))
    const sent = drafts(probe.expire('idle-checkpoint', 0), 'pre-prepare')
    expect(sent).toMatchObject([{ sequence: 3, batchDigests: [], certify: true }])
  })
})
