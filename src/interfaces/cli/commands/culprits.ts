/** `quorate culprits`: who broke a network, by the disks of its members; and the same for simulated networks, where it is known. */
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Command } from 'commander'
import { toHex } from '../../../lib/bytes.ts'
import { silentLogger } from '../../../lib/logger.ts'
import type { NamedCulprit } from '../../../node/disk-report.ts'
import type { BeyondOptions, BeyondResult } from '../../../sim/beyond.ts'
import { CommandError, EXIT } from '../failure.ts'
import { refuseBeside } from '../flags.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween } from '../numbers.ts'
import { createProgress } from '../sim/progress.ts'
import { type Terminal, table } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate culprits --config ann/quorate.json --config bob/quorate.json --json > proofs.json
  quorate culprits                                  simulated networks, of seeds 1 to 100
  quorate culprits --from 512 --to 512 --json       one of them, with the proofs' names

With --config the databases of nodes that do not run are searched for signed statements that no correct member makes: two votes for
one place, two states, a commit that a later VIEW-CHANGE does not know, NEW-VIEWs that do not follow. All proofs are judged by the
members' keys alone. It takes what both sides were told: give the disks of as many members as there are. A member that lost
its disk may seem to have forgotten a commit.

Exit code 1: with --config somebody is named; otherwise somebody correct was, or too few of those who broke agreement, or a
proof convinces nobody; 2: wrong flags.`

interface CulpritsFlags {
  readonly config?: readonly string[]
  readonly from?: number
  readonly to?: number
  readonly json?: boolean
}

interface World {
  readonly seed: number
  readonly options: BeyondOptions
  readonly result: BeyondResult
}

const SEED_MAX = 999_999_999_999
const FROM = 1
const TO = 100

export function addCulpritsCommand(program: Command, terminal: Terminal): void {
  program
    .command('culprits')
    .description('name who broke a network, by the disks of its members, or try it on simulated networks')
    .option(
      '--config <file>',
      'search the disk of this node, which does not run; once for each node',
      another,
    )
    .option('--from <n>', `the first seed (default: ${FROM})`, integerBetween(0, SEED_MAX))
    .option('--to <n>', `the last seed (default: ${TO})`, integerBetween(0, SEED_MAX))
    .option('--json', 'print JSON, with the proofs, or a world a line')
    .addHelpText('after', EXAMPLES)
    .action((flags: CulpritsFlags) =>
      flags.config === undefined ? run(flags, terminal) : searchReal(flags.config, flags, terminal),
    )
}

function another(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file]
}

async function searchReal(files: readonly string[], flags: CulpritsFlags, terminal: Terminal): Promise<void> {
  refuseBeside('--config', flags, ['from', 'to'])
  const [{ loadConfig }, { searchDisks }] = await Promise.all([
    import('../../../node/config-sources.ts'),
    import('../../../node/disk-report.ts'),
  ])
  const configs = files.map(file => loadConfig(file, {}, {}))
  const { entries, culprits } = await terminal.progress('searching', searchDisks(configs))
  if (flags.json === true) terminal.printJson({ entries, culprits: culprits.map(withBytesAsText) })
  else for (const line of namedLines(culprits)) terminal.print(line)
  terminal.note(`${entries} entries of ${files.length} databases searched, ${culprits.length} members named`)
  if (culprits.length > 0) throw new CommandError(EXIT.violation, 'members broke the protocol')
}

function withBytesAsText(culprit: NamedCulprit) {
  const evidence = culprit.evidence.map(({ fault, parts }) => ({ fault, parts: parts.map(toHex) }))
  return { ...culprit, evidence }
}

function namedLines(culprits: readonly NamedCulprit[]): readonly string[] {
  if (culprits.length === 0) return []
  return table([
    ['member', 'name', 'public key', 'what it did'],
    ...culprits.map(({ index, name, publicKey, evidence }) => {
      return [String(index), name, publicKey, evidence.map(({ fault }) => fault).join(', ')]
    }),
  ])
}

async function run({ from = FROM, to = TO, json = false }: CulpritsFlags, terminal: Terminal): Promise<void> {
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
