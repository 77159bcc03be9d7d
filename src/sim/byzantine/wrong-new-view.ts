import type { WireNewView } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { splitAudience } from './forgery.ts'

/** As primary of a new view, proposes something else than the VIEW-CHANGEs oblige it to, to some or to all. */
export function createWrongNewView(lair: Lair): Behaviour {
  const { prng } = lair

  function wrong(newView: WireNewView): WireNewView {
    const { proposals, viewChanges } = newView
    const last = proposals.at(-1)
    switch (prng.between(0, 4)) {
      case 0:
        return { ...newView, proposals: proposals.slice(0, -1) }
      case 1:
        return { ...newView, proposals: proposals.map(one => ({ ...one, batchDigests: [], logTimeMs: 0 })) }
      case 2:
        return {
          ...newView,
          proposals: last === undefined ? [] : [...proposals, { ...last, sequence: last.sequence + 1 }],
        }
      case 3:
        return { ...newView, viewChanges: viewChanges.slice(1) }
      default:
        return { ...newView, proposals: proposals.map(one => ({ ...one, certify: !one.certify })) }
    }
  }

  return {
    publish(outgoing) {
      const all = prng.chance(0.5)
      const some = new Set(prng.shuffle(lair.others).slice(0, 1))
      return splitAudience(
        lair,
        outgoing,
        to => all || some.has(to),
        message => (message.newView === undefined ? [message] : [{ newView: wrong(message.newView) }]),
      )
    },
  }
}
