import { BatchBody, EnvelopeBody, SignedBatch, SignedEnvelope } from '../../wire/pb/messages.ts'
import type { Scope } from '../../wire/scope.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { signEnvelope } from './forgery.ts'

const KEPT_MAX = 100

/**
 * Brings what was said elsewhere: its own and others' envelopes as of another epoch, properly signed for it or with the old
 * signature, and envelopes that it signed for another network. Aims at what every signature covers besides the words: network and
 * epoch.
 */
export function createForeignReplays(lair: Lair): Behaviour {
  const { prng, scope, others } = lair
  const kept: { readonly own: boolean; readonly bytes: Uint8Array }[] = []
  const elsewhere: Scope = { ...scope, networkId: new Uint8Array(32).fill(0xee) }

  function keep(own: boolean, bytes: Uint8Array): void {
    kept.push({ own, bytes })
    kept.splice(0, kept.length - KEPT_MAX)
  }

  function bring(): Uint8Array {
    const { own, bytes } = prng.pick(kept)
    const { body, signature, attachments } = SignedEnvelope.decode(bytes)
    const envelope = EnvelopeBody.decode(body)
    const epoch = scope.epoch + prng.pick([1, 1, 2, 1_000])
    if (!own) {
      lair.did('another epoch, the signature of this one')
      return SignedEnvelope.encode({
        body: EnvelopeBody.encode({ ...envelope, epoch }),
        signature,
        attachments,
      })
    }
    const number = lair.nextNumber()
    if (prng.chance(0.5)) {
      lair.did('another epoch')
      return signEnvelope(lair, { ...envelope, number, epoch }, attachments)
    }
    lair.did('another network')
    return signEnvelope({ ...lair, scope: elsewhere }, { ...envelope, number }, attachments)
  }

  /** A batch that says that it is of another epoch. */
  function batchElsewhere(outgoing: OutgoingMessage): OutgoingMessage {
    const { body, signature, attempt } = SignedBatch.decode(outgoing.bytes)
    const other = BatchBody.encode({ ...BatchBody.decode(body), epoch: scope.epoch + 1 })
    lair.did('a batch of another epoch')
    return { ...outgoing, bytes: SignedBatch.encode({ body: other, signature, attempt }) }
  }

  return {
    publish(outgoing) {
      if (outgoing.topic === 'batch') return [outgoing, batchElsewhere(outgoing)]
      if (outgoing.topic === 'consensus') keep(true, outgoing.bytes)
      return [outgoing]
    },
    hear(topic, bytes) {
      if (topic === 'consensus') keep(false, bytes)
    },
    tick: () => (kept.length === 0 ? [] : [{ topic: 'consensus', to: others, bytes: bring() }]),
  }
}
