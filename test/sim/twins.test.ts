import { describe, expect, it } from 'vitest'
import { quorum } from '../../src/pbft/quorum.ts'
import { type Partition, partitionsCount, partitionsOf, swapped } from '../../src/sim/twins/partitions.ts'
import { createPermutation } from '../../src/sim/twins/permutation.ts'
import { runTwins, type TwinsResult } from '../../src/sim/twins/run-twins.ts'
import { machineIds, scenarios, type TwinsScenario } from '../../src/sim/twins/scenario.ts'
import {
  createScenarioFinder,
  everyOne,
  LARGER_SPACES,
  SMALL_SPACE,
  sampleOf,
} from '../../src/sim/twins/spaces.ts'

const WHOLE: Partition = [0, 0, 0, 0, 0]

async function expectNoViolation(scenario: TwinsScenario): Promise<TwinsResult> {
  const result = await runTwins(scenario)
  expect(result.violations, JSON.stringify(scenario)).toEqual([])
  return result
}

/** Can the primary of the view be part of a quorum there? */
function isPrimaryAble(scenario: TwinsScenario, partition: Partition, view: number): boolean {
  const { n } = scenario
  const ids = machineIds(scenario)
  return ids.some((id, address) => {
    const reached = new Set(ids.filter((_, other) => partition[other] === partition[address]))
    return id === view % n && reached.size >= quorum(n)
  })
}

describe('scenarios of twins', () => {
  it('part five machines in every way: the Stirling numbers say how many there are', () => {
    expect([1, 2, 3, 4, 5].map(sets => partitionsOf(5, sets).length)).toEqual([1, 16, 41, 51, 52])
    expect([1, 2, 3, 4, 5, 6].map(sets => partitionsCount(5, sets))).toEqual([1, 16, 41, 51, 52, 52])
    expect(new Set(partitionsOf(5, 5).map(partition => partition.join())).size).toBe(52)
    expect(swapped([0, 0, 1, 0, 2], 0, 4)).toEqual([0, 1, 2, 1, 1])
  })

  it('are all that there are but for those that an exchange of the twins turns into each other', () => {
    const space = { ...SMALL_SPACE, views: 2 }
    const { count, at } = scenarios(space)
    const names = new Set<string>()
    const nameOf = (scenario: TwinsScenario): string => JSON.stringify(scenario)
    for (let i = 0; i < count; i++) names.add(nameOf(at(i)))
    expect(names.size).toBe(count)
    for (const first of partitionsOf(5, 2)) {
      for (const second of partitionsOf(5, 2)) {
        const one: TwinsScenario = { ...at(0), partitions: [first, second] }
        const [member = 0] = one.twinned
        const exchanged = { ...one, partitions: one.partitions.map(parts => swapped(parts, member, 4)) }
        const found = [one, exchanged].filter(scenario => names.has(nameOf(scenario)))
        expect(found.length).toBe(nameOf(one) === nameOf(exchanged) ? 2 : 1)
        expect(names.has(nameOf({ ...one, ending: 'one-falls-silent' }))).toBe(true)
      }
    }
  })

  it('are so many', () => {
    expect(scenarios(SMALL_SPACE).count).toBe(25_600)
    expect(scenarios({ ...SMALL_SPACE, sets: 3 }).count).toBe(420_276)
  })

  it('are drawn without repetition, and each comes once', () => {
    for (const count of [1, 2, 3, 100, 4_097]) {
      const placeOf = createPermutation(count, 7)
      const places = Array.from({ length: count }, (_, index) => placeOf(index))
      expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
    }
    const [some, others] = [1, 2].map(seed =>
      Array.from({ length: 20 }, (_, i) => createPermutation(1e12, seed)(i)),
    )
    expect(some).not.toEqual(others)
  })
})

describe('twins', () => {
  it.each([0, 1, 2])('hold everything that must hold, whatever the partition of view %i', async view => {
    const front = Array.from({ length: view }, () => WHOLE)
    for (const member of [0, 1, 2, 3]) {
      for (const partition of partitionsOf(5, 2)) {
        const scenario: TwinsScenario = {
          n: 4,
          twinned: [member],
          partitions: [...front, partition],
          losses: [],
          ending: 'both-go-on',
          crash: null,
        }
        const { primariesMet } = await expectNoViolation(scenario)
        // So every partition meets every primary that it lets speak.
        const isMet = isPrimaryAble(scenario, partition, view) || view === 0
        expect(primariesMet.includes(view), JSON.stringify(scenario)).toBe(isMet)
      }
    }
  })

  it.each([
    ['of the small space', everyOneDrawn(), 50],
    ['of larger spaces', sampleOf(LARGER_SPACES, 3), 35],
  ])('hold everything that must hold in scenarios %s', async (_name, course, count) => {
    const find = createScenarioFinder()
    let accused = 0
    for (let place = 0; place < count; place++) {
      const result = await expectNoViolation(find(course.at(place)))
      accused += result.accused
    }
    // They contradict themselves in front of others, or this would show nothing.
    expect(accused).toBeGreaterThan(count / 4)
  })

  it('do the same again in the same scenario', async () => {
    const scenario = scenarios(SMALL_SPACE).at(12_345)
    const [first, second] = [await runTwins(scenario), await runTwins(scenario)]
    expect(second).toEqual(first)
    expect((await runTwins(scenarios(SMALL_SPACE).at(54))).hash).not.toBe(first.hash)
  })
})

function everyOneDrawn() {
  const { at, count } = everyOne(SMALL_SPACE)
  const placeOf = createPermutation(count, 1)
  return { count, at: (place: number) => at(placeOf(place)) }
}
