/** `quorate culprits`: simulated networks with more faulty members than they bear; are those named who broke them? */
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Command } from 'commander'
import { silentLogger } from '../../../lib/logger.ts'
import type { BeyondOptions, BeyondResult } from '../../../sim/beyond.ts'
import { CommandError, EXIT } from '../failure.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween } from '../numbers.ts'
import { createProgress } from '../sim/progress.ts'
import { type Terminal, table } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate culprits                                  the worlds of seeds 1 to 100
  quorate culprits --from 512 --to 512 --json       one of them, with the proofs' names

Exit code 1: somebody correct was named, or too few of those who broke agreement, or a proof convinces nobody; 2: wrong flags.`

interface CulpritsFlags {
  readonly from: number
  readonly to: number
  readonly json?: boolean
}

interface World {
  readonly seed: number
  readonly options: BeyondOptions
  readonly result: BeyondResult
}

const SEED_MAX = 999_999_999_999

export function addCulpritsCommand(program: Command, terminal: Terminal): void {
  program
    .command('culprits')
    .description('break simulated networks by too many faulty members, and see who is named')
    .option('--from <n>', 'the first seed', integerBetween(0, SEED_MAX), 1)
    .option('--to <n>', 'the last seed', integerBetween(0, SEED_MAX), 100)
    .option('--json', 'print JSON, a world a line')
    .addHelpText('after', EXAMPLES)
    .action((flags: CulpritsFlags) => run(flags, terminal))
}

async function run({ from, to, json = false }: CulpritsFlags, terminal: Terminal): Promise<void> {
  if (from > to) throw new CommandError(EXIT.usage, `there is no seed from ${from} to ${to}`)
  const interrupt = onInterrupt()
  try {
    const worlds = await runWorlds({ from, to, json }, { terminal, signal: interrupt.signal })
    if (!json) for (const line of summary(worlds)) terminal.print(line)
    const failed = worlds.filter(({ result }) => result.violations.length > 0).length
    if (failed > 0) throw new CommandError(EXIT.violation, `${failed} of ${worlds.length} worlds failed`)
    interrupt.signal.throwIfAborted()
  } finally {
    interrupt.dispose()
  }
}

/** @returns those that were run when `signal` aborts */
async function runWorlds(
  { from, to, json }: { readonly from: number; readonly to: number; readonly json: boolean },
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<readonly World[]> {
  const { drawBeyond, simulateBeyond } = await import('../../../sim/beyond.ts')
  const progress = createProgress(
    { total: to - from + 1, unit: 'worlds' },
    { terminal, stderr: process.stderr, nowMs: () => performance.now() },
  )
  const worlds: World[] = []
  let failed = 0
  for (let seed = from; seed <= to && !signal.aborted; seed++) {
    const options = drawBeyond(seed)
    const result = await simulateBeyond(options, { loggerOf: () => silentLogger })
    const world = { seed, options, result }
    worlds.push(world)
    const { violations } = result
    if (violations.length > 0) failed += 1
    if (json || violations.length > 0) progress.close()
    if (json) terminal.printJson(linesOf(world))
    for (const violation of violations) terminal.note(`seed ${seed}: ${violation}`)
    progress.update(worlds.length, failed)
    // A world waits for nothing outside of it: only between two of them is Ctrl-C heard.
    await setImmediate()
  }
  progress.close()
  return worlds
}

function linesOf({ seed, options, result }: World) {
  const { evidence, stopped, ...rest } = result
  return {
    seed,
    n: options.n,
    plan: options.collusion.plan,
    apart: options.apart,
    colluding: options.byzantine.map(({ member }) => member),
    ...rest,
    stopped: [...stopped],
    faults: evidence.map(({ replica, fault }) => `${replica} ${fault}`),
  }
}

/** Named: fewest and median over the worlds in which agreement broke. */
function summary(worlds: readonly World[]): readonly string[] {
  const plans = new Map<string, World[]>()
  for (const world of worlds) {
    const { collusion, apart } = world.options
    const name = apart ? `${collusion.plan}, sides apart` : collusion.plan
    plans.set(name, [...(plans.get(name) ?? []), world])
  }
  const rows = [...plans].sort(([a], [b]) => (a < b ? -1 : 1))
  return table([
    ['plan', 'worlds', 'broken', 'stopped', 'named', 'median'],
    ...[...rows, ['all', worlds] as const].map(([name, of]) => [name, ...countsOf(of)]),
  ])
}

function countsOf(worlds: readonly World[]): readonly string[] {
  const broken = worlds.filter(({ result }) => result.isBroken)
  const stopped = broken.filter(({ result }) => result.stopped.size > 0)
  const named = broken.map(({ result }) => result.culprits.length).sort((a, b) => a - b)
  const median = named[Math.floor(named.length / 2)]
  return [worlds.length, broken.length, stopped.length, named[0] ?? '-', median ?? '-'].map(String)
}
