import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { createNativeSigner } from '../../src/node/native-ed25519.ts'
import { digest, type Proof, replicaId, sequence, view } from '../../src/pbft/types.ts'
import { SignGuard } from '../../src/runtime/sign-guard.ts'
import { createOutgoing } from '../../src/runtime/signing.ts'
import { openEnvelope } from '../../src/wire/envelope.ts'
import { ENVELOPE_BYTES_MAX, VOTES_BODY_BYTES_MAX } from '../../src/wire/limits.ts'
import { SignedEnvelope } from '../../src/wire/pb/messages.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import { EnvelopeVerifier } from '../../src/wire/verify.ts'
import { envelope, hashOf, NOBODY, random, status, vote } from './forge.ts'

const signers = [1, 2, 3, 4].map(n => createNativeSigner(new Uint8Array(32).fill(n)))
const scope = { networkId: random(32), epoch: 0, memberKeys: signers.map(({ publicKey }) => publicKey) }

function outgoing() {
  const verifier = new EnvelopeVerifier(scope)
  const clock = { nowMs: () => Date.now(), after: () => () => {} }
  return createOutgoing(
    { self: replicaId(0), scope, guard: new SignGuard(), kept: [] },
    { clock, signer: signers[0] ?? NOBODY, verifier, logger: silentLogger },
  )
}

describe('envelopes', () => {
  it('of votes are refused when somebody stuffs them, because certificates carry them whole', () => {
    const stuffing = Array.from({ length: 2_000 }, () => status())
    const stuffed = envelope(scope, NOBODY, { sender: 1, messages: [{ prepare: vote(0, 1) }, ...stuffing] })
    expect(openEnvelope(scope, stuffed)).toMatchObject({
      code: 'envelope-of-votes-too-large',
      verdict: 'reject',
    })
    const harmless = envelope(scope, NOBODY, { sender: 1, messages: stuffing })
    expect(isRejection(openEnvelope(scope, harmless))).toBe(false)
  })

  it('of our own stay below that bound, however much is said at once, and lose nothing', () => {
    const drafts = Array.from({ length: 300 }, (_, i) => ({
      type: 'prepare' as const,
      view: view(2 ** 40),
      sequence: sequence(2 ** 40 + i),
      digest: digest('ab'.repeat(32)),
    }))
    const signed = outgoing().sign(drafts, [], 0)
    expect(signed?.messages.map(({ message }) => ('sequence' in message ? message.sequence : 0))).toEqual(
      drafts.map(draft => draft.sequence),
    )
    for (const bytes of signed?.envelopes ?? [])
      expect(SignedEnvelope.decode(bytes).body.length).toBeLessThanOrEqual(VOTES_BODY_BYTES_MAX)
  })

  it('that are sent again never exceed what one envelope may hold', () => {
    const proofs = Array.from({ length: 40 }, (_, i): Proof => {
      const messages = Array.from({ length: 1_500 }, () => ({
        checkpoint: {
          statement: {
            epoch: 0,
            sequence: i + 1,
            historyDigest: random(32),
            stateRoot: random(32),
            membersHash: random(32),
            logTimeMs: 1,
          },
          signature: random(64),
        },
      }))
      const bytes = envelope(scope, signers[1] ?? NOBODY, { sender: 1, messages })
      return { hash: digest(Buffer.from(hashOf(bytes)).toString('hex')), bytes, attachments: [] }
    })
    const signed = outgoing().sign([], proofs, 0)
    expect(signed?.envelopes).toHaveLength(1)
    expect(signed?.envelopes[0]?.length).toBeGreaterThan(ENVELOPE_BYTES_MAX / 2)
    expect(signed?.envelopes[0]?.length).toBeLessThanOrEqual(ENVELOPE_BYTES_MAX)
  })
})
