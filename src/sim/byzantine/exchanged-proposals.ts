import { decodeProposal, encodeProposal } from '../../wire/convert.ts'
import { EntriesAnswer, type WireEntry } from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Hands whoever catches up the COMMITs that a quorum signed, with another proposal than they are for: of another time, or without
 * batches. Aims at what ties a fetched sequence to its certificate: every signature in it is good.
 */
export function createExchangedProposals({ prng, scope, did }: Lair): Behaviour {
  function exchanged(entry: WireEntry): WireEntry {
    const proposal = decodeProposal(scope, entry.proposal)
    if (proposal === null || prng.chance(0.3)) return entry
    const other = prng.chance(0.5)
      ? { ...proposal, logTimeMs: proposal.logTimeMs + 1 }
      : { ...proposal, batchDigests: [] }
    return { ...entry, proposal: encodeProposal(other) }
  }

  return {
    answer(protocol, _request, answer) {
      if (protocol !== 'entries' || answer === null) return answer
      const decoded = decodeOr('answer-malformed', () => EntriesAnswer.decode(answer))
      if (isRejection(decoded) || decoded.entries.length === 0) return answer
      did('other proposals with true COMMITs')
      return EntriesAnswer.encode({ ...decoded, entries: decoded.entries.map(exchanged) })
    },
  }
}
