/** Runs scenarios on the production runtime in a thread of its own, one after the other, as they are asked for. */
import { parentPort } from 'node:worker_threads'
import { runTwins, type TwinsResult } from '../../../sim/twins/run-twins.ts'
import { createScenarioFinder, type TwinsOrder } from '../../../sim/twins/spaces.ts'
import type { TwinsTask } from './twins-core-worker.ts'

export interface TwinsDone {
  readonly order: TwinsOrder
  readonly result: TwinsResult
}

const find = createScenarioFinder()

parentPort?.on('message', async ({ order }: TwinsTask) => {
  const result = await runTwins(find(order))
  parentPort?.postMessage({ order, result } satisfies TwinsDone)
})
