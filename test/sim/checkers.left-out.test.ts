import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { replicaId } from '../../src/pbft/types.ts'
import type { Executed } from '../../src/runtime/execution.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import { createLeftOut, servedBoundMs } from '../../src/sim/checkers/left-out.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { when } from '../../src/sim/sentences.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { complaints } from './checker-world.ts'

/** Where a world is said to serve, nobody waits for long while others are served. */
describe('left-out', () => {
  const A = replicaId(0)
  const options = calmOptions(1, { isServed: true })
  const boundMs = servedBoundMs(options)
  const executing = (id: string): Executed =>
    ({ outcome: { segment: { receipts: [{ id }] } } }) as unknown as Executed

  type At = (nowMs: number) => Required<Checker>
  function found(feed: (at: At) => void, world: SimulationOptions = options): readonly string[] {
    let now = 0
    const feedAll = (checker: Required<Checker>): void =>
      feed(nowMs => {
        now = nowMs
        return checker
      })
    return complaints(createLeftOut, feedAll, { options: world, nowMs: () => now })
  }
  const look = (checker: Required<Checker>): void => checker.onLook(A, {} as ReplicaRuntime)

  it('says nothing of what is executed in time, before or after it was accepted, nor while it may wait', () => {
    expect(
      found(at => {
        at(0).onAccepted('a')
        look(at(boundMs))
        at(boundMs).onExecuted(A, executing('a'))
        at(boundMs).onAccepted('a')
        look(at(3 * boundMs))
      }),
    ).toEqual([])
  })

  it('says nothing where it is not said to serve', () => {
    const feed = (at: At): void => {
      at(0).onAccepted('a')
      look(at(boundMs + 1))
    }
    expect(found(feed, calmOptions(1))).toEqual([])
    expect(found(feed)).toHaveLength(1)
  })

  it('sees the one that waits while others are executed, once', () => {
    const violations = found(at => {
      at(0).onAccepted('left out')
      at(1).onAccepted('b')
      at(boundMs).onAccepted('c')
      at(boundMs).onExecuted(A, executing('b'))
      look(at(boundMs + 1))
      look(at(boundMs + 2))
    })
    expect(violations).toEqual([expect.stringContaining('transaction left out was accepted')])
  })

  it('allows for each faulty primary a time-out that is twice as long', () => {
    const { viewChangeTimeoutMs } = options
    const faulty = calmOptions(1, { byzantine: [{ member: 0, behaviours: ['silent'] }] })
    expect(servedBoundMs(faulty) - boundMs).toBe(2 * viewChangeTimeoutMs)
  })

  const checkersOf = async (changes: Partial<SimulationOptions>): Promise<readonly string[]> => {
    const { violations } = await simulate(calmOptions(1, { isServed: true, ...changes }), {
      loggerOf: () => silentLogger,
    })
    return violations.map(({ checker }) => checker)
  }

  it('holds in a whole network, and no longer when nobody hears what is proposed', async () => {
    expect(await checkersOf({})).toEqual([])
    expect(await checkersOf({ sentences: [when('pre-prepare').drop()] })).toContain('left-out')
  })
})
