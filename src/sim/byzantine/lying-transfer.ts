import { plain } from '../../wire/convert.ts'
import { EntriesAnswer } from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Answers requests for history with what is not asked for, cut short, damaged, or made up. Aims at state transfer: nothing of an
 * answer is taken before it is checked against a quorum's signatures.
 */
export function createLyingTransfer(lair: Lair): Behaviour {
  const { prng } = lair

  function damaged(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice()
    if (copy.length > 0) copy[prng.between(0, copy.length - 1)] = prng.between(0, 255)
    return copy
  }

  function wrongEntries(bytes: Uint8Array): Uint8Array {
    const answer = decodeOr('answer-malformed', () => EntriesAnswer.decode(bytes))
    if (isRejection(answer)) return damaged(bytes)
    switch (prng.between(0, 4)) {
      case 0:
        return EntriesAnswer.encode({ ...answer, batches: [] })
      case 1:
        return EntriesAnswer.encode({ ...answer, entries: answer.entries.slice(1) })
      case 2:
        return EntriesAnswer.encode({ entries: [], batches: [], snapshot: undefined })
      case 3:
        return EntriesAnswer.encode({
          ...answer,
          entries: answer.entries.map(entry => ({ ...entry, commits: entry.commits.slice(1) })),
        })
      default:
        return EntriesAnswer.encode({ ...answer, batches: answer.batches.map(body => plain(damaged(body))) })
    }
  }

  return {
    answer(protocol, _request, answer) {
      lair.did('another answer')
      if (answer === null) return prng.chance(0.5) ? null : new Uint8Array(prng.between(0, 200)).fill(8)
      return protocol === 'entries' && prng.chance(0.5) ? wrongEntries(answer) : damaged(answer)
    },
  }
}
