import { faultyMax } from '../pbft/quorum.ts'
import type { LatencyOptions } from './latency.ts'
import type { SimulationOptions } from './options.ts'

/**
 * Makes a world that fails smaller while it still fails: fewer members, enemies, faults and transactions, a shorter time, plain values.
 * Greedy: whatever is simpler and fails is kept, until nothing simpler does. A change shifts every later draw of a world, so each is
 * tried with a few seeds before it is given up.
 */
export interface ShrinkComponents {
  /** Does this world fail in the same way? A world that cannot be is one that does not. */
  fails(options: SimulationOptions): Promise<boolean>
  /** Something simpler fails too. @param change what is simpler in it */
  onSmaller?(options: SimulationOptions, change: string): void
  /** Worlds that are tried at most. */
  readonly triesMax: number
  /** Seeds that each change is tried with. */
  readonly seedsPerChange: number
}

export interface Shrunk {
  readonly options: SimulationOptions
  readonly tries: number
  /** False: the tries were used up before everything simpler was found to be in order. */
  readonly isSmallest: boolean
}

interface Change {
  readonly text: string
  readonly options: SimulationOptions
}

export async function shrink(options: SimulationOptions, components: ShrinkComponents): Promise<Shrunk> {
  const { fails, onSmaller, triesMax, seedsPerChange } = components
  const seeds = [options.seed, ...Array.from({ length: seedsPerChange - 1 }, (_, i) => i + 1)]
  let [smallest, tries] = [options, 0]

  async function take({ text, options: simpler }: Change): Promise<boolean> {
    for (const seed of seeds) {
      if (tries >= triesMax) return false
      tries += 1
      const candidate = { ...simpler, seed }
      if (!(await fails(candidate))) continue
      smallest = candidate
      onSmaller?.(candidate, text)
      return true
    }
    return false
  }

  for (;;) {
    let isSmaller = false
    for (const changesOf of SIMPLIFICATIONS) {
      // Of one kind the boldest change that fails is taken, and then the boldest of what is left.
      for (let again = true; again; ) {
        again = false
        for (const change of changesOf(smallest)) {
          if (!(await take(change))) continue
          again = true
          isSmaller = true
          break
        }
      }
    }
    if (!isSmaller || tries >= triesMax) return { options: smallest, tries, isSmallest: tries < triesMax }
  }
}

/** Each gives simpler worlds, the boldest first, and none when nothing of its kind can be simpler. */
const SIMPLIFICATIONS: readonly ((options: SimulationOptions) => readonly Change[])[] = [
  fewerMembers,
  fewerEnemies,
  fewerBehaviours,
  plainValues,
  fewerOthers,
  options => halved(options, 'transactions', 1),
  options => halved(options, 'faultsMs', 200),
]

function fewerMembers(options: SimulationOptions): readonly Change[] {
  const changes: Change[] = []
  for (let n = 1; n < options.n; n++)
    changes.push({ text: `${n} members instead of ${options.n}`, options: withMembers(options, n) })
  return changes
}

/** As many faulty members as the smaller network bears, or as many too many as before; and nobody who is not there. */
function withMembers(options: SimulationOptions, n: number): SimulationOptions {
  const excess = Math.max(0, options.byzantine.length - faultyMax(options.n))
  const byzantine = options.byzantine.filter(({ member }) => member < n).slice(0, faultyMax(n) + excess)
  const left = options.left
    ?.filter(({ member }) => member < n)
    .slice(0, Math.max(0, faultyMax(n) - byzantine.length))
  const sentences = options.sentences?.filter(sentence => !('machine' in sentence) || sentence.machine < n)
  const keyRequests = options.keyRequests?.map(request => ({
    ...request,
    members: request.members.filter(member => member < n),
  }))
  return {
    ...options,
    n,
    byzantine,
    ...(left === undefined ? {} : { left }),
    ...(sentences === undefined ? {} : { sentences }),
    ...(keyRequests === undefined ? {} : { keyRequests }),
  }
}

function fewerEnemies(options: SimulationOptions): readonly Change[] {
  return shorter(options.byzantine).map(byzantine => ({
    text: `faulty members: ${byzantine.length} instead of ${options.byzantine.length}`,
    options: { ...options, byzantine },
  }))
}

function fewerBehaviours(options: SimulationOptions): readonly Change[] {
  return options.byzantine.flatMap(({ member, behaviours }, i) =>
    shorter(behaviours)
      .filter(fewer => fewer.length > 0)
      .map(fewer => ({
        text: `member ${member} is only ${fewer.join(', ')}`,
        options: {
          ...options,
          byzantine: options.byzantine.map((one, j) => (i === j ? { ...one, behaviours: fewer } : one)),
        },
      })),
  )
}

const LAN: LatencyOptions = { minMs: 0.3, maxMs: 2, tail: 0 }

/**
 * What a reader need not think about. Values that depend on each other are set together, so that the world stays a fair one; each option
 * has one plain value, or two of these would undo each other for ever.
 */
const PLAIN: readonly Partial<SimulationOptions>[] = [
  { loss: 0 },
  { duplication: 0 },
  { partitions: false },
  { crashesPerSecond: 0, wipes: 0 },
  { wipes: 0 },
  { slowSyncs: 0 },
  { clockSkewMs: 0 },
  { duplicateSubmits: 0 },
  { latency: LAN },
  { syncMs: 0.2 },
  { transactionWindowMs: 600_000 },
  { checkpointInterval: 4, logWindow: 8, snapshotIntervalSequences: 4 },
  { pipelineDepth: 1 },
  { proposalBatchesMax: 1 },
  { batchTransactionsMax: 1 },
  { viewChangeTimeoutMs: 1_000, viewChangeTimeoutMaxMs: 8_000, resendMs: 250 },
  { statusMs: 1_000 },
  { idleCheckpointMs: 20 },
  { historySequences: 1_000 },
]

function plainValues(options: SimulationOptions): readonly Change[] {
  const changes: Change[] = []
  for (const plain of PLAIN) {
    const isPlain = Object.entries(plain).every(
      ([name, value]) => textOf(options[name as keyof SimulationOptions]) === textOf(value),
    )
    if (!isPlain) changes.push({ text: nameOf(plain), options: { ...options, ...plain } })
  }
  return changes
}

const TREATED = new Set(
  ['seed', 'n', 'byzantine', 'transactions', 'faultsMs'].concat(PLAIN.flatMap(plain => Object.keys(plain))),
)

/** Whatever else a world has: without it, with nothing in it, with a part of it. An option that is missing is a neutral one. */
function fewerOthers(options: SimulationOptions): readonly Change[] {
  const changes: Change[] = []
  for (const [name, value] of Object.entries(options)) {
    if (TREATED.has(name) || value === undefined) continue
    const { [name as keyof SimulationOptions]: _, ...without } = options
    changes.push({ text: `no ${name}`, options: without as SimulationOptions })
    for (const simpler of simplerValues(value))
      changes.push({ text: `${name} ${textOf(simpler)}`, options: { ...options, [name]: simpler } })
  }
  return changes
}

function simplerValues(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return shorter(value)
  if (value === true) return [false]
  return typeof value === 'number' && value !== 0 ? [0] : []
}

function halved(
  options: SimulationOptions,
  name: 'transactions' | 'faultsMs',
  min: number,
): readonly Change[] {
  const value = options[name]
  const smaller = [min, Math.floor(value / 4), Math.floor(value / 2), Math.floor(value * 0.8)]
  return smaller
    .filter((less, i) => less >= min && less < value && smaller.indexOf(less) === i)
    .map(less => ({ text: `${name} ${less} instead of ${value}`, options: { ...options, [name]: less } }))
}

/** Nothing, each half, and all but one. */
function shorter<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return []
  if (items.length === 1) return [[]]
  const middle = Math.ceil(items.length / 2)
  const allButOne = items.length > 2 ? items.map((_, i) => items.filter((_, j) => i !== j)) : []
  return [[], items.slice(0, middle), items.slice(middle), ...allButOne]
}

function nameOf(plain: Partial<SimulationOptions>): string {
  return Object.entries(plain)
    .map(([name, value]) => `${name} ${textOf(value)}`)
    .join(', ')
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined'
}
