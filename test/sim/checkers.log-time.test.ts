import { describe, expect, it } from 'vitest'
import { replicaId } from '../../src/pbft/types.ts'
import type { Executed } from '../../src/runtime/execution.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import { createLogTime } from '../../src/sim/checkers/log-time.ts'
import { createGround, EPOCH_MS } from '../../src/sim/ground.ts'
import { drawOptions } from '../../src/sim/options.ts'

const options = { ...drawOptions(1, { n: 4 }), clockSkewMs: 500, clockJumpMaxMs: 1_500 }
const member = replicaId(2)

/** @returns what is said of sequences with these log times, in milliseconds since the world began */
function complaints(times: readonly number[], nowMs = 60_000): readonly string[] {
  const violations: string[] = []
  const { scope, reader } = createGround(options)
  const checker = createLogTime({
    options,
    scope,
    reader,
    isFaulty: () => false,
    isSubmitted: () => true,
    nowMs: () => EPOCH_MS + nowMs,
    violation: text => violations.push(text),
    undecided: text => violations.push(text),
  })
  checker.onStart?.(member, { state: { sequence: 0 } } as ReplicaRuntime)
  for (const [i, timeMs] of times.entries()) {
    const segment = { sequence: i + 1, logTimeMs: EPOCH_MS + timeMs }
    checker.onExecuted?.(member, { outcome: { segment } } as unknown as Executed)
  }
  return violations
}

describe('log time', () => {
  it('may stand still, and lie as far ahead as clocks and backups allow', () => {
    expect(complaints([100, 100, 72_000])).toEqual([])
  })

  it('may not go back', () => {
    expect(complaints([100, 99])).toEqual(['log time goes back at 2, by 1 ms'])
  })

  it('may not be farther ahead', () => {
    expect(complaints([72_001])).toEqual(['log time is 10001 ms ahead of all clocks at 1'])
  })
})
