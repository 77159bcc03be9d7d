import { describe, expect, it } from 'vitest'
import { type Digest, digest, type Proof, replicaId, sequence, view } from '../../src/pbft/types.ts'
import { createAccusations } from '../../src/sim/checkers/accusations.ts'
import { createOneStatement } from '../../src/sim/checkers/one-statement.ts'
import { encodeEnvelopeBody, type ReadyDraft } from '../../src/wire/encode.ts'
import { openEnvelope } from '../../src/wire/envelope.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import { certificateOf, complaints, FAULTY, ground, HonestMember, sealed } from './checker-world.ts'

/** Judges of what members say. */
const A = replicaId(0)
const OTHER = 'f'.repeat(64) as Digest
const { scope } = ground

const prepare = (hex: string, v = 0): ReadyDraft => ({
  type: 'prepare',
  view: view(v),
  sequence: sequence(1),
  digest: digest(hex.repeat(64)),
})
const viewChange = (v: number): ReadyDraft => ({
  type: 'view-change',
  view: view(v),
  stable: null,
  prepared: [],
})

let number = 0
const say = (sender: number, ...drafts: readonly ReadyDraft[]): Uint8Array =>
  sealed(scope, sender, encodeEnvelopeBody(scope, { sender, number: ++number, drafts }))

function proof(bytes: Uint8Array): Proof {
  const opened = openEnvelope(scope, bytes)
  const hash = isRejection(opened) ? OTHER : opened.main.hash
  return { hash, bytes, attachments: [] }
}

describe('one statement', () => {
  const spoken = (...envelopes: readonly Uint8Array[]): readonly string[] =>
    complaints(createOneStatement, checker => {
      for (const bytes of envelopes) checker.onPublished(A, bytes)
    })

  it('says nothing of what is repeated, or said of another view', () => {
    expect(spoken(say(0, prepare('a')), say(0, prepare('a')), say(0, prepare('b', 1)))).toEqual([])
  })

  it('sees two statements, a vote in a view that was left, and what nobody can read', () => {
    expect(spoken(say(0, prepare('a')), say(0, prepare('b')))).toEqual([
      expect.stringContaining('two things'),
    ])
    expect(spoken(say(0, viewChange(2)), say(0, prepare('a', 1)))).toEqual([
      expect.stringContaining('after it left for view 2'),
    ])
    expect(spoken(Uint8Array.of(1, 2, 3))).toEqual([expect.stringContaining('nobody can read')])
  })

  it('sees two statements although the disk was lost between them', () => {
    const found = complaints(createOneStatement, checker => {
      checker.onPublished(A, say(0, prepare('a')))
      checker.onWiped(A)
      checker.onPublished(A, say(0, prepare('b')))
    })
    expect(found).toHaveLength(1)
  })
})

describe('accusations', () => {
  const accused = (suspected: number, first: Uint8Array, second: Uint8Array): readonly string[] =>
    complaints(createAccusations, checker =>
      checker.onSuspect(A, replicaId(suspected), [proof(first), proof(second)]),
    )
  const statement = new HonestMember().state.statement()
  const checkpoint = (logTimeMs: number): ReadyDraft => {
    const [signed] = certificateOf({ ...statement, logTimeMs }, [FAULTY]).signatures
    return {
      type: 'checkpoint',
      statement: { ...statement, logTimeMs },
      signature: signed?.signature ?? new Uint8Array(64),
    }
  }

  it('says nothing of two statements of a faulty member, in two envelopes or in one', () => {
    expect(accused(FAULTY, say(FAULTY, prepare('a')), say(FAULTY, prepare('b')))).toEqual([])
    const both = say(FAULTY, prepare('a'), prepare('b'))
    expect(accused(FAULTY, both, both)).toEqual([])
    expect(accused(FAULTY, say(FAULTY, checkpoint(1)), say(FAULTY, checkpoint(2)))).toEqual([])
    expect(accused(FAULTY, say(FAULTY, viewChange(1)), say(FAULTY, viewChange(1)))).toEqual([])
  })

  it('sees a correct member accused', () => {
    const found = accused(1, say(1, prepare('a')), say(1, prepare('b')))
    expect(found).toEqual([expect.stringContaining('accuses 1, which is correct')])
  })

  it.each([
    ['one statement', say(FAULTY, prepare('a')), say(FAULTY, prepare('a'))],
    ['statements of two views', say(FAULTY, prepare('a')), say(FAULTY, prepare('b', 1))],
    ['what somebody else signed', say(FAULTY, prepare('a')), say(1, prepare('b'))],
    ['what was not signed', say(FAULTY, prepare('a')), unsigned(say(FAULTY, prepare('b')))],
    ['what nobody can read', say(FAULTY, prepare('a')), Uint8Array.of(9)],
  ])('sees an accusation that rests on %s', (_what, first, second) => {
    expect(accused(FAULTY, first, second)).toEqual([expect.stringContaining('without a proof')])
  })

  it('sees a correct member that gives up', () => {
    const found = complaints(createAccusations, checker => checker.onFailure(A, new Error('broken')))
    expect(found).toEqual([expect.stringContaining('stopped itself: broken')])
  })
})

/** The signature is at the end of an envelope without attachments. */
function unsigned(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
}
