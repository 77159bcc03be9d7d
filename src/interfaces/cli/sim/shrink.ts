/** A smaller world that fails like this one, as a file for the worlds that failed once. */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { SimulationOptions } from '../../../sim/options.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { saveWorld, worldFile } from './options-file.ts'
import { resultLines } from './report.ts'
import type { ShrinkNews, ShrinkOrder } from './shrink-worker.ts'
import { runInThread } from './world.ts'
import { optionsOf, type WorldOrder } from './world-worker.ts'

export interface ShrinkRun {
  readonly order: WorldOrder
  readonly triesMax: number
  /** Where the small world is written too. */
  readonly save: string | null
}

interface Components {
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

const WORKER_SCRIPT = fileURLToPath(new URL('./shrink-worker.js', import.meta.url))
const SEEDS_PER_CHANGE = 4

/** Prints the small world; what Ctrl-C left of it too. @throws CommandError when the world does not fail */
export async function runShrink({ order, triesMax, save }: ShrinkRun, components: Components): Promise<void> {
  const { terminal, signal } = components
  const options = optionsOf(order)
  const first = await terminal.progress('simulating', runInThread({ options }, signal))
  const [violation] = first.result.violations
  if (violation === undefined)
    throw new CommandError(EXIT.usage, `the world of seed ${options.seed} does not fail: nothing to shrink`)
  terminal.note(`${violation.checker}: ${violation.text}`)
  const { checker } = violation
  const smallest = await shrinkInThread(
    { options, checker, triesMax, seedsPerChange: SEEDS_PER_CHANGE },
    components,
  )
  const { result, wallMs } = await runInThread({ options: smallest }, new AbortController().signal)
  for (const line of resultLines(result, wallMs)) terminal.note(line)
  terminal.print(worldFile(smallest, result.violations).trimEnd())
  if (save !== null) terminal.note(`written: ${saveWorld(save, smallest, result.violations)}`)
  signal.throwIfAborted()
}

/** @returns the smallest world that was found until now when it is interrupted */
function shrinkInThread(order: ShrinkOrder, { terminal, signal }: Components): Promise<SimulationOptions> {
  let smallest = order.options
  const worker = new Worker(WORKER_SCRIPT)
  return new Promise<SimulationOptions>((resolve, reject) => {
    worker.on('message', (news: ShrinkNews) => {
      smallest = news.options
      if (news.type === 'smaller') return terminal.note(`still fails: ${news.change}`)
      terminal.note(
        `${news.tries} worlds tried${news.isSmallest ? '' : ': stopped there, it may be smaller still'}`,
      )
      resolve(smallest)
    })
    worker.on('error', reject)
    signal.addEventListener('abort', () => resolve(smallest), { once: true })
    worker.postMessage(order)
  }).finally(() => worker.terminate())
}
