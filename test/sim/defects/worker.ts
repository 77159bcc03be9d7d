import { parentPort } from 'node:worker_threads'
import { curveOf } from '../../../src/interfaces/cli/sim/world-curve.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import type { SimulationOptions } from '../../../src/sim/options.ts'
import { type SimulationResult, simulate } from '../../../src/sim/simulation.ts'

/**
 * The entry that is bundled, with a defect or without: runs one world after the other, as they are handed to it. The worlds are drawn
 * outside, so that a defect in what drawing uses cannot change them.
 */
export interface WorldDone {
  /** The first; null: everything held. */
  readonly violation: SimulationResult['violations'][number] | null
}

parentPort?.on('message', async (options: SimulationOptions) => {
  const { violations } = await simulate(options, {
    loggerOf: () => silentLogger,
    curve: await curveOf(options),
  })
  const done: WorldDone = { violation: violations[0] ?? null }
  parentPort?.postMessage(done)
})
