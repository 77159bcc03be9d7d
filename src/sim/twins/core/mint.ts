import type { Draft, ProposalContent } from '../../../pbft/effect.ts'
import {
  digest,
  type Message,
  type Proof,
  type Proposal,
  type ReplicaId,
  type Verified,
} from '../../../pbft/types.ts'

/** What a machine signed, with the signed messages that travel with it because it refers to them: those first. */
export interface Said {
  readonly message: Verified
  readonly attached: readonly Verified[]
}

const NO_BYTES = new Uint8Array(0)

/**
 * Signed messages without signatures: the core checks none, and nobody in these worlds forges. What is said gets a name in place of a
 * hash, a new one each time; a proposal's digest is its content written down.
 */
export class Mint {
  readonly #said = new Map<string, Said>()

  /** @param logTimeMs the clock of whoever signs */
  sign(sender: ReplicaId, draft: Draft, logTimeMs: number): Said {
    const proof: Proof = { hash: digest(`s${this.#said.size}`), bytes: NO_BYTES, attachments: [] }
    const message: Verified = { sender, message: messageOf(draft, logTimeMs), proof }
    const said = { message, attached: this.#attachedTo(message.message) }
    this.#said.set(proof.hash, said)
    return said
  }

  /** What a proof is the proof of. */
  find(proof: Proof): Said | undefined {
    return this.#said.get(proof.hash)
  }

  /** Each once, however many refer to it. */
  #attachedTo(message: Message): readonly Verified[] {
    if (message.type !== 'view-change' && message.type !== 'new-view') return []
    const attached = new Set<Verified>()
    const attach = (part: Verified): void => {
      for (const inner of this.find(part.proof)?.attached ?? []) attached.add(inner)
      attached.add(this.find(part.proof)?.message ?? part)
    }
    if (message.type === 'new-view') for (const viewChange of message.viewChanges) attach(viewChange)
    else
      for (const { prePrepare, prepares } of message.prepared) {
        attach(prePrepare)
        for (const prepare of prepares) attach(prepare)
      }
    return [...attached]
  }
}

function messageOf(draft: Draft, logTimeMs: number): Message {
  switch (draft.type) {
    case 'pre-prepare': {
      const { view, sequence, batchDigests, certify } = draft
      const proposal = withDigest({ sequence, batchDigests, certify, logTimeMs })
      return { type: 'pre-prepare', view, proposal, timely: true }
    }
    case 'checkpoint':
      return { ...draft, signature: NO_BYTES }
    case 'new-view':
      return { ...draft, proposals: draft.proposals.map(withDigest) }
    default:
      return draft
  }
}

function withDigest(content: ProposalContent): Proposal {
  const { sequence, batchDigests, certify, logTimeMs } = content
  const text = `${sequence}:${batchDigests.join('+')}${certify ? '!' : ''}~${logTimeMs}`
  return { ...content, digest: digest(text) }
}
