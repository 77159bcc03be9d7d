import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { replicaId } from '../../src/pbft/types.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import { createCalm } from '../../src/sim/checkers/calm.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { isolate } from '../../src/sim/sentences.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { complaints } from './checker-world.ts'

/** A world that is said to be calm is one in which nobody leaves the first view. */
describe('calm', () => {
  const inView = (view: number) => ({ replica: () => ({ view }) }) as unknown as ReplicaRuntime
  const found = (views: readonly number[], isCalm: boolean) =>
    complaints(
      createCalm,
      checker => {
        for (const view of views) checker.onLook(replicaId(0), inView(view))
      },
      { options: calmOptions(1, { isCalm }) },
    )

  it('says nothing while nobody leaves, nor where it is not said to be calm', () => {
    expect(found([0, 0], true)).toEqual([])
    expect(found([0, 1], false)).toEqual([])
  })

  it('sees a view that nobody had a reason to leave', () => {
    expect(found([0, 1], true)).toEqual(['member 0 left for view 1, though nothing goes wrong'])
  })

  const checkersOf = async (changes: Partial<SimulationOptions>): Promise<readonly string[]> => {
    const { violations } = await simulate(calmOptions(1, { isCalm: true, ...changes }), {
      loggerOf: () => silentLogger,
    })
    return violations.map(({ checker }) => checker)
  }

  it('holds in a whole network, and no longer when its primary is cut off', async () => {
    expect(await checkersOf({})).toEqual([])
    expect(await checkersOf({ sentences: [isolate(0).at(500).for(4_000)] })).toContain('calm')
  })
})
