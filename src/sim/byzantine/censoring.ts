import { toHex } from '../../lib/bytes.ts'
import { BatchBody, SignedBatch } from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Will not have it that certain clients or authors are served: it takes no batch of theirs from gossip, so as primary it never orders
 * one while all others go on, and answers no question for their bodies. Aims at the progress timer, which waits for the oldest batch
 * and not for anything at all.
 */
export function createCensoring(lair: Lair): Behaviour {
  const { prng } = lair
  const author = prng.pick(lair.others)
  const clients = new Set<string>()
  const known = new Set<string>()
  const isByAuthor = prng.chance(0.5)

  /** Every second client that appears is a victim. */
  function isVictim(client: string): boolean {
    if (!known.has(client)) {
      known.add(client)
      if (known.size % 2 === 1) clients.add(client)
    }
    return clients.has(client)
  }

  function isCensored(bytes: Uint8Array): boolean {
    const body = decodeOr('malformed', () => BatchBody.decode(SignedBatch.decode(bytes).body))
    if (isRejection(body)) return false
    if (isByAuthor) return body.author === author
    return body.transactions.some(({ client }) => isVictim(toHex(client)))
  }

  return {
    publish(outgoing) {
      if (outgoing.topic === 'batch' && isCensored(outgoing.bytes)) {
        lair.did('a body not handed on')
        return []
      }
      return [outgoing]
    },
    hides(topic, bytes) {
      if (topic !== 'batch' || !isCensored(bytes)) return false
      lair.did('a batch not taken')
      return true
    },
    answer(protocol, _request, answer) {
      return protocol === 'batch' && prng.chance(0.5) ? null : answer
    },
  }
}
