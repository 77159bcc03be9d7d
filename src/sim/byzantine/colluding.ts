import { fromHex } from '../../lib/bytes.ts'
import { computeNewView } from '../../pbft/new-view.ts'
import { decodeProposal, encodeProposal, encodeStatement, plain } from '../../wire/convert.ts'
import { collectAttachments } from '../../wire/encode.ts'
import type { WireMessage, WirePrePrepare } from '../../wire/pb/messages.ts'
import { statementBytes } from '../../wire/statement.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import type { Support } from './den.ts'
import { messagesIn, rewrite, say } from './forgery.ts'

/** Messages of one envelope: more would not fit beside each other. */
const MESSAGES_MAX = 16
/** Sequences that are filled with nothing after a NEW-VIEW that lets them go. */
const FILLED_MAX = 16

/**
 * One of a set that follows one plan (see den.ts). Aims at the intersection of quorums: up to f of them change nothing, more of them
 * bring two sides to commit different things, by voting for both, by forgetting what they committed in VIEW-CHANGE, and as primary of
 * the next view by choosing the quorum that knows least.
 */
export function createColluding(lair: Lair): Behaviour {
  const { den, self, others, scope } = lair
  den.join(self)
  const entered = new Set<number>()
  const left = new Map<number, readonly OutgoingMessage[]>()
  let supported = 0
  let isKept = false
  let isRolledBack = false

  const favoured = (): OutgoingMessage['to'] => others.filter(other => den.isFavoured(other))
  const deceived = (): OutgoingMessage['to'] => others.filter(other => !den.isFavoured(other))

  function toFavoured(message: WireMessage): readonly WireMessage[] {
    return message.newView === undefined ? [message] : []
  }

  function toDeceived(message: WireMessage): readonly WireMessage[] {
    const { prePrepare } = message
    if (prePrepare !== undefined) return den.isTwofold ? [twinOf(prePrepare)] : [message]
    const { prepare, commit, checkpoint, newView, status } = message
    return (prepare ?? commit ?? checkpoint ?? newView ?? status) === undefined ? [message] : []
  }

  function twinOf(prePrepare: WirePrePrepare): WireMessage {
    const { proposal } = prePrepare
    if (proposal === undefined || decodeProposal(scope, proposal) === null) return { prePrepare }
    lair.did('two proposals')
    const batchDigests = proposal.batchDigests.slice(1)
    return {
      prePrepare: {
        ...prePrepare,
        proposal: { ...proposal, logTimeMs: proposal.logTimeMs + 1, batchDigests },
      },
    }
  }

  /** Says nothing of what was prepared; the same to all, and once for each view. */
  function leaveFor(view: number): readonly OutgoingMessage[] {
    const said = left.get(view)
    if (said !== undefined) return said
    lair.did('forgets what was prepared')
    const bytes = say(lair, [{ viewChange: { view, stable: undefined, prepared: [] } }])
    den.hear(bytes, lair.nowMs())
    const outgoing: readonly OutgoingMessage[] = [{ topic: 'consensus', to: others, bytes }]
    left.set(view, outgoing)
    return outgoing
  }

  function enter(view: number): readonly OutgoingMessage[] {
    if (entered.has(view)) return []
    entered.add(view)
    const viewChanges = den.leastKnowing(view)
    const newView = {
      view,
      viewChanges: viewChanges.map(({ proof }) => plain(fromHex(proof.hash))),
      proposals: computeNewView(viewChanges).proposals.map(encodeProposal),
    }
    const attachments = collectAttachments(
      [],
      viewChanges.map(({ proof }) => proof),
    )
    lair.did('the quorum that knows least')
    const { from, to } = den.sequencesAbove(viewChanges)
    const logTimeMs = Math.floor(lair.nowMs())
    const fillers: WireMessage[] = []
    for (let sequence = from; sequence <= Math.min(to, from + FILLED_MAX); sequence++)
      fillers.push({
        prePrepare: { view, proposal: { sequence, batchDigests: [], logTimeMs, certify: false } },
      })
    return [
      { topic: 'consensus', to: others, bytes: say(lair, [{ newView }], attachments) },
      ...inEnvelopes(fillers, others),
    ]
  }

  function support(): readonly OutgoingMessage[] {
    const { supports, next } = den.supportsSince(supported)
    supported = next
    if (supports.length === 0) return []
    lair.did('votes for both sides')
    return [
      ...inEnvelopes(supports.filter(one => one.favoured).flatMap(voices), favoured()),
      ...inEnvelopes(supports.filter(one => !one.favoured).flatMap(voices), deceived()),
    ]
  }

  function voices(one: Support): readonly WireMessage[] {
    if (one.type === 'checkpoint') {
      const signature = plain(lair.signer.sign(statementBytes(scope, one.statement)))
      return [{ checkpoint: { statement: encodeStatement(one.statement), signature } }]
    }
    const { view, sequence } = one
    const vote = { view, sequence, digest: plain(fromHex(one.digest)) }
    return [{ prepare: vote }, { commit: vote }]
  }

  function inEnvelopes(
    messages: readonly WireMessage[],
    to: OutgoingMessage['to'],
  ): readonly OutgoingMessage[] {
    const envelopes: OutgoingMessage[] = []
    for (let i = 0; i < messages.length && to.length > 0; i += MESSAGES_MAX)
      envelopes.push({ topic: 'consensus', to, bytes: say(lair, messages.slice(i, i + MESSAGES_MAX)) })
    return envelopes
  }

  function divided(outgoing: OutgoingMessage): readonly OutgoingMessage[] {
    const viewChange = messagesIn(outgoing.bytes).find(
      message => message.viewChange !== undefined,
    )?.viewChange
    if (viewChange !== undefined) return leaveFor(viewChange.view)
    const both = [
      { to: favoured(), bytes: rewrite(lair, outgoing.bytes, toFavoured) },
      { to: deceived(), bytes: rewrite(lair, outgoing.bytes, toDeceived) },
    ]
    return both
      .filter(({ to, bytes }) => to.length > 0 && (bytes === outgoing.bytes || messagesIn(bytes).length > 0))
      .map(part => ({ topic: 'consensus', ...part }))
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus' || den.collusion.plan === 'roll-back') return [outgoing]
      return [...divided(outgoing), ...support()]
    },
    hear(topic, bytes) {
      if (topic === 'consensus') den.hear(bytes, lair.nowMs())
    },
    tick() {
      den.tick(lair.nowMs())
      if (den.collusion.plan === 'roll-back') return []
      const wanted = den.viewWanted
      const leaving = wanted > 0 && !left.has(wanted) ? leaveFor(wanted) : []
      return [...leaving, ...den.viewsToEnter(self).flatMap(enter), ...support()]
    },
    tamper() {
      const { plan, keepAtMs, turnAtMs } = den.collusion
      if (plan !== 'roll-back') return null
      const ageMs = den.age(lair.nowMs())
      if (!isKept && ageMs >= keepAtMs) {
        isKept = true
        return 'keep'
      }
      if (!isKept || isRolledBack || ageMs < turnAtMs) return null
      isRolledBack = true
      lair.did('an old disk')
      return 'roll-back'
    },
  }
}
