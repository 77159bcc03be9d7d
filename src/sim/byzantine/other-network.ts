import { digest, sequence } from '../../pbft/types.ts'
import { createBatch } from '../../wire/batch.ts'
import { decodeStatement, encodeStatement } from '../../wire/convert.ts'
import { type MemberPartial, openPartial } from '../../wire/partial.ts'
import type { EnvelopeBody, WireMessage, WireStatement, WireStatus } from '../../wire/pb/messages.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { envelopeIn, messagesIn, say } from './forgery.ts'

const KEPT_MAX = 100
/** Apart from those that members use here. */
const NUMBERS_APART = 500
/** Checkpoints to come, of which partial signatures are brought before members sign them here. */
const PARTIALS_AHEAD = 8

/**
 * Brings what correct members and clients said with the same keys in another network: votes for other digests in the same places,
 * CHECKPOINTs of another state, VIEW-CHANGEs that know of nothing, batches and transactions, and their parts of certificates. Aims at
 * what ties every signature to its network: there is nothing else wrong with it.
 */
export function createOtherNetwork(lair: Lair): Behaviour {
  const { prng, elsewhere, scope, self, signer, others } = lair
  const kept: EnvelopeBody[] = []
  let status: WireStatus | undefined
  let statement: WireStatement | undefined
  let latest: MemberPartial | null = null

  function checkpointThere(here: WireStatement | undefined, ahead = 0) {
    const truth = decodeStatement(here)
    if (truth === null) return null
    const there = {
      ...truth,
      sequence: sequence(truth.sequence + ahead),
      stateRoot: digest('e1'.repeat(32)),
    }
    return { statement: encodeStatement(there), signatures: [...elsewhere.certify(there)] }
  }

  /** What the member said in the same place there. */
  function saidThere(message: WireMessage, sender: number): readonly WireMessage[] {
    const { prePrepare, prepare, commit, checkpoint, viewChange } = message
    if (prepare !== undefined) return [{ prepare: { ...prepare, digest: other(prepare.digest) } }]
    if (commit !== undefined) return [{ commit: { ...commit, digest: other(commit.digest) } }]
    if (viewChange !== undefined) return [{ viewChange: { view: viewChange.view, prepared: [] } }]
    const proposal = prePrepare?.proposal
    if (prePrepare !== undefined && proposal !== undefined)
      return [{ prePrepare: { ...prePrepare, proposal: { ...proposal, logTimeMs: proposal.logTimeMs + 1 } } }]
    const there = checkpointThere(checkpoint?.statement)
    const signature = there?.signatures.find(({ replica }) => replica === sender)?.signature
    if (there === null || signature === undefined) return []
    return [{ checkpoint: { statement: there.statement, signature } }]
  }

  function envelope(): Uint8Array {
    const { sender, ...said } = prng.pick(kept)
    lair.did('words of another member')
    const messages = said.messages.flatMap(message => saidThere(message, sender))
    return elsewhere.envelope({ ...said, sender, number: said.number + NUMBERS_APART, messages })
  }

  function certificate(): Uint8Array | null {
    const stable = checkpointThere(statement, prng.pick([0, 4, 16]))
    if (status === undefined || stable === null) return null
    lair.did('a certificate')
    const { sequence: stableSequence } = stable.statement
    return say(lair, [{ status: { ...status, stable, stableSequence, executedSequence: stableSequence } }])
  }

  function batch(): Uint8Array {
    const transaction = elsewhere.transaction(Math.floor(lair.nowMs()), prng.between(0, 1e9))
    if (prng.chance(0.5)) {
      lair.did('a batch of another member')
      return elsewhere.batch(prng.pick(others), transaction)
    }
    lair.did('a transaction')
    return createBatch(scope, self, [transaction], bytes => signer.sign(bytes)).bytes
  }

  function notePartial(bytes: Uint8Array): void {
    const opened = openPartial(scope, bytes)
    if (isRejection(opened) || opened.partial.purpose !== 'checkpoint') return
    if (latest === null || opened.partial.sequence > latest.sequence) latest = opened.partial
  }

  /** What others signed of the next checkpoints there. */
  function partials(): readonly OutgoingMessage[] {
    if (latest === null) return []
    lair.did('parts of certificates')
    const { subject, ...there } = latest
    return others.flatMap(sender =>
      Array.from({ length: PARTIALS_AHEAD }, (_, i): OutgoingMessage => {
        const partial = { ...there, sender, sequence: there.sequence + 1 + i, subject: other(subject) }
        return { topic: 'certificate', to: others, bytes: elsewhere.partial(partial) }
      }),
    )
  }

  return {
    publish(outgoing) {
      if (outgoing.topic === 'consensus')
        for (const message of messagesIn(outgoing.bytes)) status = message.status ?? status
      return [outgoing]
    },
    hear(topic, bytes) {
      if (topic === 'certificate') notePartial(bytes)
      if (topic !== 'consensus') return
      const heard = envelopeIn(bytes)
      for (const { checkpoint } of heard.messages) statement = checkpoint?.statement ?? statement
      if (!heard.messages.some(message => saidThere(message, heard.sender).length > 0)) return
      kept.push(heard)
      kept.splice(0, kept.length - KEPT_MAX)
    },
    tick() {
      const bytes = prng.chance(0.3) ? certificate() : kept.length > 0 ? envelope() : null
      const spread = { topic: 'batch', to: others, bytes: batch() } as const
      const said: readonly OutgoingMessage[] =
        bytes === null ? [] : [{ topic: 'consensus', to: others, bytes }]
      return [spread, ...said, ...partials()]
    },
  }
}

function other(digestHere: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digestHere, byte => byte ^ 0xff)
}
