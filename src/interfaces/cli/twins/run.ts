/** Many scenarios of twins, on many cores, with progress and a summary; or one. */
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { type Conversation, createConversation } from '../../../sim/conversation.ts'
import { runTwinsOnCore } from '../../../sim/twins/core/run-core.ts'
import { runTwins, type TwinsResult } from '../../../sim/twins/run-twins.ts'
import type { TwinsScenario } from '../../../sim/twins/scenario.ts'
import { createScenarioFinder, type TwinsCourse, type TwinsOrder } from '../../../sim/twins/spaces.ts'
import { CommandError, EXIT } from '../failure.ts'
import { createLineFile } from '../sim/line-file.ts'
import { runPool } from '../sim/pool.ts'
import { createProgress, durationText } from '../sim/progress.ts'
import type { Terminal } from '../terminal.ts'
import type { TwinsDone, TwinsTask } from './twins-task.ts'

/** On what scenarios run, and in what order their messages arrive there. */
export type TwinsHow =
  | { readonly on: 'core'; readonly shuffleSeed: number | null }
  | { readonly on: 'runtime'; readonly shuffleSeed: null }

export interface TwinsRun {
  readonly course: TwinsCourse
  readonly how: TwinsHow
  /** Places in the course, both included. */
  readonly from: number
  readonly to: number
  readonly jobs: number
  readonly failFast: boolean
  readonly json: boolean
}

interface Failed {
  readonly order: TwinsOrder
  readonly why: string
}

interface Summary {
  readonly scenarios: number
  readonly failed: readonly Failed[]
  readonly wallMs: number
  /** Sums of everything in the results that is a number. */
  readonly totals: Readonly<Record<string, number>>
  /** Scenarios by number of views in which a machine of the view's primary spoke in the view's own partition. */
  readonly primariesMet: Readonly<Record<string, number>>
}

const WORKER_SCRIPTS = {
  core: fileURLToPath(new URL('./twins-core-worker.js', import.meta.url)),
  runtime: fileURLToPath(new URL('./twins-worker.js', import.meta.url)),
}
/** A scenario takes a small part of a second; whatever takes so long hangs. */
const SCENARIO_MS = 300_000
const FAILED_SHOWN = 20

interface Components {
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** @throws CommandError when something that must hold did not, and when it was interrupted; the summary is printed before */
export async function runMany(run: TwinsRun, { terminal, signal }: Components): Promise<void> {
  const summary = await runAll(run, { terminal, signal })
  if (run.json) terminal.printJson(summary)
  else for (const line of summaryLines(summary, run)) terminal.print(line)
  const [first] = summary.failed
  if (first !== undefined)
    throw new CommandError(
      EXIT.violation,
      `${summary.failed.length} of ${summary.scenarios} scenarios failed; quorate twins${flagsOf(run.how)} --scenario '${JSON.stringify(first.order)}' shows the first`,
    )
  signal.throwIfAborted()
}

function flagsOf({ on, shuffleSeed }: TwinsHow): string {
  return `${on === 'runtime' ? ' --runtime' : ''}${shuffleSeed === null ? '' : ` --shuffle ${shuffleSeed}`}`
}

async function runAll(run: TwinsRun, { terminal, signal }: Components): Promise<Summary> {
  const { course, from, to, jobs, failFast } = run
  const { on, shuffleSeed } = run.how
  const startMs = performance.now()
  const progress = createProgress(
    { total: to - from + 1, unit: 'scenarios' },
    { terminal, stderr: process.stderr, nowMs: () => performance.now() },
  )
  const failed: Failed[] = []
  const totals: Record<string, number> = {}
  const primariesMet: Record<string, number> = {}
  const stop = new AbortController()
  let next = from
  let ended = 0
  const onEnded = (order: TwinsOrder, why: string | null): void => {
    ended += 1
    if (why !== null) {
      failed.push({ order, why })
      progress.close()
      terminal.note(`scenario ${JSON.stringify(order)} ${why}`)
      if (failFast) stop.abort()
    }
    progress.update(ended, failed.length)
  }
  await runPool<TwinsTask, TwinsDone>(
    { jobs, worldMs: SCENARIO_MS, script: WORKER_SCRIPTS[on] },
    {
      next: () => (next > to ? null : { order: course.at(next++), shuffleSeed }),
      onDone({ order, result }) {
        for (const [name, value] of Object.entries(result))
          if (typeof value === 'number') totals[name] = (totals[name] ?? 0) + value
        const met = String(result.primariesMet.length)
        primariesMet[met] = (primariesMet[met] ?? 0) + 1
        const [violation] = result.violations
        onEnded(order, violation === undefined ? null : `${violation.checker}: ${violation.text}`)
      },
      onBroken: ({ order }, why) => onEnded(order, why),
    },
    AbortSignal.any([signal, stop.signal]),
  )
  progress.close()
  return { scenarios: ended, failed, wallMs: Math.round(performance.now() - startMs), totals, primariesMet }
}

function summaryLines(summary: Summary, { course, from, to }: TwinsRun): string[] {
  const { scenarios, failed, wallMs, totals, primariesMet } = summary
  const mean = (name: string): string => ((totals[name] ?? 0) / Math.max(1, scenarios)).toFixed(1)
  const means = ['sequences', 'views', 'messages', 'accused'].map(name => `${name} ${mean(name)}`)
  const met = Object.entries(primariesMet).map(([views, seen]) => `${views} in ${seen}`)
  return [
    `scenarios   ${scenarios} of ${from}..${to}, out of ${course.count}, ${failed.length === 0 ? 'no violation' : `${failed.length} FAILED`}, in ${durationText(wallMs / 1_000)}`,
    `speed       ${((scenarios / wallMs) * 1_000).toFixed(1)} scenarios/s`,
    `means       ${means.join(', ')}`,
    `primaries   views whose primary spoke in the partition of its view: ${met.join(', ')}`,
    ...failed.slice(0, FAILED_SHOWN).map(({ order, why }) => `failed      ${JSON.stringify(order)} ${why}`),
  ]
}

/** One scenario: what it is, and what came of it; its conversation goes to the file. */
export async function runOne(
  order: TwinsOrder,
  run: {
    readonly terminal: Terminal
    readonly json: boolean
    readonly trace: string | null
    readonly how: TwinsHow
  },
): Promise<void> {
  const { terminal, json, trace, how } = run
  const scenario = createScenarioFinder()(order)
  const result = await runScenario(scenario, how, trace)
  if (json) terminal.printJson({ order, how, scenario, result })
  else
    for (const [name, value] of Object.entries({ ...scenario, ...result }))
      terminal.print(`${name.padEnd(14)}${JSON.stringify(value)}`)
  if (result.violations.length > 0) throw new CommandError(EXIT.violation, 'the scenario failed')
}

async function runScenario(
  scenario: TwinsScenario,
  { on, shuffleSeed }: TwinsHow,
  trace: string | null,
): Promise<TwinsResult> {
  if (on === 'runtime') return trace === null ? runTwins(scenario) : traceOnRuntime(scenario, trace)
  if (trace === null) return runTwinsOnCore(scenario, { shuffleSeed })
  const file = createLineFile(trace)
  try {
    return runTwinsOnCore(scenario, { shuffleSeed, onLine: line => file.write(line) })
  } finally {
    file.close()
  }
}

async function traceOnRuntime(scenario: TwinsScenario, trace: string): Promise<TwinsResult> {
  const file = createLineFile(trace)
  const conversations: Conversation[] = []
  try {
    const result = await runTwins(scenario, {
      witnessOf: (scope, nowMs) => {
        const conversation = createConversation(scope, nowMs, line => file.write(line))
        conversations.push(conversation)
        return conversation
      },
    })
    for (const conversation of conversations) conversation.end()
    return result
  } finally {
    file.close()
  }
}
