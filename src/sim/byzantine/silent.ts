import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Says nothing and answers nothing, but seems connected. Aims at whatever waits for one member: a primary, an answer, a vote of all.
 */
export function createSilent(lair: Lair): Behaviour {
  return {
    publish() {
      lair.did('nothing said')
      return []
    },
    answer() {
      lair.did('nothing answered')
      return null
    },
  }
}
