import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/lib/bytes.ts'
import { DEFAULT_PROTOCOL } from '../../src/membership/genesis.ts'
import { sequence, view } from '../../src/pbft/types.ts'
import { createBatch, decodeBatch, identify } from '../../src/wire/batch.ts'
import { plain } from '../../src/wire/convert.ts'
import { encodeSignedEnvelope, type ReadyDraft } from '../../src/wire/encode.ts'
import { envelopeSigningBytes } from '../../src/wire/envelope.ts'
import {
  ATTACHMENTS_MAX,
  ENVELOPE_BYTES_MAX,
  ENVELOPE_MESSAGES_MAX,
  PROPOSAL_BATCHES_MAX,
  SYSTEM_OPERATION_BYTES_MAX,
  VIEW_CHANGE_SLOTS_MAX,
} from '../../src/wire/limits.ts'
import {
  BatchBody,
  EnvelopeBody,
  SignedBatch,
  SignedEnvelope,
  type WireMessage,
} from '../../src/wire/pb/messages.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import { EnvelopeVerifier } from '../../src/wire/verify.ts'
import { envelopeOf, identityOf, NOW_MS, opened, refusal, said, scope } from './fixtures.ts'
import {
  allDrafts,
  digestOf,
  newViewDraft,
  preparedSample,
  sampleStatement,
  statusDraft,
  viewChangeDraft,
} from './samples.ts'

/** What comes from a peer may be anything: decoders are total, and refuse by name. */
const samples = Object.entries(allDrafts()).map(([type, draft]) => ({ type, bytes: envelopeOf(0, [draft]) }))

const transaction = {
  client: new Uint8Array(32).fill(5),
  timestampMs: NOW_MS,
  nonce: 1,
  operation: new Uint8Array(10),
  signature: new Uint8Array(64),
}
const batch = createBatch(scope, 2 as never, [identify(scope, transaction)], bytes =>
  identityOf(2).sign(bytes),
)

/** Reads as a peer's bytes are read; whatever is not refused must be complete. */
function readEnvelope(bytes: Uint8Array): string {
  const pending = new EnvelopeVerifier(scope).open(bytes, NOW_MS)
  if (isRejection(pending)) {
    expect(['ignore', 'reject']).toContain(pending.verdict)
    return pending.code
  }
  expect(pending.main.length).toBe(1)
  return 'read'
}

function readBatch(bytes: Uint8Array): string {
  const decoded = decodeBatch(scope, DEFAULT_PROTOCOL, bytes)
  return isRejection(decoded) ? decoded.code : 'read'
}

const named = /^(read|[a-z]+(-[a-z]+)+)$/

describe('decoders are total', () => {
  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes => {
        expect(readEnvelope(bytes)).not.toBe('read')
        expect(readBatch(bytes)).not.toBe('read')
      }),
      { numRuns: 500 },
    )
  })

  it.each(samples)('every truncation of an envelope of $type', ({ bytes }) => {
    const step = Math.max(1, Math.floor(bytes.length / 200))
    for (let length = 0; length < bytes.length; length += step) {
      const code = readEnvelope(bytes.subarray(0, length))
      expect(code).toMatch(named)
    }
  })

  it.each(samples)('flipped bits in an envelope of $type', ({ bytes }) => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 3 }), bits => {
        const changed = new Uint8Array(bytes)
        for (const bit of bits) changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(readEnvelope(changed)).toMatch(named)
      }),
      { numRuns: 150 },
    )
  })

  it('truncations of, and flipped bits in, a batch', () => {
    for (let length = 0; length < batch.bytes.length; length++)
      expect(readBatch(batch.bytes.subarray(0, length))).not.toBe('read')
    fc.assert(
      fc.property(fc.nat(batch.bytes.length * 8 - 1), bit => {
        const changed = new Uint8Array(batch.bytes)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(readBatch(changed)).toMatch(named)
      }),
      { numRuns: 300 },
    )
  })
})

/** Numbers that our encoder refuses to write: the largest safe integer stands for a larger one. */
function beyondSafe(body: Uint8Array): Uint8Array {
  const at = toHex(body).indexOf('ffffffffffffff0f')
  if (at >= 0) body[at / 2 + 7] = 0x1f
  return body
}

/** An envelope of these wire messages, signed by its sender. */
function signedBody(
  messages: readonly WireMessage[],
  fields: { epoch?: number; sender?: number } = {},
): Uint8Array {
  const { epoch = 0, sender = 0 } = fields
  const body = beyondSafe(EnvelopeBody.encode({ epoch, sender, number: 1, messages: [...messages] }))
  return encodeSignedEnvelope(body, identityOf(0).sign(envelopeSigningBytes(scope, body)), [])
}

describe('what is wrong with an envelope, by name', () => {
  const proposal = {
    sequence: 1,
    batchDigests: [] as Uint8Array<ArrayBuffer>[],
    logTimeMs: 1,
    certify: false,
  }
  const digests = (count: number) => Array.from({ length: count }, () => new Uint8Array(32))
  const vote = (fields: object) => ({
    prepare: { view: 1, sequence: 1, digest: new Uint8Array(32), ...fields },
  })
  const status: WireMessage = { status: { ...statusDraft, stable: undefined, departures: [] } }

  it.each<[string, string, Uint8Array]>([
    ['envelope-too-large', 'one byte too many', new Uint8Array(ENVELOPE_BYTES_MAX + 1)],
    ['envelope-malformed', 'no protobuf', fromHex('ffff')],
    ['envelope-signature-malformed', 'nothing at all', new Uint8Array(0)],
    [
      'envelope-signature-malformed',
      'a short signature',
      encodeSignedEnvelope(new Uint8Array(0), new Uint8Array(63), []),
    ],
    ['envelope-of-another-epoch', 'epoch 1', signedBody([], { epoch: 1 })],
    ['envelope-sender-unknown', 'a fifth member', signedBody([], { sender: 4 })],
    ['envelope-malformed', 'too many messages', signedBody(Array(ENVELOPE_MESSAGES_MAX + 1).fill(status))],
    ['message-malformed', 'a message of no kind', signedBody([{}])],
    ['message-malformed', 'a short digest', signedBody([vote({ digest: new Uint8Array(31) })])],
    [
      'envelope-malformed',
      'a number beyond the safe ones',
      signedBody([vote({ view: Number.MAX_SAFE_INTEGER })]),
    ],
    [
      'message-malformed',
      'sequence 0 proposed',
      signedBody([{ prePrepare: { view: 0, proposal: { ...proposal, sequence: 0 } } }]),
    ],
    [
      'message-malformed',
      'too many batches',
      signedBody([
        {
          prePrepare: { view: 0, proposal: { ...proposal, batchDigests: digests(PROPOSAL_BATCHES_MAX + 1) } },
        },
      ]),
    ],
    ['message-malformed', 'no proposal', signedBody([{ prePrepare: { view: 0 } }])],
    ['message-malformed', 'no statement', signedBody([{ checkpoint: { signature: new Uint8Array(64) } }])],
    [
      'message-malformed',
      'more VIEW-CHANGEs than members',
      signedBody([{ newView: { view: 1, viewChanges: digests(5), proposals: [] } }]),
    ],
    [
      'envelope-of-view-change-not-alone',
      'a VIEW-CHANGE beside another message',
      signedBody([{ viewChange: { view: 1, prepared: [] } }, status]),
    ],
    [
      'envelope-of-view-change-not-alone',
      'two VIEW-CHANGEs',
      signedBody([{ viewChange: { view: 1, prepared: [] } }, { viewChange: { view: 2, prepared: [] } }]),
    ],
    [
      'view-change-too-large',
      'more proposals than any window',
      signedBody([
        { newView: { view: 1, viewChanges: [], proposals: Array(VIEW_CHANGE_SLOTS_MAX + 1).fill(proposal) } },
      ]),
    ],
    [
      'envelope-of-votes-too-large',
      'votes that would not fit into certificates',
      signedBody(Array(200).fill(vote({}))),
    ],
  ])('%s: %s', (code, _, bytes) => {
    expect(refusal(bytes)).toMatchObject({ verdict: 'reject', code })
  })

  it('the largest proposal that is allowed is read', () => {
    const largest = { ...proposal, batchDigests: digests(PROPOSAL_BATCHES_MAX) }
    expect(refusal(signedBody([{ prePrepare: { view: 0, proposal: largest } }]))).toBeNull()
  })
})

describe('attachments', () => {
  const single = (number: number) => envelopeOf(1, [statusDraft], { number, attachments: [] })

  it('as many as allowed are read, one more is refused', () => {
    const attachment = single(1)
    const many = Array.from({ length: ATTACHMENTS_MAX }, () => attachment)
    expect(refusal(envelopeOf(0, [statusDraft], { attachments: many }))).toBeNull()
    expect(refusal(envelopeOf(0, [statusDraft], { attachments: [...many, attachment] }))).toMatchObject({
      code: 'envelope-malformed',
    })
  })

  it('one that brings attachments of its own is refused', () => {
    const nested = envelopeOf(1, [statusDraft], { attachments: [single(1)] })
    expect(refusal(envelopeOf(0, [statusDraft], { attachments: [nested] }))).toMatchObject({
      code: 'envelope-malformed',
    })
  })

  it('one that is malformed is refused with its envelope', () => {
    expect(refusal(envelopeOf(0, [statusDraft], { attachments: [fromHex('00')] }))).not.toBeNull()
  })

  it('the same one many times is one', () => {
    const attachment = single(1)
    const { messages, rest } = opened(envelopeOf(0, [statusDraft], { attachments: [attachment, attachment] }))
    expect([messages.length, rest.length]).toEqual([2, 1])
  })
})

describe('what a VIEW-CHANGE and a NEW-VIEW name', () => {
  const draft = viewChangeDraft()
  const certified = preparedSample()
  const needed = [certified.prePrepare, ...certified.prepares].map(({ proof }) => proof.bytes)

  it('is resolved whatever the order of the attachments, and with others among them', () => {
    const others = [...needed].reverse().concat(envelopeOf(3, [statusDraft]))
    expect(refusal(envelopeOf(1, [draft], { attachments: others }))).toBeNull()
  })

  it.each([0, 1, 2])('is refused when attachment %i is missing', missing => {
    const attachments = needed.filter((_, i) => i !== missing)
    expect(refusal(envelopeOf(1, [draft], { attachments }))).toMatchObject({ code: 'message-malformed' })
  })

  it('may not be another message of the same sender', () => {
    const vote = { type: 'prepare', view: view(4), sequence: sequence(302), digest: digestOf(1) } as const
    const wrong = { ...certified, prepares: [said(1, vote), said(2, vote)] }
    const attachments = [certified.prePrepare, ...wrong.prepares].map(({ proof }) => proof.bytes)
    expect(refusal(envelopeOf(1, [viewChangeDraft([wrong])], { attachments }))).not.toBeNull()
  })

  it.each([
    [4, true],
    [5, false],
  ])('a NEW-VIEW that names %i VIEW-CHANGEs among four members is read: %s', (count, isRead) => {
    const newView = newViewDraft()
    const viewChanges = Array.from({ length: count }, () => newView.viewChanges[1] ?? newView.viewChanges[0])
    const bytes = envelopeOf(1, [{ ...newView, viewChanges }])
    expect(refusal(bytes)).toEqual(isRead ? null : expect.objectContaining({ code: 'message-malformed' }))
  })

  it('a NEW-VIEW without one of its VIEW-CHANGEs is refused', () => {
    const newView = newViewDraft()
    const attachments = newView.viewChanges.slice(1).map(({ proof }) => proof.bytes)
    expect(refusal(envelopeOf(1, [newView], { attachments }))).toMatchObject({ code: 'message-malformed' })
  })

  it('a NEW-VIEW whose VIEW-CHANGE lacks what it names is refused', () => {
    const newView = newViewDraft()
    const attachments = newView.viewChanges.map(({ proof }) => proof.bytes)
    expect(refusal(envelopeOf(1, [newView], { attachments }))).toMatchObject({ code: 'message-malformed' })
  })

  it('an envelope cannot be its own evidence, and a circle ends', () => {
    const digest = plain(fromHex(digestOf(1)))
    const circle: WireMessage = { newView: { view: 1, viewChanges: [digest], proposals: [] } }
    const inner = signedBody([circle])
    const { body, signature } = SignedEnvelope.decode(inner)
    expect(refusal(SignedEnvelope.encode({ body, signature, attachments: [plain(inner)] }))).toMatchObject({
      code: 'message-malformed',
    })
  })

  it('a certificate in a VIEW-CHANGE names members in order, each once', () => {
    const [first, second, third] = draft.stable.signatures
    const wrong = [
      [second, first, third],
      [first, first, third],
      [first, second, { ...third, replica: 4 }],
    ].map(signatures => ({ ...draft, stable: { statement: sampleStatement, signatures } }) as ReadyDraft)
    for (const one of wrong)
      expect(refusal(envelopeOf(1, [one]))).toMatchObject({ code: 'message-malformed' })
  })
})

describe('what is wrong with a batch, by name', () => {
  function batchWith(fields: {
    author?: number
    epoch?: number
    transactions?: readonly object[]
  }): Uint8Array {
    const { author = 2, epoch = 0, transactions = [transaction] } = fields
    const body = beyondSafe(BatchBody.encode({ epoch, author, transactions: transactions as never }))
    return SignedBatch.encode({ body: plain(body), signature: new Uint8Array(64), attempt: 0 })
  }
  const many = DEFAULT_PROTOCOL.batchTransactionsMax + 1
  const { operationBytesMax } = DEFAULT_PROTOCOL
  const broken = (fields: object) => batchWith({ transactions: [{ ...transaction, ...fields }] })

  it.each<[string, Uint8Array]>([
    ['batch-too-large', new Uint8Array(DEFAULT_PROTOCOL.batchBytesMax + 4_097)],
    ['batch-malformed', fromHex('ffff')],
    ['batch-signature-malformed', new Uint8Array(0)],
    ['batch-of-another-epoch', batchWith({ epoch: 1 })],
    ['batch-author-unknown', batchWith({ author: 4 })],
    ['batch-empty', batchWith({ transactions: [] })],
    ['batch-malformed', batchWith({ transactions: Array(many).fill(transaction) })],
    ['batch-transaction-malformed', broken({ client: new Uint8Array(31) })],
    ['batch-malformed', broken({ timestampMs: Number.MAX_SAFE_INTEGER })],
    ['batch-malformed', broken({ nonce: Number.MAX_SAFE_INTEGER })],
    ['batch-transaction-malformed', broken({ signature: new Uint8Array(63) })],
    ['batch-transaction-malformed', broken({ operation: new Uint8Array(operationBytesMax + 1) })],
    ['batch-transaction-malformed', broken({ kind: 2 })],
    [
      'batch-transaction-malformed',
      broken({ kind: 1, operation: new Uint8Array(SYSTEM_OPERATION_BYTES_MAX + 1) }),
    ],
  ])('%s', (code, bytes) => {
    expect(decodeBatch(scope, DEFAULT_PROTOCOL, bytes)).toMatchObject({ verdict: 'reject', code })
  })

  it('the largest operation that is allowed is read', () => {
    expect(readBatch(broken({ operation: new Uint8Array(operationBytesMax) }))).toBe('read')
  })
})
