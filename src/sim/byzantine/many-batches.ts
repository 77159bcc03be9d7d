import { createBatch, decodeBatch, type IdentifiedTransaction } from '../../wire/batch.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'

const LIMITS = { batchBytesMax: 1e7, batchTransactionsMax: 1e4, operationBytesMax: 1e7 }
/** Transactions that it knows, the latest. */
const KNOWN_MAX = 40
/** What was handed in longer ago is likely to be executed. */
const FRESH_MS = 3_000
/** A world is to be flooded, not the machine that simulates it. */
const BATCHES_PER_TICK = 400
const BATCHES_MAX = 6_000
const TRANSACTIONS_MAX = 4

/**
 * Puts what clients signed, and what is not executed, into batches of its own, some in this order and some in that, hundreds at a time. Each is
 * valid. Aims at the share of the batches that wait: what one author fills is its own share, and not the memory of all.
 */
export function createManyBatches(lair: Lair): Behaviour {
  const { prng, scope, self, others, signer } = lair
  const known = new Map<string, { readonly transaction: IdentifiedTransaction; readonly atMs: number }>()
  let spread = 0

  function fresh(): readonly IdentifiedTransaction[] {
    const sinceMs = lair.nowMs() - FRESH_MS
    return [...known.values()].filter(({ atMs }) => atMs >= sinceMs).map(({ transaction }) => transaction)
  }

  function batchOf(transactions: readonly IdentifiedTransaction[]): OutgoingMessage {
    lair.did('a batch')
    const some = prng.shuffle(transactions).slice(0, prng.between(2, TRANSACTIONS_MAX))
    const { bytes } = createBatch(scope, self, some, signed => signer.sign(signed))
    return { topic: 'batch', to: others, bytes }
  }

  return {
    hear(topic, bytes) {
      if (topic !== 'batch') return
      const batch = decodeBatch(scope, LIMITS, bytes)
      if (isRejection(batch)) return
      for (const transaction of batch.transactions)
        if (!known.has(transaction.id)) known.set(transaction.id, { transaction, atMs: lair.nowMs() })
      for (const oldest of known.keys()) if (known.size > KNOWN_MAX) known.delete(oldest)
    },
    tick() {
      const transactions = fresh()
      // Of few transactions there are not many different batches.
      const count = Math.min(
        BATCHES_PER_TICK,
        BATCHES_MAX - spread,
        transactions.length * (transactions.length - 1),
      )
      spread += count
      return Array.from({ length: count }, () => batchOf(transactions))
    },
  }
}
