import { EntriesAnswer } from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Vouches for fetched sequences and for snapshots with one good signature that stands there as often as a quorum would sign. Aims at
 * whoever counts signatures and not members.
 */
export function createRepeatedSignatures({ did }: Lair): Behaviour {
  const repeated = <T>(signed: readonly T[]): T[] => signed.flatMap(() => signed.slice(0, 1))

  return {
    answer(protocol, _request, answer) {
      if (protocol !== 'entries' || answer === null) return answer
      const decoded = decodeOr('answer-malformed', () => EntriesAnswer.decode(answer))
      if (isRejection(decoded)) return answer
      const { batches, snapshot } = decoded
      if (snapshot !== undefined) {
        did('one signature many times')
        const signatures = repeated(snapshot.signatures)
        return EntriesAnswer.encode({ ...decoded, snapshot: { ...snapshot, signatures } })
      }
      if (decoded.entries.length === 0) return answer
      did('one COMMIT many times')
      const entries = decoded.entries.map(entry => ({ ...entry, commits: repeated(entry.commits) }))
      return EntriesAnswer.encode({ entries, batches, snapshot })
    },
  }
}
