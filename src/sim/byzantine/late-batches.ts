import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'

interface Held {
  readonly dueMs: number
  readonly outgoing: OutgoingMessage
}

/**
 * Shows a body to some when it is new and to the others seconds later, when it may be ordered, executed or given up, and leaves
 * requests for bodies without any answer. Aims at proposals that wait for bodies: a backup prepares nothing that it does not hold,
 * asks several, and never waits for one.
 */
export function createLateBatches(lair: Lair): Behaviour {
  const { prng } = lair
  const held: Held[] = []
  return {
    publish(outgoing) {
      if (outgoing.topic !== 'batch') return [outgoing]
      const early = new Set(prng.shuffle(outgoing.to).slice(0, prng.between(0, outgoing.to.length - 1)))
      const late = outgoing.to.filter(to => !early.has(to))
      lair.did('a body held back')
      held.push({ dueMs: lair.nowMs() + prng.between(100, 8_000), outgoing: { ...outgoing, to: late } })
      return [{ ...outgoing, to: [...early] }]
    },
    answer(protocol, _request, answer) {
      if (protocol !== 'batch' || prng.chance(0.3)) return answer
      lair.did('no answer')
      return undefined
    },
    tick() {
      const nowMs = lair.nowMs()
      const due = held.filter(({ dueMs }) => dueMs <= nowMs)
      held.splice(0, held.length, ...held.filter(({ dueMs }) => dueMs > nowMs))
      return due.map(({ outgoing }) => outgoing)
    },
  }
}
