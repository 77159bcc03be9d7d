import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../src/crypto/identity.ts'
import { sequence } from '../../src/pbft/types.ts'
import { plain } from '../../src/wire/convert.ts'
import { EnvelopeBody, SignedEnvelope } from '../../src/wire/pb/messages.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import type { Scope } from '../../src/wire/scope.ts'
import { statementBytes } from '../../src/wire/statement.ts'
import { type Claim, EnvelopeVerifier, type PendingEnvelope } from '../../src/wire/verify.ts'
import { envelopeOf, identityOf, NOW_MS, scope } from './fixtures.ts'
import {
  certificateOf,
  checkpointDraft,
  newViewDraft,
  sampleStatement,
  statusDraft,
  viewChangeDraft,
} from './samples.ts'

function open(verifier: EnvelopeVerifier, bytes: Uint8Array): PendingEnvelope {
  const pending = verifier.open(bytes, NOW_MS)
  if (isRejection(pending)) throw new Error(pending.code)
  return pending
}

const holds = ({ publicKey, bytes, signature }: Claim) => verifySignature(publicKey, bytes, signature)

/** Checks and remembers, as the inbox does. @returns how many signatures were checked, or null when one was wrong */
function accept(verifier: EnvelopeVerifier, bytes: Uint8Array): number | null {
  const { main, rest } = open(verifier, bytes)
  const claims = [...main, ...rest]
  if (!claims.every(holds)) return null
  verifier.remember(claims)
  return claims.length
}

describe('what must hold', () => {
  it('the sender’s signature comes first, alone', () => {
    const { main, rest } = open(new EnvelopeVerifier(scope), envelopeOf(1, [newViewDraft()]))
    expect(main).toHaveLength(1)
    expect(main.every(holds) && rest.every(holds)).toBe(true)
  })

  it('a checkpoint, a certificate and every attachment bring their own', () => {
    const restOf = (bytes: Uint8Array) => open(new EnvelopeVerifier(scope), bytes).rest.length
    expect(restOf(envelopeOf(1, [statusDraft]))).toBe(0)
    expect(restOf(envelopeOf(1, [checkpointDraft]))).toBe(1)
    expect(restOf(envelopeOf(1, [viewChangeDraft([])]))).toBe(3)
    expect(restOf(envelopeOf(1, [viewChangeDraft()]))).toBe(3 + 3)
  })

  it('another member’s signature over a checkpoint does not hold', () => {
    expect(accept(new EnvelopeVerifier(scope), envelopeOf(2, [checkpointDraft]))).toBeNull()
  })

  it.each([
    ['log time', { ...sampleStatement, logTimeMs: NOW_MS + 1 }],
    ['sequence', { ...sampleStatement, sequence: sequence(301) }],
  ])('signatures over a statement with another %s do not hold', (_, statement) => {
    const { signatures } = certificateOf(sampleStatement)
    const draft = { ...viewChangeDraft([]), stable: { statement, signatures } }
    expect(accept(new EnvelopeVerifier(scope), envelopeOf(1, [draft]))).toBeNull()
  })

  it('an envelope of another network does not hold', () => {
    const elsewhere: Scope = { ...scope, networkId: new Uint8Array(32).fill(8) }
    expect(accept(new EnvelopeVerifier(elsewhere), envelopeOf(1, [statusDraft]))).toBeNull()
    expect(accept(new EnvelopeVerifier(scope), envelopeOf(1, [statusDraft]))).toBe(1)
  })
})

describe('what was found valid', () => {
  it('is not checked again, in an envelope or attached to another', () => {
    const verifier = new EnvelopeVerifier(scope)
    const draft = viewChangeDraft()
    const bytes = envelopeOf(1, [draft])
    expect(accept(verifier, bytes)).toBe(7)
    expect(accept(verifier, bytes)).toBe(0)
    expect(accept(verifier, envelopeOf(2, [draft]))).toBe(1)
  })

  it('is not so before it is remembered', () => {
    const verifier = new EnvelopeVerifier(scope)
    const bytes = envelopeOf(1, [statusDraft])
    open(verifier, bytes)
    expect(open(verifier, bytes).main).toHaveLength(1)
  })

  it('says nothing of the same signature on another body', () => {
    const verifier = new EnvelopeVerifier(scope)
    const bytes = envelopeOf(1, [statusDraft])
    accept(verifier, bytes)
    const { signature } = SignedEnvelope.decode(bytes)
    const body = EnvelopeBody.encode({
      epoch: 0,
      sender: 1,
      number: 9,
      messages: [{ status: { ...statusDraft, stable: undefined, departures: [], recovering: true } }],
    })
    expect(
      accept(verifier, SignedEnvelope.encode({ body: plain(body), signature, attachments: [] })),
    ).toBeNull()
  })

  it('says nothing of the same body under another signature', () => {
    const verifier = new EnvelopeVerifier(scope)
    const bytes = envelopeOf(1, [statusDraft])
    accept(verifier, bytes)
    const { body } = SignedEnvelope.decode(bytes)
    const signature = new Uint8Array(64).fill(1)
    expect(accept(verifier, SignedEnvelope.encode({ body, signature, attachments: [] }))).toBeNull()
  })

  it('says nothing of the same body in another’s name', () => {
    const verifier = new EnvelopeVerifier(scope)
    const bytes = envelopeOf(1, [statusDraft], { number: 5 })
    accept(verifier, bytes)
    const { signature } = SignedEnvelope.decode(bytes)
    const { body } = SignedEnvelope.decode(envelopeOf(2, [statusDraft], { number: 5 }))
    expect(accept(verifier, SignedEnvelope.encode({ body, signature, attachments: [] }))).toBeNull()
  })

  it('says nothing of the same statement under another member’s name', () => {
    const verifier = new EnvelopeVerifier(scope)
    accept(verifier, envelopeOf(1, [checkpointDraft]))
    expect(accept(verifier, envelopeOf(3, [checkpointDraft]))).toBeNull()
    const signature = identityOf(3).sign(statementBytes(scope, sampleStatement))
    expect(accept(verifier, envelopeOf(3, [{ ...checkpointDraft, signature }]))).toBe(2)
  })

  it('says nothing of the same signatures over another statement', () => {
    const verifier = new EnvelopeVerifier(scope)
    accept(verifier, envelopeOf(1, [viewChangeDraft([])]))
    const statement = { ...sampleStatement, stateRoot: sampleStatement.historyDigest }
    const { signatures } = certificateOf(sampleStatement)
    const draft = { ...viewChangeDraft([]), stable: { statement, signatures } }
    expect(accept(verifier, envelopeOf(1, [draft]))).toBeNull()
  })

  it('a signature that does not hold is not remembered with those that do', () => {
    const verifier = new EnvelopeVerifier(scope)
    const bad = envelopeOf(2, [checkpointDraft])
    expect([accept(verifier, bad), accept(verifier, bad)]).toEqual([null, null])
  })

  it('is forgotten in the end: the memory is bounded', () => {
    const verifier = new EnvelopeVerifier(scope)
    const bytes = envelopeOf(1, [statusDraft])
    accept(verifier, bytes)
    const claim = { publicKey: new Uint8Array(32), bytes: new Uint8Array(0), signature: new Uint8Array(64) }
    verifier.remember(Array.from({ length: 8_192 }, (_, i) => ({ ...claim, key: `other ${i}` })))
    expect(accept(verifier, bytes)).toBe(1)
  })
})
