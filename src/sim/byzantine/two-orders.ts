import { fromHex } from '../../lib/bytes.ts'
import { decodeBatch } from '../../wire/batch.ts'
import { plain } from '../../wire/convert.ts'
import type { WireMessage, WirePrePrepare, WireProposal } from '../../wire/pb/messages.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, say, splitAudience } from './forgery.ts'
import { Substitutes } from './substitutes.ts'

/** Batches of which it knows the names. */
const BATCHES_MAX = 100
const LIMITS = { batchBytesMax: 1e7, batchTransactionsMax: 1e4, operationBytesMax: 1e7 }

/**
 * As primary, proposes two things that could both be executed, of batches that everybody holds, and commits at once to each in front of
 * those who were shown it; in each view again, other things for the same sequences. Aims at agreement within a view: two quorums
 * meet in a correct member, which prepares one proposal for a sequence.
 */
export function createTwoOrders(lair: Lair): Behaviour {
  const { prng, scope, others } = lair
  const substitutes = new Substitutes(scope)
  const names: Uint8Array<ArrayBuffer>[] = []
  const isHasty = prng.chance(0.5)
  const deceived = new Set(prng.shuffle(others).slice(0, Math.ceil(others.length / 2)))

  function otherThan(proposal: WireProposal): WireProposal {
    const { batchDigests, certify, logTimeMs } = proposal
    const kinds: (() => WireProposal)[] = [
      () => as('asked for a checkpoint', { ...proposal, certify: !certify }),
      () => as('later', { ...proposal, logTimeMs: logTimeMs + 1 }),
    ]
    if (batchDigests.length > 0)
      kinds.push(() => as('fewer batches', { ...proposal, batchDigests: batchDigests.slice(1) }))
    if (batchDigests.length > 1)
      kinds.push(() => as('turned round', { ...proposal, batchDigests: batchDigests.toReversed() }))
    if (names.length > 0)
      kinds.push(() => as('another batch', { ...proposal, batchDigests: [prng.pick(names)] }))
    return prng.pick(kinds)()
  }

  function as(what: string, proposal: WireProposal): WireProposal {
    lair.did(what)
    return proposal
  }

  /** COMMITs before anything is prepared, to each side its own. */
  function commitsTo(prePrepare: WirePrePrepare | undefined, isToDeceived: boolean): OutgoingMessage[] {
    const digest = substitutes.digestOf(prePrepare)
    if (prePrepare === undefined || digest === null) return []
    lair.did('commits at once')
    const commit = { view: prePrepare.view, sequence: prePrepare.proposal?.sequence ?? 0, digest }
    const to = others.filter(other => deceived.has(other) === isToDeceived)
    return [{ topic: 'consensus', to, bytes: say(lair, [{ commit }]) }]
  }

  function turned(message: WireMessage): WireMessage {
    const { prePrepare } = message
    return prePrepare?.proposal === undefined
      ? substitutes.turn(message)
      : substitutes.propose(prePrepare, otherThan(prePrepare.proposal))
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      const said = splitAudience(
        lair,
        outgoing,
        to => deceived.has(to),
        message => [turned(message)],
      )
      if (!isHasty || said.length < 2) return said
      const commits = said.flatMap(({ bytes }, side) =>
        messagesIn(bytes).flatMap(({ prePrepare }) => commitsTo(prePrepare, side === 1)),
      )
      return [...said, ...commits]
    },
    hear(topic, bytes) {
      if (topic !== 'batch') return
      const batch = decodeBatch(scope, LIMITS, bytes)
      if (isRejection(batch)) return
      names.push(plain(fromHex(batch.digest)))
      names.splice(0, names.length - BATCHES_MAX)
    },
  }
}
