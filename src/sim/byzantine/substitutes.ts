import { fromHex, toHex } from '../../lib/bytes.ts'
import { decodeProposal, plain } from '../../wire/convert.ts'
import type { WireMessage, WirePrePrepare, WireProposal, WireVote } from '../../wire/pb/messages.ts'
import type { Scope } from '../../wire/scope.ts'

/**
 * Proposals that a primary shows in place of those that its runtime made, and the votes that go with them: who is shown the one must
 * be shown votes for the one.
 */
export class Substitutes {
  readonly #scope: Scope
  readonly #digests = new Map<string, Uint8Array<ArrayBuffer>>()

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** @returns the PRE-PREPARE with the other proposal, or unchanged when that is malformed */
  propose(prePrepare: WirePrePrepare, other: WireProposal): WireMessage {
    const before = decodeProposal(this.#scope, prePrepare.proposal)
    const after = decodeProposal(this.#scope, other)
    if (before === null || after === null) return { prePrepare }
    this.#digests.set(`${prePrepare.view}/${before.digest}`, plain(fromHex(after.digest)))
    return { prePrepare: { ...prePrepare, proposal: other } }
  }

  /** The digest of what a PRE-PREPARE proposes; null when it is malformed. */
  digestOf(prePrepare: WirePrePrepare | undefined): Uint8Array<ArrayBuffer> | null {
    const proposal = decodeProposal(this.#scope, prePrepare?.proposal)
    return proposal === null ? null : plain(fromHex(proposal.digest))
  }

  /** A vote for what was shown instead. */
  voteOf(vote: WireVote): WireVote {
    const digest = this.#digests.get(`${vote.view}/${toHex(vote.digest)}`)
    return digest === undefined ? vote : { ...vote, digest }
  }

  /** Votes turned; all else as it was. */
  turn(message: WireMessage): WireMessage {
    if (message.prepare !== undefined) return { prepare: this.voteOf(message.prepare) }
    return message.commit === undefined ? message : { commit: this.voteOf(message.commit) }
  }
}
