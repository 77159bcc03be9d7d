/**
 * All ways to part machines into sets. A partition is the number of its set for each machine, numbered in the order in which they
 * first appear (a restricted growth string), so that each partition is written in one way only.
 */
export type Partition = readonly number[]

/** All partitions of a space are held in memory. */
export const PARTITIONS_MAX = 1_000_000

/** How many `partitionsOf` would give: a sum of Stirling numbers of the second kind. */
export function partitionsCount(machines: number, setsMax: number): number {
  let bySets = [1]
  for (let machine = 0; machine < machines; machine++)
    bySets = Array.from(
      { length: setsMax + 1 },
      (_, sets) => sets * (bySets[sets] ?? 0) + (bySets[sets - 1] ?? 0),
    )
  return bySets.reduce((sum, count) => sum + count, 0)
}

/** @returns every partition of `machines` machines into one to `setsMax` sets; the first is the whole */
export function partitionsOf(machines: number, setsMax: number): readonly Partition[] {
  let partial: readonly Partition[] = [[]]
  for (let machine = 0; machine < machines; machine++) {
    partial = partial.flatMap(partition => {
      const sets = Math.max(-1, ...partition) + 1
      return Array.from({ length: Math.min(sets + 1, setsMax) }, (_, set) => [...partition, set])
    })
  }
  return partial
}

/** The same partition after two machines changed places. */
export function swapped(partition: Partition, a: number, b: number): Partition {
  const names = new Map<number, number>()
  return partition.map((_, machine) => {
    const from = machine === a ? b : machine === b ? a : machine
    const set = partition[from] ?? 0
    const name = names.get(set) ?? names.size
    names.set(set, name)
    return name
  })
}
