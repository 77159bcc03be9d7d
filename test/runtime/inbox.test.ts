import { describe, expect, it } from 'vitest'
import { replicaId } from '../../src/pbft/types.ts'
import { Inbox, type InboxOptions } from '../../src/runtime/inbox.ts'
import type { SignatureChecker, Verdict } from '../../src/runtime/ports.ts'
import { plain } from '../../src/wire/convert.ts'
import { encodeEnvelopeBody } from '../../src/wire/encode.ts'
import { SignedEnvelope } from '../../src/wire/pb/messages.ts'
import { EnvelopeVerifier } from '../../src/wire/verify.ts'
import { envelopeOf, said, scope } from '../wire/fixtures.ts'
import { allDrafts, checkpointDraft, statusDraft, viewChangeDraft } from '../wire/samples.ts'
import { World } from './world.ts'

function createBench(options: Partial<InboxOptions> = {}) {
  const world = new World()
  const heard: string[] = []
  const checked: number[] = []
  let isBelieving = false
  const checker: SignatureChecker = {
    check(claims, done) {
      checked.push(claims.length)
      if (isBelieving) world.soon(() => done(claims.map(() => true)))
      else world.checker.check(claims, done)
    },
  }
  const inbox = new Inbox(
    { self: replicaId(3), checkedPerPeerMax: 4, statusEveryMs: 50, ...options },
    {
      verifier: new EnvelopeVerifier(scope),
      checker,
      clock: world.clock,
      onMessage: ({ sender, message }) => void heard.push(`m${sender} ${message.type}`),
    },
  )
  const verdicts: Verdict[] = []
  const send = (bytes: Uint8Array, from = 'peer') =>
    inbox.onGossip(bytes, from, verdict => void verdicts.push(verdict))
  /** @returns the only verdict on it */
  const hear = (bytes: Uint8Array, from?: string): Verdict | undefined => {
    const before = verdicts.length
    send(bytes, from)
    world.settle()
    expect(verdicts.length).toBe(before + 1)
    return verdicts.at(-1)
  }
  const believe = () => {
    isBelieving = true
  }
  return { world, inbox, heard, checked, verdicts, send, hear, believe }
}

const voteDraft = allDrafts().commit

/** The same envelope with other signature or attachments. */
function changed(bytes: Uint8Array, fields: Partial<SignedEnvelope>): Uint8Array {
  return SignedEnvelope.encode({ ...SignedEnvelope.decode(bytes), ...fields })
}

describe('an envelope', () => {
  it('is checked, relayed, and handed on message by message', () => {
    const bench = createBench()
    expect(bench.hear(envelopeOf(1, [voteDraft, statusDraft]))).toBe('accept')
    expect(bench.heard).toEqual(['m1 commit', 'm1 status'])
    expect(bench.inbox.heard(replicaId(1))).toMatchObject({ atMs: bench.world.nowMs, status: statusDraft })
  })

  it('what it brings along comes first', () => {
    const bench = createBench()
    bench.hear(envelopeOf(1, [viewChangeDraft()]))
    expect(bench.heard).toEqual(['m0 pre-prepare', 'm1 prepare', 'm2 prepare', 'm1 view-change'])
  })

  it('of our own that comes back is ignored', () => {
    const bench = createBench()
    expect(bench.hear(envelopeOf(3, [voteDraft]))).toBe('ignore')
    expect(bench.checked).toEqual([])
  })

  it('said once is heard once, by whomever it comes', () => {
    const bench = createBench()
    const bytes = envelopeOf(1, [voteDraft])
    expect([bench.hear(bytes, 'one'), bench.hear(bytes, 'two')]).toEqual(['accept', 'ignore'])
    expect(bench.heard).toHaveLength(1)
  })

  it('with a wrong signature is rejected, and costs one check', () => {
    const bench = createBench()
    const bytes = changed(envelopeOf(1, [viewChangeDraft()]), { signature: new Uint8Array(64).fill(1) })
    expect(bench.hear(bytes)).toBe('reject')
    expect([bench.checked, bench.heard]).toEqual([[1], []])
  })

  it('with a wrong signature inside is rejected whole', () => {
    const bench = createBench()
    expect(bench.hear(envelopeOf(2, [voteDraft, checkpointDraft]))).toBe('reject')
    expect(bench.heard).toEqual([])
  })

  it('spoilt on the way stands not in the way of the true one', () => {
    const bench = createBench()
    const bytes = envelopeOf(1, [viewChangeDraft()])
    const { attachments } = SignedEnvelope.decode(bytes)
    const [first = new Uint8Array(0), ...rest] = attachments
    const spoilt = changed(first, { signature: plain(new Uint8Array(64).fill(1)) })
    expect(bench.hear(changed(bytes, { attachments: [plain(spoilt), ...rest] }))).toBe('reject')
    expect(bench.hear(changed(bytes, { attachments: rest }))).toBe('reject')
    expect(bench.hear(bytes)).toBe('accept')
  })

  it.each([
    ['noise', Uint8Array.of(1, 2, 3)],
    ['nothing', new Uint8Array(0)],
    ['too many bytes', new Uint8Array(3_000_001)],
  ])('%s is rejected unchecked', (_, bytes) => {
    const bench = createBench()
    expect(bench.hear(bytes)).toBe('reject')
    expect(bench.checked).toEqual([])
  })
})

describe('bounds', () => {
  it('envelopes of one gossip peer in checks: those beyond are ignored, those of another peer are not', () => {
    const bench = createBench({ checkedPerPeerMax: 4 })
    for (let i = 0; i < 6; i++) bench.send(envelopeOf(1, [voteDraft]), 'flooder')
    expect(bench.verdicts).toEqual(['ignore', 'ignore'])
    bench.send(envelopeOf(2, [voteDraft]), 'other')
    bench.world.settle()
    expect(bench.verdicts.slice(2)).toEqual(['accept', 'accept', 'accept', 'accept', 'accept'])
  })

  it('and open again when those were checked, good or bad', () => {
    const bench = createBench({ checkedPerPeerMax: 1 })
    const bad = changed(envelopeOf(1, [voteDraft]), { signature: new Uint8Array(64).fill(1) })
    expect([bench.hear(bad), bench.hear(envelopeOf(1, [voteDraft]))]).toEqual(['reject', 'accept'])
  })

  it('envelopes of one member: its rate, and not that of others', () => {
    const bench = createBench({ checkedPerPeerMax: 10_000 })
    // Signatures are not the matter here, and 2,100 of them would take seconds.
    bench.believe()
    const template = SignedEnvelope.decode(envelopeOf(1, [voteDraft], { number: 1 }))
    for (let number = 1; number <= 2_100; number++) bench.send(numbered(template, number))
    bench.world.settle()
    expect(bench.verdicts.filter(verdict => verdict === 'accept')).toHaveLength(2_000)
    expect(bench.hear(envelopeOf(2, [voteDraft]))).toBe('accept')
  })

  it('statuses of one member, because each is answered', () => {
    const bench = createBench({ statusEveryMs: 50 })
    for (const ms of [0, 49, 1, 30, 20]) {
      bench.world.advance(ms)
      bench.hear(envelopeOf(1, [statusDraft]))
    }
    expect(bench.heard).toEqual(['m1 status', 'm1 status', 'm1 status'])
  })

  it('an attached status is not heard: it is old, and anybody may attach it', () => {
    const bench = createBench()
    const old = said(1, statusDraft)
    expect(bench.hear(envelopeOf(2, [voteDraft], { relayed: [old.proof] }))).toBe('accept')
    expect(bench.heard).toEqual(['m2 commit'])
    expect(bench.inbox.heard(replicaId(1))).toBeUndefined()
  })
})

function numbered(template: SignedEnvelope, number: number): Uint8Array {
  const body = encodeEnvelopeBody(scope, { sender: 1, number, drafts: [voteDraft] })
  return SignedEnvelope.encode({ ...template, body: plain(body) })
}
