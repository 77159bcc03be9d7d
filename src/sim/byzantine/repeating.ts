import type { WireMessage } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { changeAll, messagesIn } from './forgery.ts'

/**
 * As primary, orders batches again that were ordered before, sometimes instead of what waits. Aims at at-most-once: a transaction is
 * executed at one place, however often it is ordered, and bodies that were let go are found again.
 */
export function createRepeating(lair: Lair): Behaviour {
  const { prng } = lair
  const ordered: Uint8Array<ArrayBuffer>[] = []

  function note(messages: readonly WireMessage[]): void {
    for (const { prePrepare } of messages) ordered.push(...(prePrepare?.proposal?.batchDigests ?? []))
    ordered.splice(0, ordered.length - 200)
  }

  function repeated(message: WireMessage): WireMessage {
    const { prePrepare } = message
    if (prePrepare?.proposal === undefined || ordered.length === 0 || prng.chance(0.5)) return message
    const old = prng.pick(ordered)
    lair.did('ordered again')
    const batchDigests = prng.chance(0.5) ? [old] : [old, ...prePrepare.proposal.batchDigests]
    return { prePrepare: { ...prePrepare, proposal: { ...prePrepare.proposal, batchDigests } } }
  }

  return {
    publish(outgoing) {
      const changed = changeAll(lair, outgoing, message => [repeated(message)])
      for (const { topic, bytes } of changed) if (topic === 'consensus') note(messagesIn(bytes))
      return changed
    },
    hear(topic, bytes) {
      if (topic === 'consensus') note(messagesIn(bytes))
    },
  }
}
