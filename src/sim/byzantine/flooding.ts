import { ATTACHMENTS_MAX, ENVELOPE_MESSAGES_MAX } from '../../wire/limits.ts'
import type { WireMessage } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, say } from './forgery.ts'

/** A world is to be flooded, not the machine that simulates it. */
const LARGEST_MAX = 2
const ENVELOPES_PER_TICK = 6

/**
 * Fills the network with what is well formed and useless: votes and proposals of future views and sequences, VIEW-CHANGEs for ever higher
 * views, statuses that ask for answers, proposals of batches that nobody has, checkpoints far ahead, garbage, and now and then the largest
 * envelopes that are let in. Aims at bounds: what one member fills is its own share, and the others' work goes on.
 */
export function createFlooding(lair: Lair): Behaviour {
  const { prng, others } = lair
  let view = 0
  let top = 0
  let viewWanted = 0
  let largest = 0

  const unknown = (): Uint8Array<ArrayBuffer> =>
    new Uint8Array(32).map(() => prng.between(0, 255)) as Uint8Array<ArrayBuffer>
  const many = (count: number, make: (i: number) => WireMessage): readonly WireMessage[] =>
    Array.from({ length: count }, (_, i) => make(i))
  const votes = (v: number, n: number): WireMessage => {
    const vote = { view: v, sequence: n, digest: unknown() }
    return prng.chance(0.5) ? { prepare: vote } : { commit: vote }
  }
  const proposal = (v: number, n: number): WireMessage => ({
    prePrepare: {
      view: v,
      proposal: {
        sequence: n,
        batchDigests: Array.from({ length: prng.between(1, 20) }, unknown),
        logTimeMs: Math.floor(lair.nowMs()),
        certify: prng.chance(0.5),
      },
    },
  })

  const floods: Readonly<Record<string, () => Uint8Array>> = {
    'votes of future views': () =>
      say(
        lair,
        many(20, i => votes(view + 1 + i * prng.pick([0, 1, 1_000]), top + 1 + i)),
      ),
    'votes of future sequences': () =>
      say(
        lair,
        many(20, i => votes(view, top + prng.pick([1, 10, 1_000, 2 ** 40]) + i)),
      ),
    'proposals of future views': () =>
      say(
        lair,
        many(3, i => proposal(view + i + 1, top + i + 1)),
      ),
    'proposals of unknown batches': () =>
      say(
        lair,
        many(3, i => proposal(view, top + i + 1)),
      ),
    'ever higher views': () => {
      viewWanted = Math.max(viewWanted, view) + prng.pick([1, 1, 1, 1_000])
      return say(lair, [{ viewChange: { view: viewWanted, stable: undefined, prepared: [] } }])
    },
    'statuses that ask': () =>
      say(
        lair,
        many(10, () => ({ status: status() })),
      ),
    'largest envelopes': () => {
      largest += 1
      if (prng.chance(0.5))
        return say(
          lair,
          many(ENVELOPE_MESSAGES_MAX, () => ({ status: status() })),
        )
      return say(
        lair,
        [],
        Array.from({ length: ATTACHMENTS_MAX }, () => new Uint8Array(200).fill(3)),
      )
    },
    garbage: () => new Uint8Array(prng.between(0, 2_000)).map(() => prng.between(0, 255)),
  }

  const status = () => ({
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
  })

  return {
    hear(topic, bytes) {
      if (topic !== 'consensus') return
      for (const { prePrepare, status: heard } of messagesIn(bytes)) {
        view = Math.min(2 ** 40, Math.max(view, prePrepare?.view ?? 0, heard?.view ?? 0))
        top = Math.min(2 ** 40, Math.max(top, prePrepare?.proposal?.sequence ?? 0))
      }
    },
    tick() {
      const names = Object.keys(floods).filter(name => name !== 'largest envelopes' || mayBeLargest())
      return Array.from({ length: prng.between(0, ENVELOPES_PER_TICK) }, (): OutgoingMessage => {
        const what = prng.pick(names)
        lair.did(what)
        const topic = what === 'garbage' && prng.chance(0.5) ? 'batch' : 'consensus'
        return { topic, to: others, bytes: floods[what]?.() ?? new Uint8Array() }
      })
    },
  }

  function mayBeLargest(): boolean {
    return largest < LARGEST_MAX && prng.chance(0.05)
  }
}
