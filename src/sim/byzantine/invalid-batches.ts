import { encodeSet } from '../../application/key-value.ts'
import { createBatch, identify } from '../../wire/batch.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'

/**
 * Spreads batches that nobody may hold: operations that mean nothing, unsigned transactions, expired ones, forged authors. Aims at
 * validity: a batch is held whole or not at all, and nobody else is blamed for it.
 */
export function createInvalidBatches(lair: Lair): Behaviour {
  const { prng, scope, self, signer } = lair

  function spread(): OutgoingMessage {
    const kind = prng.between(0, 3)
    lair.did(`batch ${['without meaning', 'unsigned', 'expired', 'of another author'][kind]}`)
    const transaction = {
      client: new Uint8Array(32).fill(kind),
      timestampMs: kind === 2 ? 1 : Math.floor(lair.nowMs()),
      nonce: prng.between(0, 1e9),
      operation: kind === 0 ? new Uint8Array([99]) : encodeSet('forged', 'x'),
      signature: new Uint8Array(64),
    }
    const author = kind === 3 ? prng.pick(lair.others) : self
    const batch = createBatch(scope, author, [identify(scope, transaction)], bytes => signer.sign(bytes))
    return { topic: 'batch', to: lair.others, bytes: batch.bytes }
  }

  return { tick: () => (prng.chance(0.3) ? [spread()] : []) }
}
