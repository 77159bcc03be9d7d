import { fromUtf8 } from '../../lib/bytes.ts'
import { EPOCH_MS } from '../ground.ts'
import type { Checker, CheckerContext, ClientRead } from './checker.ts'
import { KeyValueModel } from './key-value-model.ts'

/**
 * What a client reads beside the order, and believes, is the value of the agreed order after the very sequence that it was told, and no
 * client goes back behind what it has seen. A read may be behind what others have been told: whoever must know the latest value
 * asks through the order, which the history of clients is about.
 */
export function createReads({ options, violation }: CheckerContext): Checker {
  const { transactionWindowMs, transactionWindowMax } = options
  const model = new KeyValueModel({ transactionWindowMs, transactionWindowMax, createdMs: EPOCH_MS })

  function compare({ client, key, value, sequence, how }: ClientRead): void {
    const bytes = model.valueAt(key, sequence)
    const expected = bytes === null ? null : (fromUtf8(bytes) ?? 'not a text')
    if (value !== expected)
      violation(`client ${client} read ${value} for "${key}" at ${sequence} (${how}), and it is ${expected}`)
  }

  return {
    onExecuted(_member, { entry, outcome, batches }) {
      if (outcome.segment.sequence !== model.sequence + 1) return
      const transactions = batches.flatMap(batch => batch.transactions)
      model.execute(
        entry.proposal.logTimeMs,
        transactions.map(({ id, transaction }) => ({ ...transaction, id })),
      )
    },
    onRead(read) {
      const { client, sequence, seenBefore } = read
      if (sequence < seenBefore) violation(`client ${client} read at ${sequence} after it saw ${seenBefore}`)
      if (sequence > model.sequence)
        violation(`client ${client} read at ${sequence}, which no correct member has executed`)
      else compare(read)
    },
  }
}
