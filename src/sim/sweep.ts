import type { SimulationOptions } from './options.ts'
import type { SimulationResult } from './simulation.ts'

/** What many worlds have shown, counted as they end, in whatever order. */
export interface World {
  readonly options: SimulationOptions
  readonly result: SimulationResult
}

export interface SweepSummary {
  readonly worlds: number
  /** Seeds of worlds with a violation, ascending. */
  readonly failed: readonly number[]
  /** Seeds by checker, ascending. */
  readonly violations: Readonly<Record<string, readonly number[]>>
  /** Seeds by checker that could not find out whether all is well there, ascending. */
  readonly undecided: Readonly<Record<string, readonly number[]>>
  /** Of all running hashes, whatever the order in which the worlds ended. */
  readonly hash: string
  /** Sums of everything in the results that can be summed. */
  readonly totals: Readonly<Record<string, number>>
  /** What went wrong in them, what faulty members did, and what became of the network's keys, summed up. */
  readonly troubles: Readonly<Record<string, number>>
  readonly lies: Readonly<Record<string, number>>
  readonly keyEvents: Readonly<Record<string, number>>
  /** The world that took the largest share of the time within which it had to be in order again; null before the first. */
  readonly slowest: { readonly seed: number; readonly settlingMs: number; readonly boundMs: number } | null
  /** The world in which answers to clients took longest to be as usual again. */
  readonly longestHangover: { readonly seed: number; readonly hangoverMs: number } | null
  /** Worlds by number of members. */
  readonly members: Readonly<Record<string, number>>
  /** Worlds by number of faulty members. */
  readonly faulty: Readonly<Record<string, number>>
  /** Worlds by behaviour of a faulty member; a world counts for each that is in it. */
  readonly behaviours: Readonly<Record<string, number>>
  /** Worlds by option that was anything but zero, false, null or empty in them; without those that every world has. */
  readonly options: Readonly<Record<string, number>>
}

export interface Sweep {
  add(world: World): void
  summary(): SweepSummary
}

export function createSweep(): Sweep {
  const failed: number[] = []
  const violations = new Map<string, number[]>()
  const undecided = new Map<string, number[]>()
  const totals = new Map<string, number>()
  const members = new Map<string, number>()
  const faulty = new Map<string, number>()
  const behaviours = new Map<string, number>()
  const options = new Map<string, number>()
  const troubles = new Map<string, number>()
  const lies = new Map<string, number>()
  const keyEvents = new Map<string, number>()
  let slowest: SweepSummary['slowest'] = null
  let longestHangover: SweepSummary['longestHangover'] = null
  let worlds = 0
  let hash = 0n

  return {
    add(world) {
      const { seed, n, byzantine } = world.options
      worlds += 1
      hash ^= scatter(seed, BigInt(`0x${world.result.hash}`))
      count(members, String(n))
      count(faulty, String(byzantine.length))
      for (const name of new Set(byzantine.flatMap(one => one.behaviours))) count(behaviours, name)
      for (const [name, value] of Object.entries(world.options)) if (!isNeutral(value)) count(options, name)
      for (const [name, value] of Object.entries(world.result))
        if (typeof value === 'number' && !NO_SUMS.has(name)) count(totals, name, value)
      for (const [name, value] of Object.entries(world.result.troubles)) count(troubles, name, value)
      for (const [name, value] of Object.entries(world.result.lies)) count(lies, name, value)
      for (const [name, value] of Object.entries(world.result.keyEvents)) count(keyEvents, name, value)
      slowest = slower(slowest, world)
      longestHangover = longer(longestHangover, world)
      if (world.result.violations.length > 0) failed.push(seed)
      countSeed(violations, world.result.violations, seed)
      countSeed(undecided, world.result.undecided, seed)
    },

    summary: () => ({
      worlds,
      failed: failed.toSorted((a, b) => a - b),
      violations: seedsByName(violations),
      undecided: seedsByName(undecided),
      hash: hash.toString(16).padStart(16, '0'),
      totals: Object.fromEntries(totals),
      troubles: byName(troubles),
      lies: byName(lies),
      keyEvents: byName(keyEvents),
      slowest,
      longestHangover,
      members: byNumber(members),
      faulty: byNumber(faulty),
      behaviours: byName(behaviours),
      options: byName(new Map([...options].filter(([, seen]) => seen < worlds))),
    }),
  }
}

/** Of these the largest is told. */
const NO_SUMS = new Set(['settledMs', 'livenessBoundMs', 'longestSettlingMs'])

function slower(slowest: SweepSummary['slowest'], { options, result }: World): SweepSummary['slowest'] {
  const { longestSettlingMs: settlingMs, livenessBoundMs: boundMs } = result
  const isSlower = slowest === null || settlingMs / boundMs > slowest.settlingMs / slowest.boundMs
  return isSlower ? { seed: options.seed, settlingMs, boundMs } : slowest
}

function longer(
  longest: SweepSummary['longestHangover'],
  { options, result }: World,
): SweepSummary['longestHangover'] {
  const { hangoverMs } = result.measurement
  if (hangoverMs === null || (longest !== null && hangoverMs <= longest.hangoverMs)) return longest
  return { seed: options.seed, hangoverMs }
}

function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** A world counts once for each checker. */
function countSeed(
  seeds: Map<string, number[]>,
  found: readonly { readonly checker: string }[],
  seed: number,
): void {
  for (const checker of new Set(found.map(one => one.checker)))
    seeds.set(checker, [...(seeds.get(checker) ?? []), seed])
}

function seedsByName(
  seeds: ReadonlyMap<string, readonly number[]>,
): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries([...seeds].sort().map(([name, some]) => [name, some.toSorted((a, b) => a - b)]))
}

/** Numbers as names come out ascending by themselves. */
function byNumber(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries(counts)
}

function byName(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function isNeutral(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === 0 || value === false || value === null || value === undefined
}

/** Bound to its seed, so that two worlds that change places do not cancel out. FNV-1a's multiplier, 64 bits. */
function scatter(seed: number, hash: bigint): bigint {
  return BigInt.asUintN(64, (hash ^ BigInt(seed)) * 0x100000001b3n)
}
