import { describe, expect, it } from 'vitest'
import { Forensics } from '../../src/pbft/forensics.ts'
import type { Verified } from '../../src/pbft/types.ts'
import {
  certificate,
  commit,
  newView,
  prePrepare,
  prepare,
  prepared,
  proposal,
  statement,
  viewChange,
} from './messages.ts'

/** What a member is charged with, statement by statement, and what it is never charged with. */
const CONFIG = { epoch: 0, n: 4, logWindow: 8 }

function chargesOf(...messages: readonly Verified[]): string[] {
  const forensics = new Forensics(CONFIG)
  for (const message of messages) forensics.add(message)
  return forensics.charges.map(({ replica, fault }) => `${replica} ${fault}`)
}

const one = proposal(1, ['a'])
const other = proposal(1, ['b'])

describe('votes', () => {
  it('for two digests of one sequence in one view are a fault, whichever messages they are in', () => {
    expect(chargesOf(prePrepare(0, one), prePrepare(0, other))).toEqual(['0 two-votes'])
    expect(chargesOf(prepare(1, 0, one), prepare(1, 0, other))).toEqual(['1 two-votes'])
    expect(chargesOf(prepare(1, 0, one), commit(1, 0, other))).toEqual(['1 two-votes'])
    expect(chargesOf(prePrepare(0, one), commit(0, 0, other))).toEqual(['0 two-votes'])
  })

  it('for two digests in two views, or said twice, or by two members, are none', () => {
    expect(chargesOf(commit(1, 0, one), commit(1, 1, other))).toEqual([])
    expect(chargesOf(prepare(1, 0, one), commit(1, 0, one), prepare(1, 0, one))).toEqual([])
    expect(chargesOf(prepare(1, 0, one), prepare(2, 0, other))).toEqual([])
  })

  it('are found inside the certificates of a VIEW-CHANGE', () => {
    const shown = viewChange(3, 1, [prepared(0, one)])
    expect(chargesOf(shown, prepare(2, 0, other))).toEqual(['2 two-votes'])
  })
})

describe('a COMMIT', () => {
  it('that a later VIEW-CHANGE of its sender does not know of is forgotten, in whatever order they come', () => {
    expect(chargesOf(commit(2, 0, one), viewChange(2, 1))).toEqual(['2 forgotten-commit'])
    expect(chargesOf(viewChange(2, 1), commit(2, 0, one))).toEqual(['2 forgotten-commit'])
  })

  it('is forgotten when only an earlier view is remembered, or another digest of the same view', () => {
    const earlier = viewChange(2, 3, [prepared(0, one)])
    expect(chargesOf(commit(2, 1, one), earlier)).toEqual(['2 forgotten-commit'])
    const changed = viewChange(2, 3, [prepared(1, other)])
    expect(chargesOf(commit(2, 1, one), changed)).toContain('2 forgotten-commit')
  })

  it('is not forgotten when the VIEW-CHANGE shows it, or a later view, or a stable checkpoint above it', () => {
    const said = commit(2, 0, one)
    expect(chargesOf(said, viewChange(2, 1, [prepared(0, one)]))).toEqual([])
    expect(chargesOf(said, viewChange(2, 2, [prepared(1, other)]))).toEqual([])
    expect(chargesOf(said, viewChange(2, 1, [], certificate(statement(1))))).toEqual([])
    expect(chargesOf(commit(2, 1, one), viewChange(2, 1))).toEqual([])
  })
})

describe('a view change', () => {
  it('with a certificate that proves nothing is a fault of its sender alone', () => {
    const { prepares, ...rest } = prepared(0, one)
    const weak = viewChange(3, 1, [{ ...rest, prepares: prepares.slice(1) }])
    expect(chargesOf(weak)).toEqual(['3 invalid-view-change'])
  })

  it('whose NEW-VIEW lets a prepared sequence go is a fault of its primary', () => {
    const viewChanges = [viewChange(0, 1, [prepared(0, one)]), viewChange(1, 1), viewChange(2, 1)]
    const good = newView(1, viewChanges, [one])
    const bad = newView(1, viewChanges)
    expect(chargesOf(good)).toEqual([])
    expect(chargesOf(bad)).toEqual(['1 invalid-new-view'])
    expect(chargesOf(good, bad)).toEqual(['1 invalid-new-view', '1 two-new-views'])
  })

  it('is not judged by what a prepared certificate shows of a NEW-VIEW, which comes without its proofs', () => {
    const source = newView(1, [], [one])
    const shown = viewChange(0, 2, [prepared(1, one, [0, 2], source)])
    expect(chargesOf(shown)).toEqual([])
    expect(chargesOf(shown, prePrepare(1, other))).toEqual(['1 two-votes'])
  })
})

describe('a checkpoint', () => {
  it('of two states at one sequence is a fault, also in certificates', () => {
    const forensics = new Forensics(CONFIG)
    forensics.addCertificate(certificate(statement(4)))
    forensics.addCertificate(certificate(statement(8, 'another'), [1, 2, 3]))
    expect(forensics.culprits).toEqual([])
    forensics.addCertificate(certificate(statement(4, 'another'), [1, 2, 3]))
    expect(forensics.charges.map(({ replica, fault }) => `${replica} ${fault}`)).toEqual([
      '1 two-checkpoints',
      '2 two-checkpoints',
    ])
  })
})
