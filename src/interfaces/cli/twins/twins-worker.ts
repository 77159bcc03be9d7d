/** Runs scenarios on the production runtime in a thread of its own, one after the other, as they are asked for. */
import { parentPort } from 'node:worker_threads'
import { runTwins } from '../../../sim/twins/run-twins.ts'
import { createScenarioFinder } from '../../../sim/twins/spaces.ts'
import type { TwinsDone, TwinsTask } from './twins-task.ts'

const find = createScenarioFinder()

parentPort?.on('message', async ({ order }: TwinsTask) => {
  const result = await runTwins(find(order))
  parentPort?.postMessage({ order, result } satisfies TwinsDone)
})
