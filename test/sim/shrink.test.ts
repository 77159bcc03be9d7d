import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { faultyMax } from '../../src/pbft/quorum.ts'
import { drawOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { type ShrinkComponents, shrink } from '../../src/sim/shrink.ts'
import { simulate } from '../../src/sim/simulation.ts'

/** A failing world becomes a small one that fails for the same reason. */
const DEFAULTS = { triesMax: 5_000, seedsPerChange: 1 }

const shrinkBy = (
  options: SimulationOptions,
  fails: (options: SimulationOptions) => boolean,
  components: Partial<ShrinkComponents> = {},
) => shrink(options, { ...DEFAULTS, fails: async candidate => fails(candidate), ...components })

const BIG = drawOptions(5, {
  n: 7,
  byzantine: [
    { member: 2, behaviours: ['silent', 'equivocating', 'repeating'] },
    { member: 5, behaviours: ['restless'] },
  ],
  loss: 0.2,
  duplication: 0.05,
  partitions: true,
  crashesPerSecond: 1.5,
  transactions: 50,
  faultsMs: 9_000,
})

describe('a world that fails', () => {
  it('loses everything when nothing in it matters', async () => {
    const { options, isSmallest } = await shrinkBy(BIG, () => true)
    expect(isSmallest).toBe(true)
    expect(options).toMatchObject({
      n: 1,
      byzantine: [],
      loss: 0,
      duplication: 0,
      partitions: false,
      crashesPerSecond: 0,
      transactions: 1,
      faultsMs: 200,
    })
  })

  it('keeps what its failure needs, and nothing else', async () => {
    const needs = ({ n, byzantine, loss, transactions }: SimulationOptions): boolean =>
      n >= 5 &&
      byzantine.some(({ behaviours }) => behaviours.includes('equivocating')) &&
      loss > 0 &&
      transactions >= 7
    const { options } = await shrinkBy(BIG, needs)
    expect(needs(options)).toBe(true)
    expect(options).toMatchObject({
      n: 5,
      byzantine: [{ member: 2, behaviours: ['equivocating'] }],
      loss: 0.2,
      duplication: 0,
      partitions: false,
    })
    expect(options.transactions).toBeLessThan(9)
  })

  it('never gets more faulty members than it bears, nor members that are not there', async () => {
    const seen: SimulationOptions[] = []
    await shrinkBy(BIG, options => {
      seen.push(options)
      return options.byzantine.length > 0 || options.n > 5
    })
    for (const { n, byzantine } of seen) {
      expect(byzantine.length).toBeLessThanOrEqual(faultyMax(n))
      for (const { member } of byzantine) expect(member).toBeLessThan(n)
    }
  })

  it('is tried with other seeds, because a change shifts every later draw', async () => {
    const once = await shrinkBy(BIG, ({ seed, n }) => n === 7 || seed === 3, { seedsPerChange: 1 })
    expect(once.options.n).toBe(7)
    const often = await shrinkBy(BIG, ({ seed, n }) => n === 7 || seed === 3, { seedsPerChange: 4 })
    expect(often.options).toMatchObject({ n: 1, seed: 3 })
  })

  it('loses an option that may be missing, or a part of it', async () => {
    const odd = { ...BIG, oddities: ['a', 'b', 'c', 'd', 'e'], twitch: 3 } as unknown as SimulationOptions
    const oddities = (options: SimulationOptions): readonly string[] =>
      (options as unknown as { oddities?: string[] }).oddities ?? []
    const { options } = await shrinkBy(odd, candidate => oddities(candidate).includes('d'))
    expect(oddities(options)).toEqual(['d'])
    expect(options).not.toHaveProperty('twitch')
  })

  it('stops when its tries are used up, and says so', async () => {
    let tries = 0
    const shrunk = await shrinkBy(BIG, () => ++tries < 3, { triesMax: 10 })
    expect(tries).toBe(10)
    expect(shrunk).toMatchObject({ tries: 10, isSmallest: false })
  })

  it('stays as it is when nothing simpler fails', async () => {
    const { options, isSmallest } = await shrinkBy(BIG, candidate => candidate === BIG)
    expect(options).toBe(BIG)
    expect(isSmallest).toBe(true)
  })
})

describe('a real world', () => {
  // As strict a judge as this finds fault with worlds that are in order, in every one where something happens.
  const isFoundFaultyBy = async (options: SimulationOptions): Promise<boolean> => {
    const { crashes, sequences } = await simulate(options, { loggerOf: () => silentLogger })
    return crashes > 0 && sequences > 2
  }

  it('shrinks to the crash and the transactions that it is blamed for', async () => {
    const changes: string[] = []
    const { options } = await shrink(BIG, {
      fails: isFoundFaultyBy,
      onSmaller: (_options, change) => changes.push(change),
      triesMax: 150,
      seedsPerChange: 2,
    })
    expect(await isFoundFaultyBy(options)).toBe(true)
    expect(options).toMatchObject({ n: 1, byzantine: [], loss: 0, duplication: 0, partitions: false })
    expect(options.transactions).toBeLessThan(BIG.transactions)
    expect(changes).toContain('loss 0')
  })
})
