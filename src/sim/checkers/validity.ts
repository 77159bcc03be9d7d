import { equalBytes } from '../../lib/bytes.ts'
import type { Executed } from '../../runtime/execution.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import { transactionId } from '../../wire/transaction.ts'
import { EPOCH_MS } from '../ground.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { isSameReceipt, KeyValueModel, type OrderedTransaction } from './key-value-model.ts'

/**
 * Only valid transactions of the batches that a proposal names are executed, and what they give is what a model gives that executes
 * the agreed order by itself: the same transactions, results, log times, and in the end the same state. One member's execution of a
 * sequence is looked at; that others have the same is agreement.
 */
export function createValidity({ options, scope, isSubmitted, violation }: CheckerContext): Checker {
  const { transactionWindowMs, transactionWindowMax } = options
  const model = new KeyValueModel({ transactionWindowMs, transactionWindowMax, createdMs: EPOCH_MS })

  function transactionsOf({ entry, batches }: Executed): readonly OrderedTransaction[] {
    const { batchDigests, sequence } = entry.proposal
    if (batches.map(({ digest }) => digest).join() !== batchDigests.join())
      violation(`other batches were executed at ${sequence} than the proposal names`)
    return batches.flatMap(batch =>
      batch.transactions.map(({ id, transaction: { timestampMs, operation, kind } }) => ({
        id,
        timestampMs,
        operation,
        kind,
      })),
    )
  }

  function lookAtTransactions({ outcome, batches }: Executed): void {
    const executed = new Set(outcome.segment.receipts.map(({ id }) => id))
    for (const { id, transaction } of batches.flatMap(batch => batch.transactions)) {
      if (!executed.has(id)) continue
      if (transactionId(scope.networkId, transaction) !== id)
        violation(`a transaction is not ${id.slice(0, 8)}`)
      if (transaction.kind === 'system') {
        if (!scope.memberKeys.some(key => equalBytes(key, transaction.client)))
          violation(`transaction ${id.slice(0, 8)} is about keys, and no member's`)
      } else if (!isSubmitted(id))
        violation(`transaction ${id.slice(0, 8)} was executed and no client signed it`)
    }
  }

  function compareReceipts(executed: Executed): void {
    const { segment } = executed.outcome
    const expected = model.execute(executed.entry.proposal.logTimeMs, transactionsOf(executed))
    if (segment.logTimeMs !== model.logTimeMs)
      violation(`log time at ${segment.sequence} is ${segment.logTimeMs}, not ${model.logTimeMs}`)
    const isSame =
      expected.length === segment.receipts.length &&
      expected.every((receipt, i) => {
        const other = segment.receipts[i]
        return other !== undefined && other.position === i && isSameReceipt(receipt, other)
      })
    if (!isSame) violation(`the model executes ${segment.sequence} differently`)
  }

  function compareState(member: number, { state }: ReplicaRuntime): void {
    for (const key of model.keys) {
      const answer = state.application.query(key)
      const expected = model.valueAt(key, state.sequence)
      const value = 'code' in answer ? null : answer.value
      const isSame = value === null || expected === null ? value === expected : equalBytes(value, expected)
      if (!isSame)
        violation(`member ${member} has another value of "${key}" at ${state.sequence} than the model`)
    }
  }

  return {
    onExecuted(_member, executed) {
      const { sequence } = executed.outcome.segment
      if (sequence <= model.sequence) return
      if (sequence > model.sequence + 1)
        return violation(`${sequence} was executed, and ${model.sequence + 1} by nobody`)
      lookAtTransactions(executed)
      compareReceipts(executed)
    },
    onEnd(members) {
      for (const [member, runtime] of members)
        if (runtime.state.sequence <= model.sequence) compareState(member, runtime)
        else violation(`member ${member} is at ${runtime.state.sequence}, which nobody executed`)
    },
  }
}
