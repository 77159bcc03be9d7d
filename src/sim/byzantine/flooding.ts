import { digest as toDigest, sequence as toSequence } from '../../pbft/types.ts'
import { encodeStatement, plain } from '../../wire/convert.ts'
import { ATTACHMENTS_MAX, ENVELOPE_BYTES_MAX, ENVELOPE_MESSAGES_MAX } from '../../wire/limits.ts'
import type { WireMessage } from '../../wire/pb/messages.ts'
import { statementBytes } from '../../wire/statement.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, say } from './forgery.ts'

/** A world is to be flooded, not the machine that simulates it. */
const LARGEST_MAX = 2
const ENVELOPES_PER_TICK = 6
const FAR = 2 ** 40

/** Where the others stand, as far as it heard. */
interface Seen {
  view: number
  top: number
}

/**
 * Fills the network with what is well formed and useless: votes and proposals of future views and sequences, VIEW-CHANGEs for ever
 * higher views, statuses that ask for answers, proposals of batches that nobody has, checkpoints far ahead, garbage, and now and then
 * the largest envelopes that are let in. Aims at bounds: what one member fills is its own share, and the others' work goes on.
 */
export function createFlooding(lair: Lair): Behaviour {
  const { prng, others } = lair
  const seen: Seen = { view: 0, top: 0 }
  const floods = createFloods(lair, seen)
  let largest = 0

  function flood(): OutgoingMessage {
    const mayBeLargest = largest < LARGEST_MAX && prng.chance(0.05)
    const what = prng.pick(Object.keys(floods).filter(name => name !== LARGEST || mayBeLargest))
    if (what === LARGEST) largest += 1
    lair.did(what)
    const topic = what === 'garbage' && prng.chance(0.5) ? 'batch' : 'consensus'
    return { topic, to: others, bytes: floods[what]?.() ?? new Uint8Array() }
  }

  return {
    hear(topic, bytes) {
      if (topic !== 'consensus') return
      for (const { prePrepare, status } of messagesIn(bytes)) {
        seen.view = Math.min(FAR, Math.max(seen.view, prePrepare?.view ?? 0, status?.view ?? 0))
        seen.top = Math.min(FAR, Math.max(seen.top, prePrepare?.proposal?.sequence ?? 0))
      }
    },
    tick: () => Array.from({ length: prng.between(0, ENVELOPES_PER_TICK) }, flood),
  }
}

const LARGEST = 'the largest envelopes'

function createFloods(lair: Lair, seen: Seen): Readonly<Record<string, () => Uint8Array>> {
  const { prng } = lair
  const said = (count: number, make: (i: number) => WireMessage): Uint8Array =>
    say(
      lair,
      Array.from({ length: count }, (_, i) => make(i)),
    )
  let viewWanted = 0
  return {
    'votes of future views': () =>
      said(20, i => vote(lair, seen.view + 1 + i * prng.pick([0, 1, 1_000]), seen.top + 1 + i)),
    'votes of future sequences': () =>
      said(20, i => vote(lair, seen.view, seen.top + prng.pick([1, 10, 1_000, FAR]) + i)),
    'proposals of future views': () => said(3, i => proposal(lair, seen.view + i + 1, seen.top + i + 1)),
    'proposals of unknown batches': () => said(3, i => proposal(lair, seen.view, seen.top + i + 1)),
    'checkpoints far ahead': () => said(5, i => checkpoint(lair, seen.top + prng.pick([8, 1_000, FAR]) + i)),
    'ever higher views': () => {
      viewWanted = Math.max(viewWanted, seen.view) + prng.pick([1, 1, 1, 1_000])
      return said(1, () => ({ viewChange: { view: viewWanted, stable: undefined, prepared: [] } }))
    },
    'statuses that ask': () => said(10, () => status(lair, seen)),
    [LARGEST]: () => {
      if (prng.chance(0.5)) return said(ENVELOPE_MESSAGES_MAX, () => status(lair, seen))
      const bytes = Math.floor((0.9 * ENVELOPE_BYTES_MAX) / ATTACHMENTS_MAX)
      const attachments = Array.from({ length: ATTACHMENTS_MAX }, () => new Uint8Array(bytes).fill(3))
      return say(lair, [], attachments)
    },
    garbage: () => new Uint8Array(prng.between(0, 2_000)).map(() => prng.between(0, 255)),
  }
}

function unknown({ prng }: Lair): Uint8Array<ArrayBuffer> {
  return plain(new Uint8Array(32).map(() => prng.between(0, 255)))
}

function vote(lair: Lair, view: number, sequence: number): WireMessage {
  const one = { view, sequence, digest: unknown(lair) }
  return lair.prng.chance(0.5) ? { prepare: one } : { commit: one }
}

function proposal(lair: Lair, view: number, sequence: number): WireMessage {
  const batchDigests = Array.from({ length: lair.prng.between(1, 20) }, () => unknown(lair))
  const logTimeMs = Math.floor(lair.nowMs())
  return { prePrepare: { view, proposal: { sequence, batchDigests, logTimeMs, certify: false } } }
}

function checkpoint(lair: Lair, sequence: number): WireMessage {
  const statement = {
    epoch: lair.scope.epoch,
    sequence: toSequence(sequence),
    historyDigest: toDigest('a1'.repeat(32)),
    stateRoot: toDigest('a2'.repeat(32)),
    membersHash: toDigest('a3'.repeat(32)),
    logTimeMs: Math.floor(lair.nowMs()),
  }
  const signature = plain(lair.signer.sign(statementBytes(lair.scope, statement)))
  return { checkpoint: { statement: encodeStatement(statement), signature } }
}

function status({ prng }: Lair, { view, top }: Seen): WireMessage {
  return {
    status: {
      view,
      viewActive: prng.chance(0.5),
      stableSequence: 0,
      executedSequence: prng.between(0, top),
      votedSequence: top,
      recovering: prng.chance(0.5),
      stable: undefined,
      question: prng.between(0, 1e6),
      answers: prng.between(0, 1),
      departures: [],
    },
  }
}
