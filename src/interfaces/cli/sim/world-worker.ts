/** Runs worlds in a thread of its own, one after the other, as they are asked for. */
import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { silentLogger } from '../../../lib/logger.ts'
import { drawOptions, type SimulationOptions } from '../../../sim/options.ts'
import { simulate } from '../../../sim/simulation.ts'
import type { World } from '../../../sim/sweep.ts'

/** A seed to draw a world from, with what is not left to the seed; or the whole world. */
export type WorldOrder =
  | { readonly seed: number; readonly changes: Partial<SimulationOptions> }
  | { readonly options: SimulationOptions }

export interface WorldDone extends World {
  readonly wallMs: number
}

export function optionsOf(order: WorldOrder): SimulationOptions {
  return 'options' in order ? order.options : drawOptions(order.seed, order.changes)
}

parentPort?.on('message', async (order: WorldOrder) => {
  const options = optionsOf(order)
  const startMs = performance.now()
  const result = await simulate(options, { loggerOf: () => silentLogger })
  parentPort?.postMessage({ options, result, wallMs: performance.now() - startMs } satisfies WorldDone)
})
