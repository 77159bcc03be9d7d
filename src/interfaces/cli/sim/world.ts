/** One world: its options first, then what came of it. */
import type { SimulationOptions } from '../../../sim/options.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { saveWorld } from './options-file.ts'
import { runPool, seedOf } from './pool.ts'
import { optionLines, resultLines } from './report.ts'
import { optionsOf, type WorldDone, type WorldOrder } from './world-worker.ts'

const WORLD_MS = 3_600_000

export interface WorldRun {
  readonly order: WorldOrder
  readonly json: boolean
  /** Where a world that fails is written. */
  readonly save: string | null
}

/** @throws CommandError when something that must hold did not */
export async function runWorld(
  { order, json, save }: WorldRun,
  components: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const { terminal, signal } = components
  const options = optionsOf(order)
  if (!json) for (const line of optionLines(options)) terminal.print(line)
  const done = await terminal.progress('simulating', runInThread(options, signal))
  const { result, wallMs } = done
  if (json) terminal.printJson({ options, result, wallMs: Math.round(wallMs) })
  else for (const line of resultLines(result, wallMs)) terminal.print(line)
  if (result.violations.length === 0) return
  if (save !== null) terminal.note(`written: ${saveWorld(save, options, result.violations)}`)
  throw new CommandError(EXIT.violation, `the world of seed ${seedOf(order)} failed`)
}

/** In a thread, so that Ctrl-C is heard meanwhile. */
async function runInThread(options: SimulationOptions, signal: AbortSignal): Promise<WorldDone> {
  const orders: WorldOrder[] = [{ options }]
  const outcome: { done: WorldDone | null; why: string } = { done: null, why: '' }
  await runPool(
    { jobs: 1, worldMs: WORLD_MS },
    {
      next: () => orders.pop() ?? null,
      onDone: done => {
        outcome.done = done
      },
      onBroken: (_order, why) => {
        outcome.why = why
      },
    },
    signal,
  )
  signal.throwIfAborted()
  if (outcome.done === null) throw new CommandError(EXIT.violation, outcome.why)
  return outcome.done
}
