import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Verified, ViewChange } from '../../src/pbft/types.ts'
import { runTwins } from '../../src/sim/twins/run-twins.ts'
import { createScenarioFinder, SMALL_SPACE, sampleOf } from '../../src/sim/twins/spaces.ts'

/** That twins find something: scenarios over a protocol with a rule taken out. */
const broken = vi.hoisted(() => ({ rule: 'none' as 'none' | 'quorum' | 'highest-view' }))
beforeEach(() => {
  broken.rule = 'none'
})

vi.mock('../../src/pbft/quorum.ts', async original => {
  const rules = await original<typeof import('../../src/pbft/quorum.ts')>()
  return { ...rules, quorum: (n: number) => (broken.rule === 'quorum' ? Math.ceil(n / 2) : rules.quorum(n)) }
})

vi.mock('../../src/pbft/new-view.ts', async original => {
  const rules = await original<typeof import('../../src/pbft/new-view.ts')>()
  return {
    ...rules,
    computeNewView: (viewChanges: readonly Verified<ViewChange>[]) =>
      rules.computeNewView(broken.rule === 'highest-view' ? lowestOnly(viewChanges) : viewChanges),
  }
})

/** Leaves of what was prepared for a sequence only what was prepared in the lowest view. */
function lowestOnly(viewChanges: readonly Verified<ViewChange>[]): readonly Verified<ViewChange>[] {
  const all = viewChanges.flatMap(({ message }) => message.prepared)
  const isLowest = ({ view, proposal }: (typeof all)[number]): boolean =>
    all.every(other => other.proposal.sequence !== proposal.sequence || other.view >= view)
  return viewChanges.map(one => ({
    ...one,
    message: { ...one.message, prepared: one.message.prepared.filter(isLowest) },
  }))
}

describe('twins find', () => {
  it('a quorum that is too small', async () => {
    broken.rule = 'quorum'
    const find = createScenarioFinder()
    const course = sampleOf([SMALL_SPACE], 1)
    const scenariosMax = 40
    for (let place = 0; place < scenariosMax; place++) {
      const { violations } = await runTwins(find(course.at(place)))
      if (violations.some(({ checker }) => checker === 'agreement')) return
    }
    expect.unreachable(`two histories within ${scenariosMax} scenarios`)
  })

  it('a new view that takes the certificate of the lowest view', async () => {
    // Prepared in view 0 where one machine alone knows of it; another committed in view 1, uncertified; both carried into view 2.
    const scenario = {
      n: 4,
      twinned: [3],
      partitions: [
        [0, 0, 0, 0, 1],
        [0, 1, 1, 0, 1],
        [0, 1, 0, 0, 1],
      ],
      losses: ['prepares', 'checkpoints', 'nothing'] as const,
      ending: 'both-go-on',
      crash: null,
    } as const
    expect((await runTwins(scenario)).violations).toEqual([])
    broken.rule = 'highest-view'
    expect((await runTwins(scenario)).violations).not.toEqual([])
  })
})
