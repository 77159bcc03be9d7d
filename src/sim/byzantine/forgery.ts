import { encodeSignedEnvelope } from '../../wire/encode.ts'
import { envelopeSigningBytes } from '../../wire/envelope.ts'
import { EnvelopeBody, SignedEnvelope, type WireMessage } from '../../wire/pb/messages.ts'
import type { Lair, OutgoingMessage } from './behaviour.ts'

/** Changes to what a faulty member was about to say, signed anew with its own key. */

/** @param change the messages that stand in place of one; the same object when nothing changes */
export function rewrite(
  lair: Lair,
  bytes: Uint8Array,
  change: (message: WireMessage) => readonly WireMessage[],
): Uint8Array {
  const { body, attachments } = SignedEnvelope.decode(bytes)
  const envelope = EnvelopeBody.decode(body)
  const messages = envelope.messages.flatMap(change)
  const isSame =
    messages.length === envelope.messages.length &&
    messages.every((message, i) => message === envelope.messages[i])
  return isSame ? bytes : signEnvelope(lair, { ...envelope, messages }, attachments)
}

export function signEnvelope(
  lair: Lair,
  envelope: EnvelopeBody,
  attachments: readonly Uint8Array[] = [],
): Uint8Array {
  const body = EnvelopeBody.encode(envelope)
  return encodeSignedEnvelope(body, lair.signer.sign(envelopeSigningBytes(lair.scope, body)), attachments)
}

/** An envelope of its own, besides what the runtime says. */
export function say(
  lair: Lair,
  messages: readonly WireMessage[],
  attachments: readonly Uint8Array[] = [],
): Uint8Array {
  const { scope, self } = lair
  const envelope = { epoch: scope.epoch, sender: self, number: lair.nextNumber(), messages: [...messages] }
  return signEnvelope(lair, envelope, attachments)
}

export function envelopeIn(bytes: Uint8Array): EnvelopeBody {
  return EnvelopeBody.decode(SignedEnvelope.decode(bytes).body)
}

export function messagesIn(bytes: Uint8Array): readonly WireMessage[] {
  return envelopeIn(bytes).messages
}

export function attachmentsIn(bytes: Uint8Array): readonly Uint8Array[] {
  return SignedEnvelope.decode(bytes).attachments
}

/** A behaviour that says something else to some. */
export function splitAudience(
  lair: Lair,
  outgoing: OutgoingMessage,
  deceived: (to: OutgoingMessage['to'][number]) => boolean,
  change: (message: WireMessage) => readonly WireMessage[],
): readonly OutgoingMessage[] {
  if (outgoing.topic !== 'consensus') return [outgoing]
  const changed = rewrite(lair, outgoing.bytes, change)
  if (changed === outgoing.bytes) return [outgoing]
  return [
    { ...outgoing, to: outgoing.to.filter(to => !deceived(to)) },
    { ...outgoing, to: outgoing.to.filter(deceived), bytes: changed },
  ]
}

/** A behaviour that says something else to everybody. */
export function changeAll(
  lair: Lair,
  outgoing: OutgoingMessage,
  change: (message: WireMessage) => readonly WireMessage[],
): readonly OutgoingMessage[] {
  if (outgoing.topic !== 'consensus') return [outgoing]
  return [{ ...outgoing, bytes: rewrite(lair, outgoing.bytes, change) }]
}
