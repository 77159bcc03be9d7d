/** Runs scenarios on the core in a thread of its own, one after the other, as they are asked for. */
import { parentPort } from 'node:worker_threads'
import { runTwinsOnCore } from '../../../sim/twins/core/run-core.ts'
import { createScenarioFinder, type TwinsOrder } from '../../../sim/twins/spaces.ts'
import type { TwinsDone } from './twins-worker.ts'

/** What either worker is asked for. */
export interface TwinsTask {
  readonly order: TwinsOrder
  /** Null on the runtime, where delays decide what arrives first. */
  readonly shuffleSeed: number | null
}

const find = createScenarioFinder()

parentPort?.on('message', ({ order, shuffleSeed }: TwinsTask) => {
  const result = runTwinsOnCore(find(order), { shuffleSeed })
  parentPort?.postMessage({ order, result } satisfies TwinsDone)
})
