/** Makes a world smaller in a thread of its own, and says each smaller one as it is found. */
import { parentPort } from 'node:worker_threads'
import { silentLogger } from '../../../lib/logger.ts'
import type { SimulationOptions } from '../../../sim/options.ts'
import { type Shrunk, shrink } from '../../../sim/shrink.ts'
import { type SimulationResult, simulate } from '../../../sim/simulation.ts'
import { curveOf } from './world-curve.ts'
import { worldProblems } from './world-schema.ts'

export interface ShrinkOrder {
  readonly options: SimulationOptions
  /** The checker that must complain. */
  readonly checker: string
  readonly triesMax: number
  readonly seedsPerChange: number
}

export type ShrinkNews =
  | { readonly type: 'smaller'; readonly options: SimulationOptions; readonly change: string }
  | ({ readonly type: 'done' } & Shrunk)

const say = (news: ShrinkNews): void => parentPort?.postMessage(news)

parentPort?.once('message', async ({ options, checker, triesMax, seedsPerChange }: ShrinkOrder) => {
  const shrunk = await shrink(options, {
    fails: async candidate => {
      const violations = (await resultOf(candidate))?.violations ?? []
      return violations.some(violation => violation.checker === checker)
    },
    onSmaller: (smaller, change) => say({ type: 'smaller', options: smaller, change }),
    triesMax,
    seedsPerChange,
  })
  say({ type: 'done', ...shrunk })
})

/** Null: no world can be like this, and no file could bring it back. */
async function resultOf(options: SimulationOptions): Promise<SimulationResult | null> {
  if (worldProblems(options).length > 0) return null
  try {
    return await simulate(options, { loggerOf: () => silentLogger, curve: await curveOf(options) })
  } catch {
    return null
  }
}
