import { fromHex, toHex } from '../../lib/bytes.ts'
import { decodeProposal, plain, proposalDigest } from '../../wire/convert.ts'
import type { WireMessage, WireVote } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { splitAudience } from './forgery.ts'

/**
 * As primary, proposes one thing to some members and another to the rest, and votes for each in front of those who heard it. In any
 * other place, votes for one thing here and for another there. Aims at the intersection of quorums: one proposal of a view and
 * sequence is prepared, the other comes to nothing, and whoever was shown it must learn what the others executed.
 */
export function createEquivocating(lair: Lair): Behaviour {
  const twin = new Map<string, Uint8Array<ArrayBuffer>>()
  const deceived = new Set(lair.prng.shuffle(lair.others).slice(0, Math.ceil(lair.others.length / 2)))

  function twinOf(message: WireMessage): WireMessage {
    const { prePrepare } = message
    const proposal = decodeProposal(lair.scope, prePrepare?.proposal)
    if (prePrepare === undefined || proposal === null || prePrepare.proposal === undefined) return message
    lair.did('two proposals')
    const other = {
      ...proposal,
      logTimeMs: proposal.logTimeMs + 1,
      batchDigests: proposal.batchDigests.slice(1),
    }
    twin.set(
      `${prePrepare.view}/${toHex(fromHex(proposal.digest))}`,
      plain(fromHex(proposalDigest(lair.scope, other))),
    )
    const { logTimeMs } = other
    const batchDigests = prePrepare.proposal.batchDigests.slice(1)
    return { prePrepare: { ...prePrepare, proposal: { ...prePrepare.proposal, logTimeMs, batchDigests } } }
  }

  const voteOf = (vote: WireVote): WireVote => ({
    ...vote,
    digest: twin.get(`${vote.view}/${toHex(vote.digest)}`) ?? plain(new Uint8Array(32).fill(7)),
  })

  return {
    publish: outgoing =>
      splitAudience(
        lair,
        outgoing,
        to => deceived.has(to),
        message => {
          if (message.prePrepare !== undefined) return [twinOf(message)]
          if (message.prepare !== undefined) return [{ prepare: voteOf(message.prepare) }]
          return message.commit === undefined ? [message] : [{ commit: voteOf(message.commit) }]
        },
      ),
  }
}
