import { computeNewView } from '../../pbft/new-view.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { Verified, ViewChange } from '../../pbft/types.ts'
import type { WireNewView } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { say, splitAudience } from './forgery.ts'
import { newViewBytes, ViewChangesHeard } from './view-changes-heard.ts'

/**
 * As primary of a new view, proposes something else than the VIEW-CHANGEs oblige it to, to some or to all: in what its runtime says,
 * and by itself as soon as the others want that view, its own VIEW-CHANGE denying everything. Aims at the comparison of O with V.
 */
export function createWrongNewView(lair: Lair): Behaviour {
  const { prng, self, others } = lair
  const n = others.length + 1
  const heard = new ViewChangesHeard(lair)
  const said = new Set<number>()

  function wrong(newView: WireNewView): WireNewView {
    const { proposals, viewChanges } = newView
    const last = proposals.at(-1)
    lair.did('other proposals or proofs')
    switch (prng.between(0, 5)) {
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
      case 4:
        return { ...newView, proposals: [] }
      default:
        return { ...newView, proposals: proposals.map(one => ({ ...one, certify: !one.certify })) }
    }
  }

  function denial(view: number): Uint8Array {
    return say(lair, [{ viewChange: { view, stable: undefined, prepared: [] } }])
  }

  function newViewOf(view: number, viewChanges: readonly Verified<ViewChange>[]): Uint8Array {
    const { proposals } = computeNewView(viewChanges)
    return newViewBytes(lair, view, { viewChanges, proposals }, wrong)
  }

  return {
    publish(outgoing) {
      const all = prng.chance(0.5)
      const some = new Set(prng.shuffle(others).slice(0, 1))
      return splitAudience(
        lair,
        outgoing,
        to => all || some.has(to),
        message => (message.newView === undefined ? [message] : [{ newView: wrong(message.newView) }]),
      )
    },
    hear(topic, bytes) {
      if (topic === 'consensus') heard.hear(bytes)
    },
    tick() {
      const outgoing: OutgoingMessage[] = []
      for (const view of heard.wanted(quorum(n) - 1)) {
        if (view % n !== self || said.has(view)) continue
        if (heard.of(view).every(({ sender }) => sender !== self)) heard.hear(denial(view))
        const viewChanges = prng.shuffle(heard.of(view)).slice(0, quorum(n))
        if (viewChanges.length < quorum(n)) continue
        said.add(view)
        const to = prng.chance(0.7) ? others : prng.shuffle(others).slice(0, 1)
        outgoing.push({ topic: 'consensus', to, bytes: newViewOf(view, viewChanges) })
      }
      return outgoing
    },
  }
}
