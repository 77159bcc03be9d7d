import { LOG_TIME_SKEW_MAX_MS } from '../../wire/limits.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * Log time never goes back, and is never further ahead than backups with their own clocks let pass: a primary could else make expire what
 * clients were promised.
 */
export function createLogTime({ options, nowMs, violation }: CheckerContext): Checker {
  const clocksMs = options.clockSkewMs + (options.clockJumpMaxMs ?? 0)
  const latest = new Map<number, number>()

  function look(member: number, sequence: number, logTimeMs: number): void {
    const before = latest.get(member) ?? 0
    if (logTimeMs < before) violation(`log time goes back at ${sequence}, by ${before - logTimeMs} ms`)
    latest.set(member, logTimeMs)
    const aheadMs = logTimeMs - nowMs() - clocksMs
    if (aheadMs > LOG_TIME_SKEW_MAX_MS)
      violation(`log time is ${Math.round(aheadMs)} ms ahead of all clocks at ${sequence}`)
  }

  return {
    onStart(member, { state }) {
      latest.set(member, state.sequence === 0 ? 0 : state.logTimeMs)
    },
    onExecuted: (member, { outcome }) => look(member, outcome.segment.sequence, outcome.segment.logTimeMs),
  }
}
