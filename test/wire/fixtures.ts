import { createIdentity } from '../../src/crypto/identity.ts'
import { present } from '../../src/lib/assert.ts'
import type { Message, Proof, Verified } from '../../src/pbft/types.ts'
import {
  collectAttachments,
  encodeEnvelopeBody,
  encodeSignedEnvelope,
  type ReadyDraft,
} from '../../src/wire/encode.ts'
import { envelopeSigningBytes } from '../../src/wire/envelope.ts'
import { isRejection, type Rejection } from '../../src/wire/rejection.ts'
import type { Scope } from '../../src/wire/scope.ts'
import { EnvelopeVerifier, type PendingEnvelope } from '../../src/wire/verify.ts'

/** A network of four members whose keys are known, and envelopes that they sign. */
export const NOW_MS = 1_700_000_000_000

export const identities = [1, 2, 3, 4].map(seed => createIdentity(new Uint8Array(32).fill(seed)))

export const scope: Scope = {
  networkId: new Uint8Array(32).fill(7),
  epoch: 0,
  memberKeys: identities.map(({ publicKey }) => publicKey),
}

export function identityOf(member: number) {
  return present(identities[member], `member ${member}`)
}

let next = 1

export interface EnvelopeFields {
  readonly number?: number
  readonly relayed?: readonly Proof[]
  /** Instead of those that the drafts need. */
  readonly attachments?: readonly Uint8Array[]
}

/** Every envelope has another number, unless one is given. */
export function envelopeOf(
  sender: number,
  drafts: readonly ReadyDraft[],
  fields: EnvelopeFields = {},
): Uint8Array {
  const number = fields.number ?? next++
  const body = encodeEnvelopeBody(scope, { sender, number, drafts })
  const signature = identityOf(sender).sign(envelopeSigningBytes(scope, body))
  return encodeSignedEnvelope(
    body,
    signature,
    fields.attachments ?? collectAttachments(drafts, fields.relayed ?? []),
  )
}

/** @throws when it is refused */
export function opened(bytes: Uint8Array, nowMs = NOW_MS): PendingEnvelope {
  const pending = new EnvelopeVerifier(scope).open(bytes, nowMs)
  if (isRejection(pending)) throw new Error(pending.code)
  return pending
}

export function refusal(bytes: Uint8Array): Rejection | null {
  const pending = new EnvelopeVerifier(scope).open(bytes, NOW_MS)
  return isRejection(pending) ? pending : null
}

type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>

/** One draft, signed and read again. */
export function said<T extends ReadyDraft['type']>(
  sender: number,
  draft: Extract<ReadyDraft, { readonly type: T }>,
  fields?: EnvelopeFields,
): Verified<MessageOf<T>> {
  const { messages } = opened(envelopeOf(sender, [draft], fields))
  return present(messages.at(-1), 'the message') as Verified<MessageOf<T>>
}
