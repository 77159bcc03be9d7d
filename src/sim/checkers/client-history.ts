import type { Checker, CheckerContext, ClientOperation } from './checker.ts'
import { judgeHistory, REGISTER, STEPS_MAX } from './linearizability.ts'

/**
 * What clients did through the order, and were told, is linearizable: by the answers alone, whatever members hold. Places in the order
 * follow real time too: what was answered before something else began comes before it.
 */
export function createClientHistory({ violation, undecided }: CheckerContext): Checker {
  const byKey = new Map<string, ClientOperation[]>()
  /** The latest place that an answer told, with when: ascending in both. */
  const told: { readonly atMs: number; readonly sequence: number }[] = []

  /** The highest sequence that anybody was told before this moment. */
  function toldBefore(atMs: number): number {
    let low = 0
    let high = told.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((told[middle]?.atMs ?? 0) < atMs) low = middle + 1
      else high = middle
    }
    return told[low - 1]?.sequence ?? 0
  }

  return {
    onOperation(operation) {
      const { client, key, invokedMs, returnedMs, receipt } = operation
      const ofKey = byKey.get(key) ?? []
      ofKey.push(operation)
      byKey.set(key, ofKey)
      if (receipt === null || returnedMs === null) return
      const before = toldBefore(invokedMs)
      if (receipt.sequence <= before)
        violation(
          `client ${client} was told of place ${receipt.sequence} for what it began after ${before} was told`,
        )
      const sequence = Math.max(receipt.sequence, told.at(-1)?.sequence ?? 0)
      told.push({ atMs: returnedMs, sequence })
    },
    onEnd() {
      for (const [key, operations] of byKey) {
        const verdict = judgeHistory(operations, REGISTER)
        if (verdict === 'impossible') violation(`no order explains what clients were answered about "${key}"`)
        if (verdict === 'undecided')
          undecided(
            `${operations.length} operations on "${key}" have too many possible orders: given up after ${STEPS_MAX} steps`,
          )
      }
    },
  }
}
