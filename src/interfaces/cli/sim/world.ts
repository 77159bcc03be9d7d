/** One world: its options first, then what came of it; and what was said before something went wrong. */
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { createLineFile } from './line-file.ts'
import { saveWorld } from './options-file.ts'
import { runPool } from './pool.ts'
import { optionLines, resultLines } from './report.ts'
import { optionsOf, type WorldDone, type WorldOrder } from './world-worker.ts'

const WORLD_MS = 3_600_000
/** What a person reads of a conversation; all of it is in the file of --trace. */
const LINES_SHOWN = 60

export interface WorldRun {
  readonly order: WorldOrder
  readonly json: boolean
  /** Where a world that fails is written. */
  readonly save: string | null
  /** Where the whole conversation is written. */
  readonly trace: string | null
  /** How a person names this world to the command again. */
  readonly again: string
}

interface Components {
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** @throws CommandError when something that must hold did not */
export async function runWorld(run: WorldRun, components: Components): Promise<void> {
  const { terminal, signal } = components
  const { order, json, save, trace } = run
  const options = optionsOf(order)
  // The thread of the world writes it; here a person is told in time when it cannot.
  if (trace !== null) createLineFile(trace).close()
  if (!json) for (const line of optionLines(options)) terminal.print(line)
  const listen = trace === null ? {} : { listen: { linesMax: LINES_SHOWN, file: trace } }
  const done = await terminal.progress('simulating', runInThread({ options, ...listen }, signal))
  const { result, wallMs } = done
  const isGood = result.violations.length === 0
  const conversation = isGood ? [] : await listenAgain(done, components)
  if (json) terminal.printJson({ options, result, wallMs: Math.round(wallMs), conversation })
  else for (const line of resultLines(result, wallMs)) terminal.print(line)
  if (isGood) return
  if (!json) for (const line of conversationLines(conversation)) terminal.print(line)
  if (save !== null) terminal.note(`written: ${saveWorld(save, options, result.violations)}`)
  terminal.note(`again:   quorate sim ${run.again} --trace trace.txt`)
  terminal.note(`smaller: quorate sim ${run.again} --shrink`)
  throw new CommandError(EXIT.violation, `the world of seed ${options.seed} failed`)
}

/** The same world with somebody who listens, which is slower; it must end in the same way. */
async function listenAgain(
  { options, result, conversation }: WorldDone,
  { terminal, signal }: Components,
): Promise<readonly string[]> {
  if (conversation.length > 0) return conversation
  const order: WorldOrder = { options, listen: { linesMax: LINES_SHOWN, file: null } }
  const again = await terminal.progress('listening', runInThread(order, signal))
  if (again.result.hash !== result.hash)
    terminal.note(`NOT DETERMINISTIC: ${result.hash} at first, ${again.result.hash} at the second time`)
  return again.conversation
}

function conversationLines(conversation: readonly string[]): string[] {
  return [
    `the last ${conversation.length} lines of the conversation: seconds, who, what, and to whom after how many ms`,
    ...conversation,
  ]
}

/** In a thread, so that Ctrl-C is heard meanwhile. */
export async function runInThread(order: WorldOrder, signal: AbortSignal): Promise<WorldDone> {
  const orders = [order]
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
