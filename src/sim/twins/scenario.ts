import { assert } from '../../lib/assert.ts'
import { faultyMax } from '../../pbft/quorum.ts'
import { type ReplicaId, replicaId } from '../../pbft/types.ts'
import { PARTITIONS_MAX, type Partition, partitionsCount, partitionsOf, swapped } from './partitions.ts'
import { PERMUTATION_COUNT_MAX } from './permutation.ts'

/**
 * Twins (Bano et al., 2020): some members have two machines, with one key and one id, both running correct code and unaware of each
 * other; together they equivocate, vote twice and forget, as far as the partition of each view lets them. A scenario is small, and all
 * scenarios of a space have a number, so that a space can be walked through from end to end, or sampled.
 */
export interface TwinsScenario {
  readonly n: number
  /** Members with a second machine, ascending. Machines 0 to n-1 are the members' first ones; n and up are the second ones, in this order. */
  readonly twinned: readonly number[]
  /** The partition of all machines in each view; after the last the network is whole. */
  readonly partitions: readonly Partition[]
  /** For each view, what is lost in it besides what the partition holds back. */
  readonly losses: readonly TwinsLoss[]
  /** What the second machines do when the network is whole again. */
  readonly ending: 'both-go-on' | 'one-falls-silent'
  /** In the middle of the time of a view, until the next begins. */
  readonly crash: { readonly machines: readonly number[]; readonly view: number } | null
}

/**
 * By its partition alone a set would either commit and certify, or not even prepare. `commits`: no COMMIT of the view is heard, so that
 * what was prepared is left to later views. `prepares`: only the primary hears PREPAREs, so that one machine alone knows of it.
 * `checkpoints`: no CHECKPOINT is heard, so that later views must carry what was committed.
 */
export type TwinsLoss = 'nothing' | 'commits' | 'prepares' | 'checkpoints'

const LOSSES: readonly TwinsLoss[] = ['nothing', 'commits', 'prepares', 'checkpoints']

export interface TwinsSpace {
  readonly n: number
  /** Members with two machines, f at most. */
  readonly twins: number
  readonly views: number
  /** Sets in a partition. */
  readonly sets: number
  /** Up to so many views in front in which the network is whole: the first partition then meets a later view and its primary. */
  readonly wholeViewsMax: number
  /** Every view may have any of the losses. */
  readonly losses: boolean
  /** One machine, or all of them, crash in one of the views and come back. */
  readonly crashes: boolean
}

export interface TwinsScenarios {
  readonly count: number
  /** @param index from 0 to `count` - 1 */
  at(index: number): TwinsScenario
}

export function scenarios(space: TwinsSpace): TwinsScenarios {
  const { n, twins, views, sets, wholeViewsMax } = space
  assert(twins >= 1 && twins <= faultyMax(n), 'at least one member, and at most f, are twinned')
  const machines = n + twins
  assert(partitionsCount(machines, sets) <= PARTITIONS_MAX, 'the partitions of the space can be listed')
  const all = partitionsOf(machines, sets)
  const members = subsets(n, twins).map(twinned => ({ twinned, courses: coursesOf(space, twinned, all) }))
  const crashes = crashesOf(machines, views, space.crashes)
  const fronts = wholeViewsMax + 1
  const coursesCount = members[0]?.courses.count ?? 0
  const losses = inRow(space.losses ? LOSSES : LOSSES.slice(0, 1), views)
  const count = members.length * coursesCount * losses.count * fronts * crashes.length
  assert(count <= PERMUTATION_COUNT_MAX, 'the scenarios of the space can be counted')
  const whole: Partition = Array.from({ length: machines }, () => 0)
  return {
    count,
    at(index) {
      assert(index >= 0 && index < count, 'the scenario is one of the space')
      const [aboveCrash, crashIndex] = divide(index, crashes.length)
      const [aboveFront, wholeViews] = divide(aboveCrash, fronts)
      const [aboveLosses, lossesIndex] = divide(aboveFront, losses.count)
      const [memberIndex, courseIndex] = divide(aboveLosses, coursesCount)
      const { twinned, courses } = members[memberIndex] as (typeof members)[number]
      const { partitions, ending } = courses.at(courseIndex)
      const crash = crashes[crashIndex] ?? null
      return {
        n,
        twinned,
        partitions: [...Array.from({ length: wholeViews }, () => whole), ...partitions],
        losses: [...Array.from({ length: wholeViews }, () => 'nothing' as const), ...losses.at(lossesIndex)],
        ending,
        crash: crash === null ? null : { ...crash, view: crash.view + wholeViews },
      }
    },
  }
}

/** The member that each machine is, by address. */
export function machineIds({ n, twinned }: TwinsScenario): readonly ReplicaId[] {
  return [...Array.from({ length: n }, (_, id) => replicaId(id)), ...twinned.map(replicaId)]
}

/**
 * Addresses that transactions go to in a view: all machines of twinned members, so that twins propose different things; a correct one;
 * and one in each set that is left.
 */
export function speakersOf(scenario: TwinsScenario, view: number): readonly number[] {
  const partition = scenario.partitions[view] ?? []
  const ids = machineIds(scenario)
  const isTwin = (address: number): boolean => scenario.twinned.includes(ids[address] ?? -1)
  const addresses = [...ids.keys()]
  const speaking = addresses.filter(isTwin)
  const correct = addresses.filter(address => !isTwin(address))
  speaking.push(correct[view % correct.length] ?? 0)
  for (const address of correct)
    if (speaking.every(other => partition[other] !== partition[address])) speaking.push(address)
  return speaking
}

/** So many things, each with a number. */
interface Numbered<T> {
  readonly count: number
  at(index: number): T
}

/**
 * Partitions of all views, and the ending. The two machines of a twinned member are alike: exchanging them gives the same scenario under
 * another name, unless one of them falls silent (always the second: where the first does is the exchanged one) or crashes alone.
 */
function coursesOf(
  { n, twins, views, crashes }: TwinsSpace,
  twinned: readonly number[],
  all: readonly Partition[],
): Numbered<Pick<TwinsScenario, 'partitions' | 'ending'>> {
  const member = twinned[0] ?? 0
  const isReduced = twins === 1 && !crashes
  const free = inRow(all, views)
  const both = isReduced ? upToExchange(all, views, partition => swapped(partition, member, n)) : free
  return {
    count: both.count + free.count,
    at: index =>
      index < both.count
        ? { partitions: both.at(index), ending: 'both-go-on' }
        : { partitions: free.at(index - both.count), ending: 'one-falls-silent' },
  }
}

/** Every row of `length` items, each any of `items`. */
function inRow<T>(items: readonly T[], length: number): Numbered<readonly T[]> {
  return {
    count: items.length ** length,
    at(index) {
      const row: T[] = []
      let rest = index
      for (let i = 0; i < length; i++) {
        const [above, digit] = divide(rest, items.length)
        row.push(items[digit] as T)
        rest = above
      }
      return row
    },
  }
}

/**
 * Rows of partitions, and of each two that an exchange turns into each other only one: that whose first partition that the exchange
 * changes comes first among all partitions.
 */
function upToExchange(
  all: readonly Partition[],
  length: number,
  exchange: (partition: Partition) => Partition,
): Numbered<readonly Partition[]> {
  if (length === 0) return { count: 1, at: () => [] }
  const places = new Map(all.map((partition, place) => [partition.join(), place]))
  const exchangedPlace = (partition: Partition): number => places.get(exchange(partition).join()) ?? -1
  const same = all.filter((partition, place) => exchangedPlace(partition) === place)
  const first = all.filter((partition, place) => place < exchangedPlace(partition))
  const below = upToExchange(all, length - 1, exchange)
  const free = inRow(all, length - 1)
  return {
    count: same.length * below.count + first.length * free.count,
    at(index) {
      const changedIndex = index - same.length * below.count
      const [head, tail] = divide(index, below.count)
      if (changedIndex < 0) return [same[head] as Partition, ...below.at(tail)]
      const [changedHead, freeTail] = divide(changedIndex, free.count)
      return [first[changedHead] as Partition, ...free.at(freeTail)]
    },
  }
}

function crashesOf(
  machines: number,
  views: number,
  isWanted: boolean,
): readonly (TwinsScenario['crash'] | null)[] {
  if (!isWanted) return [null]
  const each = Array.from({ length: machines }, (_, machine) => machine)
  const together = [...each.map(machine => [machine]), each]
  return [
    null,
    ...together.flatMap(crashing =>
      Array.from({ length: views }, (_, view) => ({ machines: crashing, view })),
    ),
  ]
}

/** Every choice of `size` numbers below `n`, ascending. */
function subsets(n: number, size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  return subsets(n, size - 1).flatMap(chosen => {
    const from = (chosen.at(-1) ?? -1) + 1
    return Array.from({ length: n - from }, (_, i) => [...chosen, from + i])
  })
}

function divide(value: number, by: number): readonly [quotient: number, rest: number] {
  return [Math.floor(value / by), value % by]
}
