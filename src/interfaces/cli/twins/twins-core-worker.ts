/** Runs scenarios on the core in a thread of its own, one after the other, as they are asked for. */
import { parentPort } from 'node:worker_threads'
import { runTwinsOnCore } from '../../../sim/twins/core/run-core.ts'
import { createScenarioFinder } from '../../../sim/twins/spaces.ts'
import type { TwinsDone, TwinsTask } from './twins-task.ts'

const find = createScenarioFinder()

parentPort?.on('message', ({ order, shuffleSeed }: TwinsTask) => {
  const result = runTwinsOnCore(find(order), { shuffleSeed })
  parentPort?.postMessage({ order, result } satisfies TwinsDone)
})
