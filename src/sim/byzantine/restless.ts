import type { Behaviour, Lair } from './behaviour.ts'
import { messagesIn, say } from './forgery.ts'

/**
 * Wants a new view again and again, just above the present one or far away, and speaks to some only. Aims at the f+1 rule: nobody
 * follows one alone, and whoever joins f+1 goes to the smallest of their views.
 */
export function createRestless(lair: Lair): Behaviour {
  const { prng } = lair
  let view = 0
  return {
    hear(topic, bytes) {
      if (topic !== 'consensus') return
      for (const { prePrepare, status } of messagesIn(bytes))
        view = Math.min(2 ** 40, Math.max(view, prePrepare?.view ?? 0, status?.view ?? 0))
    },
    tick() {
      if (prng.chance(0.7)) return []
      const wanted = view + prng.pick([1, 1, 1, 2, 1_000])
      const to = prng.shuffle(lair.others).slice(0, prng.between(1, lair.others.length))
      lair.did('wants another view')
      const bytes = say(lair, [{ viewChange: { view: wanted, stable: undefined, prepared: [] } }])
      return [{ topic: 'consensus', to, bytes }]
    },
  }
}
