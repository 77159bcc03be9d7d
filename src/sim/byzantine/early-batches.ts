import { encodeSet } from '../../application/key-value.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import { type Batch, createBatch, encodeAgain, identify } from '../../wire/batch.ts'
import { transactionSigningBytes } from '../../wire/transaction.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'

/** Nothing of it is ever due in a world. */
const AHEAD_MS = 3_600_000
const KNOWN_MAX = 64
/** As long as somebody may be away. */
const SHOWN_LATER_MS = 3_000

/**
 * Spreads good batches of good transactions whose time is far off: each to one member first, to the others seconds later, and again to all
 * when it was ordered and came to nothing. Aims at those who do not know that: whoever was away when it was ordered, or forgot it,
 * must not wait for it, and accuse a primary that owes nothing.
 */
export function createEarlyBatches(lair: Lair): Behaviour {
  const { prng, scope, self, signer, others } = lair
  const known: {
    readonly batch: Batch
    readonly first: ReplicaId
    readonly atMs: number
    isShown: boolean
  }[] = []
  let attempts = 0

  function early(): Batch {
    const unsigned = {
      client: signer.publicKey,
      timestampMs: Math.floor(lair.nowMs()) + AHEAD_MS,
      nonce: prng.between(0, 1e9),
      operation: encodeSet('early', 'x'),
      signature: new Uint8Array(64),
    }
    const signature = signer.sign(transactionSigningBytes(scope.networkId, unsigned))
    return createBatch(scope, self, [identify(scope, { ...unsigned, signature })], bytes =>
      signer.sign(bytes),
    )
  }

  function showOne(): OutgoingMessage {
    const batch = early()
    const first = prng.pick(others)
    known.push({ batch, first, atMs: lair.nowMs(), isShown: false })
    if (known.length > KNOWN_MAX) known.shift()
    lair.did('a batch shown to one')
    return { topic: 'batch', to: [first], bytes: batch.bytes }
  }

  function showOthers(): readonly OutgoingMessage[] {
    const due = known.filter(({ atMs, isShown }) => !isShown && lair.nowMs() >= atMs + SHOWN_LATER_MS)
    return due.map(entry => {
      entry.isShown = true
      lair.did('a batch shown to the others')
      const to = others.filter(member => member !== entry.first)
      return { topic: 'batch', to, bytes: entry.batch.bytes }
    })
  }

  function showAgain(): OutgoingMessage {
    attempts += 1
    lair.did('an old batch shown again')
    return { topic: 'batch', to: others, bytes: encodeAgain(prng.pick(known).batch, attempts) }
  }

  return {
    tick() {
      const shown = [...showOthers()]
      if (prng.chance(0.3)) shown.push(showOne())
      if (known.length > 0 && prng.chance(0.3)) shown.push(showAgain())
      return shown
    },
  }
}
