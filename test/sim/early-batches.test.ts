import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { crash } from '../../src/sim/sentences.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'

/**
 * Batches whose time has not come are ordered and come to nothing. Members that were away then, or began without knowing, must not wait
 * for them: the primary is correct, so nobody has a reason to leave the first view.
 */
const world = (seed: number): SimulationOptions =>
  calmOptions(seed, {
    byzantine: [{ member: 3, behaviours: ['early-batches'] }],
    faultsMs: 12_000,
    transactions: 60,
    historySequences: 0,
    sentences: [crash(2).at(3_000).for(4_000), crash(1).at(8_500).for(1_500)],
  })

describe('a member that spreads batches whose time has not come', BUSY_MACHINE, () => {
  it.each([1, 2, 3, 4])('makes nobody leave the view, seed %i', async seed => {
    const { violations, views, lies } = await simulate(world(seed), { loggerOf: () => silentLogger })
    expect(violations).toEqual([])
    expect(lies['early-batches: an old batch shown again']).toBeGreaterThan(0)
    expect(views).toBe(0)
  })
})
