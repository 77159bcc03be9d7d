/** Many worlds, on many cores, with a progress bar and a summary. A world that fails stops nobody, unless that is wanted. */
import { performance } from 'node:perf_hooks'
import type { SimulationOptions } from '../../../sim/options.ts'
import { createSweep } from '../../../sim/sweep.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { saveWorld } from './options-file.ts'
import { runPool, seedOf } from './pool.ts'
import { createProgress, type Progress } from './progress.ts'
import { type SweepReport, sweepLines } from './report.ts'
import { checkWorld } from './world-schema.ts'
import { optionsOf, type WorldDone, type WorldOrder } from './world-worker.ts'

export interface SweepRun {
  readonly from: number
  readonly to: number
  readonly changes: Partial<SimulationOptions>
  /** Worlds that are about the network's keys. */
  readonly keys: boolean
  readonly jobs: number
  readonly failFast: boolean
  /** Where worlds that fail are written. */
  readonly save: string | null
  readonly json: boolean
  /** What a person writes after a seed to get the same world. */
  readonly again: string
}

/** A world takes a part of a second; whatever takes so long hangs. */
const WORLD_MS = 900_000

/** @throws CommandError when something that must hold did not, and when it was interrupted; the summary is printed before */
export async function runSweep(
  run: SweepRun,
  components: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const { terminal, signal } = components
  checkFirstWorlds(run)
  const startMs = performance.now()
  const progress = createProgress(
    { total: run.to - run.from + 1, unit: 'worlds' },
    { terminal, stderr: process.stderr, nowMs: () => performance.now() },
  )
  const { report } = await runAll(run, { terminal, signal, progress, startMs })
  if (run.json) terminal.printJson(report)
  else for (const line of sweepLines(report, `${run.from}..${run.to}`)) terminal.print(line)
  const failed = report.failed.length + report.broken.length
  const first = Math.min(...report.failed, ...report.broken.map(({ seed }) => seed))
  if (failed > 0)
    throw new CommandError(
      EXIT.violation,
      `${failed} of ${report.worlds + report.broken.length} worlds failed; quorate sim --seed ${first}${run.again} shows the first`,
    )
  signal.throwIfAborted()
}

/** Of seeds whose worlds are drawn before the first is run: what is set may not go with what is drawn. */
const FIRST_WORLDS = 1_000

function checkFirstWorlds({ from, to, changes, keys }: SweepRun): void {
  for (let seed = from; seed <= Math.min(to, from + FIRST_WORLDS - 1); seed++) orderOf(seed, changes, keys)
}

/** @throws ConfigError when there is no such world; what is drawn alone always is one */
function orderOf(seed: number, changes: Partial<SimulationOptions>, keys: boolean): WorldOrder {
  const order = { seed, changes, keys }
  if (Object.keys(changes).length > 0) checkWorld(optionsOf(order), `the world of seed ${seed}`)
  return order
}

async function runAll(
  run: SweepRun,
  components: {
    readonly terminal: Terminal
    readonly signal: AbortSignal
    readonly progress: Progress
    readonly startMs: number
  },
): Promise<{ report: SweepReport }> {
  const { terminal, signal, progress, startMs } = components
  const sweep = createSweep()
  const broken: { seed: number; why: string }[] = []
  const stop = new AbortController()
  let nextSeed = run.from
  let ended = 0
  let failed = 0
  const onEnded = (): void => progress.update(++ended, failed)
  const onFailed = (seed: number, line: string): void => {
    failed += 1
    progress.close()
    terminal.note(`seed ${seed} ${line}`)
    if (run.failFast) stop.abort()
  }
  const onDone = ({ options, result }: WorldDone): void => {
    sweep.add({ options, result })
    const [first] = result.violations
    if (first !== undefined) {
      onFailed(options.seed, `${first.checker}: ${first.text}`)
      if (run.save !== null) saveWorld(run.save, options, result.violations)
    }
    onEnded()
  }
  await runPool(
    { jobs: run.jobs, worldMs: WORLD_MS },
    {
      next: () => (nextSeed > run.to ? null : orderOf(nextSeed++, run.changes, run.keys)),
      onDone,
      onBroken(order, why) {
        broken.push({ seed: seedOf(order), why })
        onFailed(seedOf(order), why.split('\n')[0] ?? why)
        onEnded()
      },
    },
    AbortSignal.any([signal, stop.signal]),
  )
  progress.close()
  return { report: { ...sweep.summary(), broken, wallMs: Math.round(performance.now() - startMs) } }
}
