import { fromHex } from '../../lib/bytes.ts'
import type { ProposalContent } from '../../pbft/effect.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { ReplicaId, Verified, ViewChange } from '../../pbft/types.ts'
import { encodeProposal, plain } from '../../wire/convert.ts'
import { collectAttachments } from '../../wire/encode.ts'
import type { WireNewView } from '../../wire/pb/messages.ts'
import { isRejection } from '../../wire/rejection.ts'
import { EnvelopeVerifier } from '../../wire/verify.ts'
import type { Lair } from './behaviour.ts'
import { say } from './forgery.ts'

/** Views of which it keeps what it heard. */
const VIEWS_MAX = 8

/** V and O of a NEW-VIEW. */
export interface Plan {
  readonly viewChanges: readonly Verified<ViewChange>[]
  readonly proposals: readonly ProposalContent[]
}

/** The VIEW-CHANGEs that a faulty member heard and said, by view: V of a NEW-VIEW, true or not, is made of them. */
export class ViewChangesHeard {
  readonly #lair: Lair
  readonly #verifier: EnvelopeVerifier
  readonly #heard = new Map<number, Map<ReplicaId, Verified<ViewChange>>>()

  constructor(lair: Lair) {
    this.#lair = lair
    this.#verifier = new EnvelopeVerifier(lair.scope)
  }

  /** @returns the VIEW-CHANGEs in an envelope */
  hear(bytes: Uint8Array): readonly Verified<ViewChange>[] {
    const opened = this.#verifier.open(bytes, this.#lair.nowMs())
    if (isRejection(opened)) return []
    const found = opened.messages.filter(isViewChange)
    for (const viewChange of found) {
      const { view } = viewChange.message
      const ofView = this.#heard.get(view) ?? new Map<ReplicaId, Verified<ViewChange>>()
      if (!ofView.has(viewChange.sender)) ofView.set(viewChange.sender, viewChange)
      this.#heard.set(view, ofView)
      for (const known of this.#heard.keys()) if (this.#heard.size > VIEWS_MAX) this.#heard.delete(known)
    }
    return found
  }

  /** Of one view, sorted by sender. */
  of(view: number): readonly Verified<ViewChange>[] {
    return [...(this.#heard.get(view)?.values() ?? [])].sort((a, b) => a.sender - b.sender)
  }

  /** Views that so many want. */
  wanted(needed = quorum(this.#lair.others.length + 1)): readonly number[] {
    return [...this.#heard].filter(([, ofView]) => ofView.size >= needed).map(([view]) => view)
  }
}

function isViewChange(verified: Verified): verified is Verified<ViewChange> {
  return verified.message.type === 'view-change'
}

/** @param change what is said in place of that */
export function newViewBytes(
  lair: Lair,
  view: number,
  { viewChanges, proposals }: Plan,
  change = (newView: WireNewView): WireNewView => newView,
): Uint8Array {
  const newView = change({
    view,
    viewChanges: viewChanges.map(({ proof }) => plain(fromHex(proof.hash))),
    proposals: proposals.map(encodeProposal),
  })
  const proofs = viewChanges.map(({ proof }) => proof)
  return say(lair, [{ newView }], collectAttachments([], proofs))
}
