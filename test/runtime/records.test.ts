import { expect, it } from 'vitest'
import type { Commit, Verified } from '../../src/pbft/types.ts'
import { view } from '../../src/pbft/types.ts'
import { decodeStoredEntry, encodeEntry } from '../../src/runtime/records.ts'
import { WireEntry } from '../../src/wire/pb/messages.ts'
import { envelopeOf, opened, said, scope } from '../wire/fixtures.ts'
import { proposalOf } from './parts.ts'

const proposal = proposalOf(1, [])
const commitIn = (v: number) =>
  ({ type: 'commit', view: view(v), sequence: proposal.sequence, digest: proposal.digest }) as const

/** What one envelope of `sender` commits, view by view. */
const commitsOf = (sender: number, views: readonly number[]): readonly Verified<Commit>[] =>
  opened(envelopeOf(sender, views.map(commitIn))).messages as readonly Verified<Commit>[]

it('a commit certificate is read again when one envelope in it commits the sequence in two views', () => {
  const [, late] = commitsOf(0, [0, 1])
  const commits = [late as Verified<Commit>, said(1, commitIn(1)), said(2, commitIn(1))]
  const bytes = WireEntry.encode(encodeEntry({ proposal, commits }))
  const entry = decodeStoredEntry(scope, 1, bytes)
  expect(entry.commits.map(({ sender, message }) => [sender, message.view])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ])
})

it('COMMITs that have no view in common certify nothing', () => {
  const commits = [said(0, commitIn(0)), said(1, commitIn(1)), said(2, commitIn(1))]
  const bytes = WireEntry.encode(encodeEntry({ proposal, commits }))
  expect(() => decodeStoredEntry(scope, 1, bytes)).toThrow('as it was written')
})
