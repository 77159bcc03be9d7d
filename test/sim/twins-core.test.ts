import { describe, expect, it } from 'vitest'
import { runTwinsOnCore } from '../../src/sim/twins/core/run-core.ts'
import { type Partition, partitionsOf } from '../../src/sim/twins/partitions.ts'
import type { TwinsResult } from '../../src/sim/twins/run-twins.ts'
import { scenarios, speakersOf, type TwinsScenario } from '../../src/sim/twins/scenario.ts'
import { createScenarioFinder, LARGER_SPACES, SMALL_SPACE, sampleOf } from '../../src/sim/twins/spaces.ts'

const WHOLE: Partition = [0, 0, 0, 0, 0]
const CALM: TwinsScenario = {
  n: 4,
  twinned: [3],
  partitions: [WHOLE],
  losses: [],
  ending: 'both-go-on',
  crash: null,
}

function expectNoViolation(scenario: TwinsScenario, shuffleSeed: number | null = null): TwinsResult {
  const result = runTwinsOnCore(scenario, { shuffleSeed })
  expect(result.violations, `${JSON.stringify(scenario)} ${shuffleSeed}`).toEqual([])
  return result
}

function linesOf(scenario: TwinsScenario): readonly string[] {
  const lines: string[] = []
  expect(runTwinsOnCore(scenario, { onLine: line => lines.push(line) }).violations).toEqual([])
  return lines
}

describe('twins on the core', () => {
  it.each([0, 1, 2])('meet every primary that can speak, whatever the partition of view %i', view => {
    const front = Array.from({ length: view }, () => WHOLE)
    for (const member of [0, 1, 2, 3]) {
      for (const partition of partitionsOf(5, 2)) {
        const scenario = { ...CALM, twinned: [member], partitions: [...front, partition] }
        const { primariesMet, sequences } = expectNoViolation(scenario)
        // Whoever is a quorum with the primary of the view hears it there.
        const ids = [0, 1, 2, 3, member]
        const isAble = ids.some(
          (id, at) =>
            id === view % 4 && new Set(ids.filter((_, i) => partition[i] === partition[at])).size >= 3,
        )
        expect(primariesMet.includes(view), JSON.stringify(scenario)).toBe(isAble || view === 0)
        expect(sequences).toBeGreaterThan(view)
      }
    }
  })

  it.each([
    ['of the small space', sampleOf([SMALL_SPACE], 1), 250, null],
    ['with three sets', sampleOf([{ ...SMALL_SPACE, sets: 3 }], 2), 100, null],
    ['of larger spaces', sampleOf(LARGER_SPACES, 3), 140, null],
    ['in which messages overtake each other', sampleOf(LARGER_SPACES, 4), 70, 5],
  ] as const)('hold everything that must hold in scenarios %s', (_name, course, count, shuffleSeed) => {
    const find = createScenarioFinder()
    let accused = 0
    for (let place = 0; place < count; place++)
      accused += expectNoViolation(find(course.at(place)), shuffleSeed).accused
    // They contradict themselves in front of others, or this would show nothing.
    expect(accused).toBeGreaterThan(count / 4)
  })

  it('do the same again in the same scenario, and other things in another order', () => {
    const scenario = scenarios(SMALL_SPACE).at(12_345)
    expect(runTwinsOnCore(scenario)).toEqual(runTwinsOnCore(scenario))
    const [one, again, other] = [1, 1, 2].map(shuffleSeed => runTwinsOnCore(scenario, { shuffleSeed }))
    expect(again).toEqual(one)
    expect(other?.hash).not.toBe(one?.hash)
    expect(runTwinsOnCore(scenarios(SMALL_SPACE).at(54)).hash).not.toBe(runTwinsOnCore(scenario).hash)
  })

  it('crash and come back with what they wrote', () => {
    const together = { machines: [0, 1, 2, 3, 4], view: 0 }
    const lines = linesOf({ ...CALM, partitions: [WHOLE, WHOLE], crash: together })
    const starts = lines.filter(line => / \*\* {2}starts in view/.test(line))
    expect(starts).toHaveLength(10)
    expect(starts.slice(5).every(line => /up to n[1-9]/.test(line))).toBe(true)
  })

  it('take over the state where sequences are gone', () => {
    const apart: Partition = [0, 1, 0, 0, 0]
    const lines = linesOf({ ...CALM, partitions: [apart, apart, apart, apart] })
    expect(lines.some(line => /^ +[\d.]+ {2}1 \*\* {2}takes over the state at n\d/.test(line))).toBe(true)
  })

  it('hear what is lost, and how: COMMITs reach nobody, PREPAREs only the primary', () => {
    const heard = (losses: TwinsScenario['losses'], kind: string): string =>
      linesOf({ ...CALM, partitions: [WHOLE], losses })
        .filter(line => line.includes(`1 ->  ${kind} v0 n1 `))
        .map(line => line.slice(line.lastIndexOf('[')))[0] ?? 'never said'
    expect(heard(['nothing'], 'PREPARE')).toBe('[0, 2, 3, 4]')
    expect(heard(['prepares'], 'PREPARE')).toBe('[0]')
    expect(heard(['nothing'], 'COMMIT')).toBe('[0, 2, 3, 4]')
    expect(heard(['commits'], 'COMMIT')).toBe('[]')
  })

  it('hand transactions to all machines of a twinned member, to a correct one and into every set', () => {
    expect(speakersOf({ ...CALM, partitions: [[0, 1, 0, 0, 0]] }, 0)).toEqual([3, 4, 0, 1])
    expect(speakersOf(CALM, 0)).toEqual([3, 4, 0])
  })
})
