/** `quorate sim`: whole networks in one process, each from one number. */
import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import type { SimulationOptions } from '../../../sim/options.ts'
import { CommandError, EXIT } from '../failure.ts'
import { refuseBeside } from '../flags.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate sim --seed 7                              one world: its options, what came of it, its hash
  quorate sim --seeds 1..100000 --save failing      many worlds on all cores; those that fail go to files
  quorate sim --seeds 1..500 --set n=7 --set loss=0.2
  quorate sim --seeds 1..500 --keys                 worlds whose members make keys together, and lose and refresh them
  quorate sim --options failing/seed-512.json       that world again
  quorate sim --seed 7 --trace conversation.txt     everything that was said in it
  quorate sim --seed 512 --shrink > small.json      a smaller world in which the same goes wrong

The same options give the same world and the same hash, on any machine. Exit code 1: something that must always hold did
not; 2: wrong flags, or no world can be like that.`

interface SimFlags {
  readonly seed?: number
  readonly seeds?: SeedRange
  readonly options?: string
  readonly set?: Readonly<Record<string, unknown>>
  readonly keys?: boolean
  readonly jobs?: number
  readonly failFast?: boolean
  readonly save?: string
  readonly trace?: string
  readonly shrink?: boolean
  readonly tries?: number
  readonly json?: boolean
}

export interface SeedRange {
  readonly from: number
  readonly to: number
}

const TRIES = 2_000
const SEED_MAX = Number.MAX_SAFE_INTEGER

export function addSimCommand(program: Command, terminal: Terminal): void {
  program
    .command('sim')
    .description('simulate whole networks, each from one number, and check what must always hold')
    .option('--seed <n>', 'the world of this number', integerBetween(0, 999_999_999_999_999))
    .option('--seeds <from..to>', 'the worlds of all these numbers', seedRange)
    .option('--options <file>', 'the world that this file describes')
    .option('--set <name=value>', 'an option that is not left to the seed; value as JSON', setting)
    .option('--keys', 'draw worlds that are about the network’s keys: times, losses, requests and lies')
    .option('--jobs <n>', 'worlds at a time (default: the number of cores)', integerBetween(1, 1_024))
    .option('--fail-fast', 'stop at the first world that fails')
    .option('--save <directory>', 'write worlds that fail there, one file each')
    .option('--trace <file>', 'write there who said what to whom, of one world')
    .option('--shrink', 'find a smaller world that fails like this one, and print it as JSON')
    .option(
      '--tries <n>',
      `worlds that --shrink tries at most (default: ${TRIES})`,
      integerBetween(1, 1_000_000),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: SimFlags) => run(flags, terminal))
}

function seedRange(text: string): SeedRange {
  const match = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text)
  const [from, to] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || from > to || to > SEED_MAX)
    throw new InvalidArgumentError('allowed: two integers such as 1..1000, the lower one first.')
  return { from, to }
}

function setting(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(0, at))
  try {
    if (name !== '') return { ...before, [name]: JSON.parse(text.slice(at + 1)) as unknown }
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('allowed: the name of an option, =, and a value as JSON, such as n=7.')
}

async function run(flags: SimFlags, terminal: Terminal): Promise<void> {
  const { seed, seeds, options } = flags
  const given = [seed, seeds, options].filter(one => one !== undefined)
  if (given.length !== 1)
    throw new CommandError(EXIT.usage, 'give one of --seed, --seeds and --options; see quorate sim --help')
  if (seeds !== undefined && (flags.trace !== undefined || flags.shrink === true))
    throw new CommandError(EXIT.usage, '--trace and --shrink are for one world: give --seed or --options')
  if (seeds === undefined) refuseBeside('one world', flags, ['jobs', 'failFast'])
  if (options !== undefined) refuseBeside('--options', flags, ['keys'])
  if (flags.shrink === true) refuseBeside('--shrink', flags, ['trace'])
  else if (flags.tries !== undefined) throw new CommandError(EXIT.usage, '--tries is for --shrink')
  if (options === undefined && flags.set?.seed !== undefined)
    throw new CommandError(EXIT.usage, '--set seed is for --options: --seed and --seeds say the seed')
  if (flags.save !== undefined) {
    const { prepareDirectory } = await import('../sim/options-file.ts')
    prepareDirectory(flags.save)
  }
  const interrupt = onInterrupt()
  try {
    if (seeds !== undefined) await sweep(flags, seeds, interrupt.signal, terminal)
    else await single(flags, interrupt.signal, terminal)
  } finally {
    interrupt.dispose()
  }
}

async function sweep(
  flags: SimFlags,
  seeds: SeedRange,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<void> {
  const { runSweep } = await import('../sim/sweep.ts')
  const { checkChanges } = await import('../sim/world-schema.ts')
  await runSweep(
    {
      ...seeds,
      changes: checkChanges(flags.set ?? {}),
      keys: flags.keys === true,
      jobs: flags.jobs ?? availableParallelism(),
      failFast: flags.failFast === true,
      save: flags.save ?? null,
      json: flags.json === true,
      again: settingsText(flags),
    },
    { terminal, signal },
  )
}

/** What was set, as it is written after a seed. */
function settingsText({ set = {}, keys = false }: SimFlags): string {
  const settings = Object.entries(set).map(([name, value]) => ` --set '${name}=${JSON.stringify(value)}'`)
  return [keys ? ' --keys' : '', ...settings].join('')
}

async function single(flags: SimFlags, signal: AbortSignal, terminal: Terminal): Promise<void> {
  const { runWorld } = await import('../sim/world.ts')
  const order = { options: await optionsFrom(flags) }
  if (flags.shrink === true) {
    const { runShrink } = await import('../sim/shrink.ts')
    return runShrink(
      { order, triesMax: flags.tries ?? TRIES, save: flags.save ?? null },
      { terminal, signal },
    )
  }
  const again = flags.options === undefined ? `--seed ${flags.seed}` : `--options ${flags.options}`
  await runWorld(
    {
      order,
      json: flags.json === true,
      save: flags.save ?? null,
      trace: flags.trace ?? null,
      again: again + settingsText(flags),
    },
    { terminal, signal },
  )
}

/** @throws ConfigError when there is no such world */
async function optionsFrom({
  seed = 0,
  options: file,
  set = {},
  keys = false,
}: SimFlags): Promise<SimulationOptions> {
  const { checkChanges, checkWorld } = await import('../sim/world-schema.ts')
  if (file === undefined) {
    const { optionsOf } = await import('../sim/world-worker.ts')
    return checkWorld(optionsOf({ seed, keys, changes: checkChanges(set) }), `the world of seed ${seed}`)
  }
  const { readOptionsFile } = await import('../sim/options-file.ts')
  return checkWorld({ ...readOptionsFile(file), ...set }, `the world of ${file}`)
}
