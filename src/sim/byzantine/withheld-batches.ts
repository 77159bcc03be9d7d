import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Orders bodies that few or none have seen, and hands none out. Aims at the rule that a backup prepares only what it holds, so that a
 * quorum has the bodies of whatever is committed.
 */
export function createWithheldBatches(lair: Lair): Behaviour {
  return {
    publish(outgoing) {
      if (outgoing.topic !== 'batch') return [outgoing]
      lair.did('a body withheld')
      return lair.prng.chance(0.5) ? [] : [{ ...outgoing, to: [lair.prng.pick(lair.others)] }]
    },
    answer(protocol, _request, answer) {
      if (protocol !== 'batch') return answer
      lair.did('a body refused')
      return null
    },
  }
}
