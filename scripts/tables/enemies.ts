/**
 * How fast networks are while f members are faulty in one way, as a share of what they are without, and how soon they are well again when
 * one kind of trouble is over: two tables of markdown, from simulated worlds.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '../../src/lib/logger.ts'
import { faultyMax } from '../../src/pbft/quorum.ts'
import {
  BEHAVIOUR_NAMES,
  type BehaviourName,
  KEY_BEHAVIOUR_NAMES,
} from '../../src/sim/byzantine/behaviours.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { type SimulationResult, simulate } from '../../src/sim/simulation.ts'
import { type KeptResults, openKeptResults } from './kept-results.ts'

const SIZES = [4, 7]
const FAULTS_MS = 4_000
/** Handed in by clients that do not wait, so many a second: more than the narrow pipeline below can take. */
const OFFERED_PER_SECOND = 80
/** A narrow pipeline, so that it is the bottleneck. */
const PLAIN: Partial<SimulationOptions> = {
  faultsMs: FAULTS_MS,
  latency: { minMs: 4, maxMs: 12, tail: 0 },
  syncMs: 1,
  clients: 2,
  clientOperations: 8,
  transactions: (OFFERED_PER_SECOND * FAULTS_MS) / 1_000,
  checkpointInterval: 8,
  pipelineDepth: 2,
  proposalBatchesMax: 1,
  batchTransactionsMax: 1,
  viewChangeTimeoutMs: 500,
  viewChangeTimeoutMaxMs: 4_000,
  resendMs: 125,
  statusMs: 500,
  snapshotIntervalSequences: 64,
}

/** One kind of trouble each, for the whole fault phase; clients ask for little enough that nothing is left to catch up with. */
const TROUBLES: Readonly<Record<string, Partial<SimulationOptions>>> = {
  'nothing at all': {},
  'a fifth of all messages lost': { loss: 0.2 },
  'a twentieth held back for up to 3 s': { holdingBack: 0.05 },
  'two sides that do not hear each other': { partitions: true },
  'the primary cut off': { cuts: ['primary'] },
  'links that flap': { cuts: ['flapping'] },
  'crashes, one every second': { crashesPerSecond: 1 },
  'crashes, half of them with the disk': { crashesPerSecond: 1, wipes: 0.5 },
  'processes that stand still': { pausesPerSecond: 1 },
  'slow disks': { slowDisksPerSecond: 0.6 },
  'disks that break': { brokenDisksPerSecond: 0.5 },
  'clocks that jump by up to 6 s': { clockJumpsPerSecond: 1, clockJumpMaxMs: 6_000 },
}

/** What the tables have of a world. */
type Figures = Pick<
  SimulationResult,
  'violations' | 'views' | 'settledMs' | 'livenessBoundMs' | 'measurement'
>

interface Run {
  readonly seeds: number
  /** Worlds in which something did not hold, a sentence each. */
  readonly failures: string[]
  readonly kept: KeptResults<SimulationOptions, Figures>
  /** A world is done. @param tookMs null: it was kept */
  onWorld(tookMs: number | null): void
}

async function run(options: SimulationOptions, { failures, kept, onWorld }: Run): Promise<Figures> {
  const startMs = performance.now()
  const known = kept.get(options)
  const figures = known ?? (await figuresOf(options))
  if (known === undefined) kept.add(options, figures)
  for (const { checker, text } of figures.violations) {
    const enemies = options.byzantine[0]?.behaviours.join(', ') ?? 'nobody'
    failures.push(`n = ${options.n}, seed ${options.seed}, ${enemies}: ${checker}: ${text}`)
  }
  onWorld(known === undefined ? performance.now() - startMs : null)
  return figures
}

async function figuresOf(options: SimulationOptions): Promise<Figures> {
  const result = await simulate(options, { loggerOf: () => silentLogger })
  const { violations, views, settledMs, livenessBoundMs, measurement } = result
  return { violations: violations.slice(0, 1), views, settledMs, livenessBoundMs, measurement }
}

/** The primaries of the first views are those who are faulty: nobody does more harm. */
function faulty(n: number, behaviour: BehaviourName): SimulationOptions['byzantine'] {
  return Array.from({ length: faultyMax(n) }, (_, member) => ({ member, behaviours: [behaviour] }))
}

async function resultsOf(n: number, changes: Partial<SimulationOptions>, asked: Run): Promise<Figures[]> {
  const results: Figures[] = []
  for (let seed = 1; seed <= asked.seeds; seed++)
    results.push(await run(calmOptions(seed, { ...PLAIN, ...changes, n }), asked))
  return results
}

const throughput = (results: readonly Figures[]): number =>
  median(results.map(({ measurement }) => measurement.executedPerSecond))

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

const highest = (values: readonly number[]): number => Math.max(0, ...values)

const said: string[] = []
const say = (line: string): void => {
  said.push(line)
  process.stdout.write(`${line}\n`)
}
const tell = (line: string): void => void process.stderr.write(`${line}\n`)

/** In these worlds there is no key to lie about. */
const ABOUT_KEYS = new Set(KEY_BEHAVIOUR_NAMES)
const ENEMIES: readonly (BehaviourName | null)[] = [
  null,
  ...BEHAVIOUR_NAMES.filter(name => !ABOUT_KEYS.has(name)),
]

async function printEnemies(asked: Run): Promise<void> {
  const columns = SIZES.map(n => ` n = ${n}: per second | share | p95 | views |`).join('')
  say(`| f members are |${columns}`)
  say(`|---|${SIZES.map(() => '---:|---:|---:|---:|').join('')}`)
  const bases = new Map<number, number>()
  for (const name of ENEMIES) {
    const cells: string[] = []
    for (const n of SIZES) {
      const results = await resultsOf(n, name === null ? {} : { byzantine: faulty(n, name) }, asked)
      const perSecond = throughput(results)
      const base = bases.get(n) ?? perSecond
      bases.set(n, base)
      const p95Ms = median(results.map(({ measurement }) => measurement.execution.faults.p95Ms))
      const views = highest(results.map(result => result.views))
      cells.push(
        perSecond.toFixed(0),
        `${Math.round((100 * perSecond) / base)} %`,
        `${(p95Ms / 1_000).toFixed(1)} s`,
        String(views),
      )
    }
    say(`| ${[name ?? '*(nobody)*', ...cells].join(' | ')} |`)
  }
}

async function printTroubles(asked: Run): Promise<void> {
  say(
    '| trouble, n = 4 | p50 in it | p95 in it | p50 after | p95 after | in order after | hangover | at most | bound |',
  )
  say('|---|---:|---:|---:|---:|---:|---:|---:|---:|')
  for (const [name, trouble] of Object.entries(TROUBLES)) {
    const results = await resultsOf(4, { transactions: 40, ...trouble }, asked)
    const of = (figure: (result: Figures) => number): string =>
      `${Math.round(median(results.map(figure)))} ms`
    const hangovers = results.map(({ measurement }) => measurement.hangoverMs ?? 0)
    const cells = [
      of(({ measurement }) => measurement.execution.faults.p50Ms),
      of(({ measurement }) => measurement.execution.faults.p95Ms),
      of(({ measurement }) => measurement.answer.after.p50Ms),
      of(({ measurement }) => measurement.answer.after.p95Ms),
      of(result => result.settledMs),
      `${median(hangovers)} ms`,
      `${highest(hangovers)} ms`,
      of(result => result.livenessBoundMs),
    ]
    say(`| ${[name, ...cells].join(' | ')} |`)
  }
}

const README = fileURLToPath(new URL('../../src/sim/README.md', import.meta.url))
const [BEGIN, END] = ['<!-- enemies: begin -->', '<!-- enemies: end -->']

/** Puts the page in the place of the one that is there. */
function writeReadme(page: string): void {
  const [before, rest] = readFileSync(README, 'utf8').split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`${README} has no place for the tables`)
  writeFileSync(README, `${before}${BEGIN}\n${page.trimEnd()}\n${END}${after}`)
}

/** Says how far it is, and how long the rest takes when its worlds take as long as those before. */
function createProgress(total: number): Run['onWorld'] {
  let [done, measured, elapsedMs] = [0, 0, 0]
  return tookMs => {
    done += 1
    if (tookMs === null) return
    measured += 1
    elapsedMs += tookMs
    const leftMs = (elapsedMs / measured) * (total - done)
    tell(`${done} of ${total} worlds, ${Math.ceil(leftMs / 60_000)} min left`)
  }
}

/**
 * Prints both tables, row by row; how far it is goes to stderr.
 * @param args how many seeds each world is run with; `--write`, into the README; `--keep FILE`, what is measured goes there, and what is
 * there already is not measured again
 */
export async function main(args: readonly string[]): Promise<void> {
  const seeds = Number(args[0] ?? 3)
  if (!Number.isSafeInteger(seeds) || seeds < 1) throw new Error('the first argument is a number of seeds')
  const keepAt = args.indexOf('--keep')
  const file = keepAt === -1 ? null : args[keepAt + 1]
  if (file === undefined) throw new Error('--keep wants the name of a file')
  const kept = openKeptResults<SimulationOptions, Figures>(file)
  const failures: string[] = []
  const worlds = seeds * (SIZES.length * ENEMIES.length + Object.keys(TROUBLES).length)
  const asked: Run = { seeds, failures, kept, onWorld: createProgress(worlds) }
  const seedsText = seeds === 1 ? 'of one seed' : `the median of ${seeds} seeds`
  say('## What enemies and troubles cost\n')
  say(
    `Printed by \`node scripts/enemies.mjs ${seeds} --write\`, which also puts it here; each figure is ${seedsText}.\n`,
  )
  say('### Throughput under each enemy\n')
  say(
    `Transactions executed a second in ${FAULTS_MS / 1_000} s of virtual time, of ${OFFERED_PER_SECOND} offered; the share`,
  )
  say(
    'of what it is without enemies; how long nineteen of twenty took at most; the highest view. The f faulty members',
  )
  say(
    'are the primaries of the first views, all faulty in the same way; the time-out is 500 ms, and the pipeline is',
  )
  say('narrow, so that it is the bottleneck. Nothing else goes wrong.\n')
  await printEnemies(asked)
  say('\n### After one kind of trouble\n')
  say(
    `${FAULTS_MS / 1_000} s of it, then none. From handing in to execution while it lasts; for clients that wait, from`,
  )
  say('then on, to their answer; until everything is executed and certified everywhere, twice (a world in')
  say(
    'which nothing goes wrong shows what the looking takes); hangover: until no answer takes longer than usual.\n',
  )
  await printTroubles(asked)
  if (args.includes('--write')) writeReadme(said.join('\n'))
  for (const failure of failures) say(`\n**violated** ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}
