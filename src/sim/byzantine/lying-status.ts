import type { Behaviour, Lair } from './behaviour.ts'
import { changeAll } from './forgery.ts'

/**
 * Claims to be anywhere: far ahead, at the beginning, in a view that nobody entered, without memory. Aims at what follows from
 * claims: what is sent again, what is fetched, and what a member without memory waits for.
 */
export function createLyingStatus(lair: Lair): Behaviour {
  const { prng } = lair
  const lie = (truth: number): number => prng.pick([0, truth, truth + 1, truth + 100, 2 ** 40, 2 ** 53 - 1])
  return {
    publish: outgoing =>
      changeAll(lair, outgoing, message => {
        const { status } = message
        if (status === undefined) return [message]
        lair.did('another status')
        const lied = {
          view: lie(status.view),
          viewActive: prng.chance(0.5),
          stableSequence: lie(status.stableSequence),
          executedSequence: lie(status.executedSequence),
          votedSequence: lie(status.votedSequence),
          recovering: prng.chance(0.2),
          question: status.question,
          answers: status.answers,
          stable: status.stable,
          departures: lair.others.map(replica => ({ replica, view: lie(status.view) })),
        }
        return [{ status: lied }]
      }),
  }
}
