import { SignedEnvelope } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { say } from './forgery.ts'

/**
 * Sends old messages again, its own and others', as they were or as attachments of something new. Aims at state that goes back: what
 * is old must be known as old in every handler, and costs no more than a look.
 */
export function createStaleReplays(lair: Lair): Behaviour {
  const kept: { topic: OutgoingMessage['topic']; bytes: Uint8Array }[] = []

  function keep(topic: OutgoingMessage['topic'], bytes: Uint8Array): void {
    if (kept.length < 400) kept.push({ topic, bytes })
    else if (lair.prng.chance(0.2)) kept[lair.prng.between(0, kept.length - 1)] = { topic, bytes }
  }

  function replay(): OutgoingMessage {
    const { topic, bytes } = lair.prng.pick(kept)
    if (topic !== 'consensus' || lair.prng.chance(0.5)) {
      lair.did('old bytes')
      return { topic, bytes, to: lair.others }
    }
    const { body, signature, attachments } = SignedEnvelope.decode(bytes)
    const inner = SignedEnvelope.encode({ body, signature, attachments: [] })
    lair.did('an old envelope in a new one')
    return { topic, bytes: say(lair, [], [...attachments, inner]), to: lair.others }
  }

  return {
    publish(outgoing) {
      keep(outgoing.topic, outgoing.bytes)
      return [outgoing]
    },
    hear: keep,
    tick: () => (kept.length === 0 ? [] : [replay(), replay()]),
  }
}
