import type { WireMessage, WirePrePrepare } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, say } from './forgery.ts'

/** For so long a proposal is followed by others for its sequence. */
const FOLLOWED_MS = 2_000
/** One envelope is to stay small. */
const PROPOSALS_PER_ENVELOPE = 8

/**
 * As primary, proposes to all, and then again and again something else for the same sequences to the same members; what it votes for stays
 * the first. Aims at whoever forgot in a crash what it had accepted and prepares the second one, and at accountability: the two
 * proposals are all that convicts it.
 */
export function createSecondProposals(lair: Lair): Behaviour {
  const said: { readonly prePrepare: WirePrePrepare; readonly atMs: number }[] = []

  function otherThan({ view, proposal }: WirePrePrepare): readonly WireMessage[] {
    if (proposal === undefined) return []
    lair.did('another proposal')
    return [{ prePrepare: { view, proposal: { ...proposal, logTimeMs: proposal.logTimeMs + 1 } } }]
  }

  /** Of the view in which it proposes now, oldest first. */
  function followed(): readonly WirePrePrepare[] {
    const view = said.at(-1)?.prePrepare.view
    const sinceMs = lair.nowMs() - FOLLOWED_MS
    const fresh = said.filter(({ prePrepare, atMs }) => prePrepare.view === view && atMs >= sinceMs)
    said.splice(0, said.length, ...fresh)
    return fresh.map(({ prePrepare }) => prePrepare)
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      for (const { prePrepare } of messagesIn(outgoing.bytes))
        if (prePrepare !== undefined) said.push({ prePrepare, atMs: lair.nowMs() })
      return [outgoing]
    },
    tick() {
      const others = followed().flatMap(otherThan)
      const envelopes: OutgoingMessage[] = []
      for (let i = 0; i < others.length; i += PROPOSALS_PER_ENVELOPE) {
        const bytes = say(lair, others.slice(i, i + PROPOSALS_PER_ENVELOPE))
        envelopes.push({ topic: 'consensus', to: lair.others, bytes })
      }
      return envelopes
    },
  }
}
