import { toHex } from '../../lib/bytes.ts'
import { decodeProposal } from '../../wire/convert.ts'
import type { WireMessage, WireVote } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { changeAll, messagesIn, say, splitAudience } from './forgery.ts'
import { Substitutes } from './substitutes.ts'

/** Votes that it answers to at most in one go. */
const VOTES_MAX = 24

/**
 * Votes for anything that anybody names, for two digests in front of all, for another digest in front of some, and commits before
 * anything is prepared; as primary it sends PREPAREs, which must not count. Aims at the counting of votes: one of each member in a
 * slot, for one digest, from q members, the primary's PREPARE being its proposal.
 */
export function createConflictingVotes(lair: Lair): Behaviour {
  const { prng, others } = lair
  const substitutes = new Substitutes(lair.scope)
  const named = new Map<string, WireVote>()
  const dazzled = new Set(prng.shuffle(others).slice(0, prng.between(1, others.length)))

  function note({ prePrepare, prepare, commit }: WireMessage): void {
    const digest = substitutes.digestOf(prePrepare)
    const sequence = prePrepare?.proposal?.sequence ?? 0
    if (prePrepare !== undefined && digest !== null) remember({ view: prePrepare.view, sequence, digest })
    for (const vote of [prepare, commit]) if (vote !== undefined) remember(vote)
  }

  function remember(vote: WireVote): void {
    if (named.size < VOTES_MAX) named.set(`${vote.view}/${vote.sequence}/${toHex(vote.digest)}`, vote)
  }

  const otherThan = (vote: WireVote): WireVote => {
    const known = [...named.values()].filter(({ digest }) => toHex(digest) !== toHex(vote.digest))
    const digest = known.length > 0 ? prng.pick(known).digest : new Uint8Array(32).fill(prng.between(0, 255))
    return { ...vote, digest }
  }

  function doubled(message: WireMessage): readonly WireMessage[] {
    const { prePrepare, prepare, commit } = message
    if (prepare !== undefined) {
      lair.did('two PREPAREs and a COMMIT')
      return prng.shuffle([message, { prepare: otherThan(prepare) }, { commit: prepare }])
    }
    if (commit !== undefined) {
      lair.did('two COMMITs')
      return prng.shuffle([message, { commit: otherThan(commit) }])
    }
    const proposal = decodeProposal(lair.scope, prePrepare?.proposal)
    const digest = substitutes.digestOf(prePrepare)
    if (prePrepare === undefined || proposal === null || digest === null) return [message]
    lair.did('a PREPARE of the primary')
    const vote = { view: prePrepare.view, sequence: proposal.sequence, digest }
    return [message, { prepare: vote }, { commit: vote }]
  }

  function other(message: WireMessage): readonly WireMessage[] {
    if (message.prepare === undefined && message.commit === undefined) return [message]
    lair.did('another vote')
    const { prepare, commit } = message
    return [
      prepare === undefined ? { commit: otherThan(commit as WireVote) } : { prepare: otherThan(prepare) },
    ]
  }

  return {
    publish(outgoing) {
      if (prng.chance(0.5)) return changeAll(lair, outgoing, doubled)
      return splitAudience(lair, outgoing, to => dazzled.has(to), other)
    },
    hear(topic, bytes) {
      if (topic === 'consensus') for (const message of messagesIn(bytes)) note(message)
    },
    tick() {
      const votes = [...named.values()]
      named.clear()
      if (votes.length === 0 || prng.chance(0.5)) return []
      lair.did('votes for all that is named')
      const messages = votes.flatMap(vote => [{ prepare: vote }, { commit: vote }])
      return [{ topic: 'consensus', to: others, bytes: say(lair, messages) }]
    },
  }
}
