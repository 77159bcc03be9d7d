import { fromHex } from '../../lib/bytes.ts'
import { computeNewView } from '../../pbft/new-view.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { ReplicaId, Verified, ViewChange } from '../../pbft/types.ts'
import { encodeProposal, plain } from '../../wire/convert.ts'
import { collectAttachments } from '../../wire/encode.ts'
import type { WireNewView } from '../../wire/pb/messages.ts'
import { isRejection } from '../../wire/rejection.ts'
import { EnvelopeVerifier } from '../../wire/verify.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { say, splitAudience } from './forgery.ts'

/** Views of which it keeps what it heard. */
const VIEWS_MAX = 8

/**
 * As primary of a new view, proposes something else than the VIEW-CHANGEs oblige it to, to some or to all: in what its runtime says,
 * and by itself as soon as the others want that view, its own VIEW-CHANGE denying everything.
 */
export function createWrongNewView(lair: Lair): Behaviour {
  const { prng, self, others } = lair
  const n = others.length + 1
  const heard = new Map<number, Map<ReplicaId, Verified<ViewChange>>>()
  const verifier = new EnvelopeVerifier(lair.scope)

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

  function keep(bytes: Uint8Array): void {
    const opened = verifier.open(bytes, lair.nowMs())
    if (isRejection(opened)) return
    for (const verified of opened.messages) {
      if (verified.message.type !== 'view-change' || verified.message.view % n !== self) continue
      const { view } = verified.message
      const ofView = heard.get(view) ?? new Map<ReplicaId, Verified<ViewChange>>()
      heard.set(view, ofView.set(verified.sender, verified as Verified<ViewChange>))
      for (const known of heard.keys()) if (heard.size > VIEWS_MAX) heard.delete(known)
    }
  }

  function denial(view: number): Uint8Array {
    return say(lair, [{ viewChange: { view, stable: undefined, prepared: [] } }])
  }

  function newViewOf(view: number, viewChanges: readonly Verified<ViewChange>[]): Uint8Array {
    const proposals = computeNewView(viewChanges).proposals.map(encodeProposal)
    const hashes = viewChanges.map(({ proof }) => plain(fromHex(proof.hash)))
    const newView = wrong({ view, viewChanges: hashes, proposals })
    const attachments = collectAttachments(
      [],
      viewChanges.map(({ proof }) => proof),
    )
    return say(lair, [{ newView }], attachments)
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
      if (topic === 'consensus') keep(bytes)
    },
    tick() {
      const said: OutgoingMessage[] = []
      for (const [view, ofView] of heard) {
        if (ofView.size < quorum(n) - 1) continue
        if (!ofView.has(self)) keep(denial(view))
        const viewChanges = prng.shuffle([...ofView.values()]).slice(0, quorum(n))
        if (viewChanges.length < quorum(n)) continue
        heard.delete(view)
        const to = prng.chance(0.7) ? others : prng.shuffle(others).slice(0, 1)
        said.push({ topic: 'consensus', to, bytes: newViewOf(view, viewChanges) })
      }
      return said
    },
  }
}
