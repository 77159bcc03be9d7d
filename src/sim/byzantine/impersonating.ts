import { decodeStatement, encodeStatement } from '../../wire/convert.ts'
import { EnvelopeBody, SignedEnvelope, type WireCheckpoint } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { say, signEnvelope } from './forgery.ts'

const KEPT_MAX = 100

/**
 * Speaks in others' names: their envelopes with other words and the old signature, its own words under their id with its own
 * signature, alone and as attachments, and their signature under a checkpoint of its own. Aims at the checks of signatures, of every
 * one that an envelope brings along, and at numbers: a forged one must not stand in the way of the true one.
 */
export function createImpersonating(lair: Lair): Behaviour {
  const { prng, others } = lair
  const kept: Uint8Array[] = []
  const checkpoints: WireCheckpoint[] = []

  /** What somebody else said, in his name and with other words. */
  function forged(): Uint8Array {
    const { body, signature, attachments } = SignedEnvelope.decode(prng.pick(kept))
    const envelope = EnvelopeBody.decode(body)
    const turn = prng.pick([1, 2])
    const messages = envelope.messages.map(({ prepare, commit, ...rest }) => {
      if (prepare !== undefined) return { commit: prepare }
      return commit === undefined ? rest : { commit: { ...commit, digest: new Uint8Array(32).fill(turn) } }
    })
    // With the number that his next envelope will have, and with one that he used.
    const number = envelope.number + prng.between(0, 3)
    if (prng.chance(0.5)) {
      lair.did('other words, his signature')
      return SignedEnvelope.encode({
        body: EnvelopeBody.encode({ ...envelope, number, messages }),
        signature,
        attachments,
      })
    }
    lair.did('other words, our signature')
    return signEnvelope(lair, { ...envelope, number, messages }, attachments)
  }

  function attached(): Uint8Array {
    lair.did('a forged attachment')
    const { body, signature } = SignedEnvelope.decode(forged())
    return say(lair, [], [SignedEnvelope.encode({ body, signature, attachments: [] })])
  }

  /** In an envelope of our own: what somebody else signed, over something else. */
  function checkpoint(): Uint8Array {
    const { statement, signature } = prng.pick(checkpoints)
    const truth = decodeStatement(statement)
    lair.did('a checkpoint with the signature of another')
    const changed = truth === null ? statement : encodeStatement({ ...truth, logTimeMs: truth.logTimeMs + 1 })
    return say(lair, [{ checkpoint: { statement: prng.pick([statement, changed]), signature } }])
  }

  return {
    hear(topic, bytes) {
      if (topic !== 'consensus') return
      kept.push(bytes)
      kept.splice(0, kept.length - KEPT_MAX)
      for (const message of EnvelopeBody.decode(SignedEnvelope.decode(bytes).body).messages)
        if (message.checkpoint !== undefined) checkpoints.push(message.checkpoint)
      checkpoints.splice(0, checkpoints.length - KEPT_MAX)
    },
    tick() {
      if (kept.length === 0) return []
      const forgeries = [forged, attached, ...(checkpoints.length > 0 ? [checkpoint] : [])]
      return [{ topic: 'consensus', to: others, bytes: prng.pick(forgeries)() }]
    },
  }
}
