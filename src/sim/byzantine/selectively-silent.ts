import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Ignores some members altogether, and now and then everybody. Aims at quorums that differ from member to member: who is left out
 * must learn of the others what was decided.
 */
export function createSelectivelySilent(lair: Lair): Behaviour {
  const ignored = new Set(lair.prng.shuffle(lair.others).slice(0, lair.prng.between(1, lair.others.length)))
  return {
    publish(outgoing) {
      lair.did('said to some')
      if (lair.prng.chance(0.2)) return []
      return [{ ...outgoing, to: outgoing.to.filter(to => !ignored.has(to)) }]
    },
  }
}
