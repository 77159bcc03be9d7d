import { sha256 } from '../crypto/hash.ts'
import { concatBytes, toHex, utf8 } from '../lib/bytes.ts'
import { type Digest, digest, type ReplicaId, replicaId } from '../pbft/types.ts'
import { decodeCount } from './convert.ts'
import {
  ATTACHMENTS_MAX,
  ENVELOPE_BYTES_MAX,
  ENVELOPE_MESSAGES_MAX,
  VIEW_CHANGE_SLOTS_MAX,
  VOTES_BODY_BYTES_MAX,
} from './limits.ts'
import { EnvelopeBody, SignedEnvelope, type WireMessage } from './pb/messages.ts'
import { decodeOr, isRejection, type Rejection, reject } from './rejection.ts'
import { keyOf, type Scope } from './scope.ts'

/**
 * The signed envelope: everything that one member says at one moment, under one signature. Its name is the SHA-256 of the
 * body, and messages that refer to other signed messages do so by that name; what they refer to travels as attachments.
 */
const TAG = utf8('QUORATE/envelope/v1')

export interface Envelope {
  readonly hash: Digest
  readonly sender: ReplicaId
  readonly senderKey: Uint8Array
  readonly number: number
  readonly messages: readonly WireMessage[]
  /** Body and signature, without attachments: what is stored and attached. */
  readonly bytes: Uint8Array
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
}

export interface OpenedEnvelope {
  readonly main: Envelope
  readonly attachments: readonly Envelope[]
}

/** An envelope whose attachments are as they came. */
export interface BegunEnvelope {
  readonly main: Envelope
  readonly attached: readonly Uint8Array[]
}

/** What a sender's signature covers. */
export function envelopeSigningBytes(scope: Scope, body: Uint8Array): Uint8Array {
  return concatBytes(TAG, scope.networkId, body)
}

/** Parses an envelope and its attachments; no signature is checked. */
export function openEnvelope(scope: Scope, bytes: Uint8Array): OpenedEnvelope | Rejection {
  const begun = beginEnvelope(scope, bytes)
  if (isRejection(begun)) return begun
  const attachments = openAttachments(scope, begun.attached)
  return isRejection(attachments) ? attachments : { main: begun.main, attachments }
}

/** Parses an envelope, but not its attachments; no signature is checked. */
export function beginEnvelope(scope: Scope, bytes: Uint8Array): BegunEnvelope | Rejection {
  if (bytes.length > ENVELOPE_BYTES_MAX) return reject('envelope-too-large')
  const signed = decodeOr('envelope-malformed', () =>
    SignedEnvelope.decode(bytes, { limits: { attachments: ATTACHMENTS_MAX } }),
  )
  if (isRejection(signed)) return signed
  const main = openOne(scope, signed)
  return isRejection(main) ? main : { main, attached: signed.attachments }
}

/** Attachments of one envelope, each once. */
export function openAttachments(
  scope: Scope,
  attached: readonly Uint8Array[],
): readonly Envelope[] | Rejection {
  const opened = new Map<string, Envelope>()
  for (const bytes of attached) {
    const attachment = openAttachment(scope, bytes)
    if (isRejection(attachment)) return attachment
    opened.set(attachment.hash, attachment)
  }
  return [...opened.values()]
}

/** An envelope that is itself an attachment, or stands alone in storage: it has no attachments. */
export function openAttachment(scope: Scope, bytes: Uint8Array): Envelope | Rejection {
  const signed = decodeOr('envelope-malformed', () =>
    SignedEnvelope.decode(bytes, { limits: { attachments: 0 } }),
  )
  return isRejection(signed) ? signed : openOne(scope, signed)
}

function openOne(scope: Scope, signed: SignedEnvelope): Envelope | Rejection {
  if (signed.signature.length !== 64) return reject('envelope-signature-malformed')
  const body = decodeOr('envelope-malformed', () =>
    EnvelopeBody.decode(signed.body, { limits: { messages: ENVELOPE_MESSAGES_MAX } }),
  )
  if (isRejection(body)) return body
  if (body.epoch !== scope.epoch) return reject('envelope-of-another-epoch')
  const sender = replicaId(body.sender)
  const senderKey = keyOf(scope, sender)
  if (senderKey === undefined) return reject('envelope-sender-unknown')
  if (decodeCount(body.number) === null) return reject('envelope-malformed')
  if (signed.body.length > VOTES_BODY_BYTES_MAX && body.messages.some(isVote))
    return reject('envelope-of-votes-too-large')
  if (body.messages.some(isOfViewChange) && body.messages.length > 1)
    return reject('envelope-of-view-change-not-alone')
  if (body.messages.some(hasTooManySlots)) return reject('view-change-too-large')
  return {
    hash: digest(toHex(sha256(signed.body))),
    sender,
    senderKey,
    number: body.number,
    messages: body.messages,
    bytes: SignedEnvelope.encode({ body: signed.body, signature: signed.signature, attachments: [] }),
    signedBytes: envelopeSigningBytes(scope, signed.body),
    signature: signed.signature,
  }
}

function isVote({ prePrepare, prepare, commit }: WireMessage): boolean {
  return prePrepare !== undefined || prepare !== undefined || commit !== undefined
}

/** Travels alone, so that what names it finds it at once. */
function isOfViewChange({ viewChange, newView }: WireMessage): boolean {
  return viewChange !== undefined || newView !== undefined
}

function hasTooManySlots({ viewChange, newView }: WireMessage): boolean {
  const slots = Math.max(viewChange?.prepared.length ?? 0, newView?.proposals.length ?? 0)
  return slots > VIEW_CHANGE_SLOTS_MAX
}
