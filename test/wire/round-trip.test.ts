import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/application/contract.ts'
import { DEFAULT_PROTOCOL } from '../../src/membership/genesis.ts'
import { type Digest, digest, replicaId, sequence, view } from '../../src/pbft/types.ts'
import { createBatch, decodeBatch, encodeAgain, identify } from '../../src/wire/batch.ts'
import type { ReadyDraft } from '../../src/wire/encode.ts'
import { envelopeOf, identityOf, opened, said, scope } from './fixtures.ts'
import {
  allDrafts,
  certificateOf,
  newViewDraft,
  preparedSample,
  sampleStatement,
  viewChangeDraft,
} from './samples.ts'

/** What a member says, another reads: any value of each message, through the bytes. */
const anyCount = fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER))
const anySequence = anyCount.map(n => sequence(Math.max(n, 1)))
const anyView = anyCount.map(view)
const anyDigest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Digest => digest(Buffer.from(bytes).toString('hex')))

const anyVote = <T extends 'prepare' | 'commit'>(type: T) =>
  fc.record({ type: fc.constant(type), view: anyView, sequence: anySequence, digest: anyDigest })

const anyPrePrepare = fc.record({
  type: fc.constant('pre-prepare' as const),
  view: anyView,
  sequence: anySequence,
  batchDigests: fc.array(anyDigest, { maxLength: 4 }),
  certify: fc.boolean(),
  logTimeMs: anyCount,
})

const anyStatement = fc.record({
  epoch: fc.constant(0),
  sequence: anySequence,
  historyDigest: anyDigest,
  stateRoot: anyDigest,
  membersHash: anyDigest,
  logTimeMs: anyCount,
})

const anyCheckpoint = fc.record({
  type: fc.constant('checkpoint' as const),
  statement: anyStatement,
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
})

const anyStatus = fc.record({
  type: fc.constant('status' as const),
  view: anyView,
  viewActive: fc.boolean(),
  stableSequence: anyCount.map(sequence),
  executedSequence: anyCount.map(sequence),
  votedSequence: anyCount.map(sequence),
  recovering: fc.boolean(),
  question: anyCount,
  answers: anyCount,
  stable: fc.constantFrom(null, certificateOf(sampleStatement)),
  departures: fc.constantFrom([], [{ replica: replicaId(2), view: view(7) }]),
})

const plainBytes = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? [...inner] : inner)))

/** A draft as its message comes out: the fields that the reader adds are left out. */
function fieldsOf(draft: ReadyDraft): unknown {
  if (draft.type !== 'pre-prepare') return plainBytes(draft)
  const { type, view: v, ...content } = draft
  return plainBytes({ type, view: v, proposal: content })
}

const numRuns = 40

describe('messages', () => {
  it.each([
    ['pre-prepare', anyPrePrepare],
    ['prepare', anyVote('prepare')],
    ['commit', anyVote('commit')],
    ['checkpoint', anyCheckpoint],
    ['status', anyStatus],
  ] as const)('%s', (_, any) => {
    fc.assert(
      fc.property(any as fc.Arbitrary<ReadyDraft>, fc.nat(3), (draft, sender) => {
        const [message] = opened(envelopeOf(sender, [draft])).messages
        expect(message?.sender).toBe(sender)
        expect(plainBytes(message?.message)).toMatchObject(fieldsOf(draft) as object)
      }),
      { numRuns },
    )
  })

  it('several in one envelope, in their order', () => {
    const any = fc.oneof(anyPrePrepare, anyVote('prepare'), anyVote('commit'), anyStatus)
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), drafts => {
        const { messages } = opened(envelopeOf(1, drafts))
        expect(messages.map(({ message }) => message.type)).toEqual(drafts.map(({ type }) => type))
        expect(new Set(messages.map(({ proof }) => proof.hash)).size).toBe(1)
      }),
      { numRuns },
    )
  })

  it('view-change, with the signed messages that its certificates name', () => {
    const draft = viewChangeDraft()
    const { message, proof } = said(1, draft)
    expect(plainBytes(message.stable)).toEqual(plainBytes(certificateOf(sampleStatement)))
    expect(message.prepared).toMatchObject([{ view: 4, proposal: preparedSample().proposal }])
    expect(message.prepared[0]?.prepares.map(({ sender }) => sender)).toEqual([1, 2])
    expect(proof.attachments).toHaveLength(3)
  })

  it('view-change from the genesis state, with nothing prepared', () => {
    const { message } = said(1, { type: 'view-change', view: view(1), stable: null, prepared: [] })
    expect(message).toEqual({ type: 'view-change', view: 1, stable: null, prepared: [] })
  })

  it('new-view, with the view changes and all that they name', () => {
    const draft = newViewDraft()
    const { message } = said(1, draft)
    expect(message.viewChanges.map(({ sender }) => sender)).toEqual([0, 1, 2])
    expect(message.viewChanges[0]?.message.prepared).toHaveLength(1)
    expect(message.proposals).toEqual([preparedSample().proposal])
  })

  it('a NEW-VIEW proves its proposals in a certificate without its own proofs', () => {
    const newView = said(1, newViewDraft())
    const [proposal = preparedSample().proposal] = newView.message.proposals
    const vote = {
      type: 'prepare',
      view: view(5),
      sequence: proposal.sequence,
      digest: proposal.digest,
    } as const
    const prepares = [0, 2].map(sender => said(sender, vote))
    const certificate = { view: view(5), proposal, prePrepare: newView, prepares }
    const { message, proof } = said(3, {
      type: 'view-change',
      view: view(6),
      stable: null,
      prepared: [certificate],
    })
    expect(message.prepared[0]?.prePrepare.message.type).toBe('new-view')
    expect(proof.attachments).toHaveLength(3)
  })

  it('what is relayed comes out as it was said', () => {
    const { messages } = opened(envelopeOf(2, [], { relayed: [said(1, newViewDraft()).proof] }))
    const all = messages.map(({ sender, message }) => `m${sender} ${message.type}`)
    expect(all).toContain('m1 new-view')
    expect(all).toContain('m0 pre-prepare')
  })

  it('a log time is timely within ten seconds of the reader’s clock, both edges included', () => {
    const draft = allDrafts()['pre-prepare'] as Extract<ReadyDraft, { readonly type: 'pre-prepare' }>
    const timelyAt = (nowMs: number) => {
      const [message] = opened(envelopeOf(0, [draft]), nowMs).messages
      return message?.message.type === 'pre-prepare' && message.message.timely
    }
    const offsets = [-10_001, -10_000, 0, 10_000, 10_001]
    expect(offsets.map(offset => timelyAt(draft.logTimeMs + offset))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
  })
})

describe('batches', () => {
  const anyTransaction = fc.record({
    client: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    timestampMs: anyCount,
    nonce: anyCount,
    operation: fc.uint8Array({ maxLength: 200 }),
    signature: fc.constantFrom(new Uint8Array(0), new Uint8Array(64).fill(3)),
  })
  const anyKind = fc
    .tuple(anyTransaction, fc.boolean())
    .map(
      ([transaction, isSystem]): Transaction => (isSystem ? { ...transaction, kind: 'system' } : transaction),
    )

  it('any transactions, and the same batch in other bytes', () => {
    fc.assert(
      fc.property(
        fc.array(anyKind, { minLength: 1, maxLength: 5 }),
        fc.nat(1_000),
        (transactions, attempt) => {
          const identified = transactions.map(transaction => identify(scope, transaction))
          const batch = createBatch(scope, replicaId(2), identified, bytes => identityOf(2).sign(bytes))
          for (const bytes of [batch.bytes, encodeAgain(batch, attempt)]) {
            const decoded = decodeBatch(scope, DEFAULT_PROTOCOL, bytes)
            expect(plainBytes({ ...decoded, bytes: null })).toEqual(plainBytes({ ...batch, bytes: null }))
          }
        },
      ),
      { numRuns },
    )
  })
})
