import { faultyMax } from '../../pbft/quorum.ts'
import { hangoverOf, type Interval } from '../measurement.ts'
import type { SimulationOptions } from '../options.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * The effect of faults ends soon after the faults: from then on clients are answered as quickly as usual. Looked at where nobody stays
 * faulty or away; a faulty primary may be slow for ever, as long as it is not too slow.
 */
export function createHangover({ options, violation }: CheckerContext): Checker {
  const answers: Interval[] = []
  let endMs = Number.POSITIVE_INFINITY
  return {
    onFaultsEnd(nowMs) {
      endMs = nowMs
    },
    onOperation({ invokedMs, returnedMs }) {
      if (returnedMs !== null) answers.push({ fromMs: invokedMs, toMs: returnedMs })
    },
    onEnd() {
      if (answers.length > 0 && endMs === Number.POSITIVE_INFINITY)
        return violation('nobody said when the faults were over')
      const boundMs = hangoverBoundMs(options)
      const { hangoverMs, usualMs } = hangoverOf(answers, endMs)
      if (boundMs === null || hangoverMs === null || hangoverMs <= boundMs) return
      violation(
        `an answer took more than ${usualMs} ms still ${hangoverMs} ms after the faults, beyond ${boundMs}`,
      )
    },
  }
}

/**
 * How long after the last fault answers may still be late: a second until everybody is up, then as many time-outs as it takes to agree
 * on a view and find a primary that works, each of which may have grown to its cap; null where somebody stays faulty or away.
 */
export function hangoverBoundMs(options: SimulationOptions): number | null {
  if (options.byzantine.length > 0 || (options.left ?? []).length > 0) return null
  const timeouts = 3 + faultyMax(options.n)
  return 5_000 + timeouts * options.viewChangeTimeoutMaxMs + 4 * options.statusMs
}
