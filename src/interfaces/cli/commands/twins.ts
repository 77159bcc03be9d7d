/** `quorate twins`: small networks in which members have two machines with one key, scenario by scenario. */
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import type { TwinsCourse } from '../../../sim/twins/spaces.ts'
import { CommandError, EXIT } from '../failure.ts'
import { refuseBeside } from '../flags.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'
import type { TwinsHow } from '../twins/run.ts'

const EXAMPLES = `
Examples:
  quorate twins --all                               every scenario of 4 members, one of them twinned, over 3 views
  quorate twins --all --sets 3                      the same with partitions into up to three sets
  quorate twins --sample 100000 --seed 1            of larger spaces: more views, up to 7 members, 2 of them twinned
  quorate twins --sample 5000 --replicas 7 --twins 2 --sets 3 --crashes
  quorate twins --all --from 0 --to 999 --jobs 1    a part of them
  quorate twins --all --shuffle 1                   messages overtake each other
  quorate twins --sample 2000 --runtime             with wire, disk, clients and every checker of the simulator

Scenarios run on the core of the protocol alone, in a millisecond or a few each; with --runtime on all that a member consists of but
for network and disk, which takes some twenty times as long.

Exit code 1: something that must always hold did not; --scenario then shows one of them again, --trace what was said in it.`

interface TwinsFlags {
  readonly all?: boolean
  readonly sample?: number
  readonly scenario?: string
  readonly trace?: string
  readonly core?: boolean
  readonly runtime?: boolean
  readonly shuffle?: number
  readonly seed?: number
  readonly from?: number
  readonly to?: number
  readonly replicas?: number
  readonly twins?: number
  readonly views?: number
  readonly sets?: number
  readonly wholeViews?: number
  readonly losses?: boolean
  readonly crashes?: boolean
  readonly jobs?: number
  readonly failFast?: boolean
  readonly json?: boolean
}

const PLACES_MAX = 999_999_999_999_999
const SEED = 1

/** What one scenario says by itself, and what is for many. */
const NOT_WITH_SCENARIO = [
  'seed',
  'from',
  'to',
  'replicas',
  'twins',
  'views',
  'sets',
  'wholeViews',
  'losses',
  'crashes',
  'jobs',
  'failFast',
] as const

export function addTwinsCommand(program: Command, terminal: Terminal): void {
  program
    .command('twins')
    .description('look for what breaks a network in which members have two machines with one key')
    .option('--all', 'every scenario of the space')
    .option('--sample <n>', 'so many scenarios, none twice', integerBetween(1, 1_000_000_000))
    .option('--seed <n>', `of the sample (default: ${SEED})`, integerBetween(0, 1_000_000_000))
    .option('--scenario <json>', 'one scenario, as a failure names it')
    .option('--trace <file>', 'write the conversation of the one scenario there, machines by number')
    .option('--core', 'on the core of the protocol alone (the default)')
    .option('--runtime', 'on the production runtime')
    .option(
      '--shuffle <n>',
      'on the core: in an order drawn from it, not as they were sent',
      integerBetween(0, 1_000_000_000),
    )
    .option('--from <n>', 'begin at this place, counted from 0', integerBetween(0, PLACES_MAX))
    .option('--to <n>', 'end at this place', integerBetween(0, PLACES_MAX))
    .option('--replicas <n>', 'members (default: 4)', integerBetween(4, 10))
    .option('--twins <n>', 'members with two machines (default: 1)', integerBetween(1, 3))
    .option('--views <n>', 'views with a partition each (default: 3)', integerBetween(1, 12))
    .option('--sets <n>', 'sets in a partition, at most (default: 2)', integerBetween(1, 13))
    .option(
      '--whole-views <n>',
      'views without a partition before, at most (default: 0)',
      integerBetween(0, 12),
    )
    .option('--losses', 'views lose COMMITs, CHECKPOINTs, or PREPAREs but to the primary')
    .option('--crashes', 'machines crash and come back')
    .option('--jobs <n>', 'scenarios at a time (default: the number of cores)', integerBetween(1, 1_024))
    .option('--fail-fast', 'stop at the first scenario that fails')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: TwinsFlags) => run(flags, terminal))
}

async function run(flags: TwinsFlags, terminal: Terminal): Promise<void> {
  const { all, sample, scenario, json = false } = flags
  const given = [all, sample, scenario].filter(one => one !== undefined)
  if (given.length !== 1)
    throw new CommandError(EXIT.usage, 'give one of --all, --sample and --scenario; see quorate twins --help')
  if (flags.trace !== undefined && scenario === undefined)
    throw new CommandError(EXIT.usage, '--trace writes down one scenario: give --scenario with it')
  if (scenario !== undefined) refuseBeside('--scenario', flags, NOT_WITH_SCENARIO)
  if (all === true) refuseBeside('--all', flags, ['seed'])
  if (flags.runtime === true && (flags.core === true || flags.shuffle !== undefined))
    throw new CommandError(EXIT.usage, '--core and --shuffle do not go with --runtime')
  const how: TwinsHow =
    flags.runtime === true
      ? { on: 'runtime', shuffleSeed: null }
      : { on: 'core', shuffleSeed: flags.shuffle ?? null }
  const interrupt = onInterrupt()
  try {
    const { runMany, runOne } = await import('../twins/run.ts')
    if (scenario !== undefined) {
      const { checkOrder } = await import('../twins/space-schema.ts')
      return await runOne(checkOrder(scenario), { terminal, json, trace: flags.trace ?? null, how })
    }
    const course = await courseOf(flags)
    const count = Math.min(course.count, sample ?? course.count)
    const [from, to] = [flags.from ?? 0, Math.min(flags.to ?? count - 1, count - 1)]
    if (from > to) throw new CommandError(EXIT.usage, `there is no scenario from ${from} to ${to}`)
    await runMany(
      {
        course,
        how,
        from,
        to,
        jobs: flags.jobs ?? availableParallelism(),
        failFast: flags.failFast === true,
        json,
      },
      { terminal, signal: interrupt.signal },
    )
  } finally {
    interrupt.dispose()
  }
}

async function courseOf(flags: TwinsFlags): Promise<TwinsCourse> {
  const { everyOne, sampleOf, LARGER_SPACES, SMALL_SPACE } = await import('../../../sim/twins/spaces.ts')
  const { replicas: n, twins, views, sets, wholeViews: wholeViewsMax, losses, crashes } = flags
  const wanted = Object.entries({ n, twins, views, sets, wholeViewsMax, losses, crashes }).filter(
    ([, value]) => value !== undefined,
  )
  const { checkSpace } = await import('../twins/space-schema.ts')
  const space = checkSpace({ ...SMALL_SPACE, ...Object.fromEntries(wanted) })
  if (flags.all === true) return everyOne(space)
  return sampleOf(wanted.length === 0 ? LARGER_SPACES : [space], flags.seed ?? SEED)
}
