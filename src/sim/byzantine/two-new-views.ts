import { computeNewView } from '../../pbft/new-view.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { Verified, ViewChange } from '../../pbft/types.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, say } from './forgery.ts'
import { newViewBytes, ViewChangesHeard } from './view-changes-heard.ts'

/**
 * As primary of a new view, sends two NEW-VIEWs that are both good, from two choices of V: in one its own VIEW-CHANGE says what it
 * knows, in the other it denies everything. Aims at the step after the comparison of O: members of one view that start from different
 * O must not both commit, and nobody may be stuck.
 */
export function createTwoNewViews(lair: Lair): Behaviour {
  const { prng, self, others } = lair
  const q = quorum(others.length + 1)
  const heard = new ViewChangesHeard(lair)

  function two(view: number, all: readonly Verified<ViewChange>[]): readonly OutgoingMessage[] {
    const denial = say(lair, [{ viewChange: { view, stable: undefined, prepared: [] } }])
    const denied = new ViewChangesHeard(lair).hear(denial)
    const foreign = all.filter(({ sender }) => sender !== self)
    const first = prng.shuffle(all).slice(0, q)
    const second = [...denied, ...prng.shuffle(foreign)].slice(0, q)
    const plans = [first, second].map(viewChanges => ({
      viewChanges,
      proposals: computeNewView(viewChanges).proposals,
    }))
    lair.did(plans[0]?.proposals.length === plans[1]?.proposals.length ? 'two of one length' : 'two')
    const cut = prng.between(0, others.length)
    const shuffled = prng.shuffle(others)
    return plans.map((plan, i) => ({
      topic: 'consensus',
      to: i === 0 ? shuffled.slice(0, cut) : shuffled.slice(cut),
      bytes: newViewBytes(lair, view, plan),
    }))
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      heard.hear(outgoing.bytes)
      const view = messagesIn(outgoing.bytes)[0]?.newView?.view
      const all = view === undefined ? [] : heard.of(view)
      return view === undefined || all.length < q ? [outgoing] : two(view, all)
    },
    hear(topic, bytes) {
      if (topic === 'consensus') heard.hear(bytes)
    },
  }
}
