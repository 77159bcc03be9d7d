import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ReplicaConfig } from '../../src/pbft/config.ts'
import type { Event } from '../../src/pbft/event.ts'
import type { Verified, ViewChange } from '../../src/pbft/types.ts'
import { runTwinsOnCore } from '../../src/sim/twins/core/run-core.ts'
import { runTwins } from '../../src/sim/twins/run-twins.ts'
import { createScenarioFinder, LARGER_SPACES, SMALL_SPACE, sampleOf } from '../../src/sim/twins/spaces.ts'

/** That twins find something: scenarios over a protocol with a rule taken out. */
type Rule = 'quorum' | 'large-quorum' | 'prepared' | 'highest-view' | 'same-plan'
const broken = vi.hoisted(() => ({
  rule: 'none' as Rule | 'none',
  /** The member whose core is at work. */
  atWork: null as number | null,
  /** Members that leave everything out of their NEW-VIEWs. */
  careless: [] as readonly number[],
}))
beforeEach(() => {
  broken.rule = 'none'
})

vi.mock('../../src/pbft/quorum.ts', async original => {
  const rules = await original<typeof import('../../src/pbft/quorum.ts')>()
  const quorum = (n: number): number => {
    if (broken.rule === 'large-quorum') return n + 1
    return broken.rule === 'quorum' ? Math.ceil(n / 2) : rules.quorum(n)
  }
  return { ...rules, quorum }
})

vi.mock('../../src/pbft/replica.ts', async original => {
  const { Replica } = await original<typeof import('../../src/pbft/replica.ts')>()
  class WatchedReplica extends Replica {
    readonly #self: number | null

    constructor(config: ReplicaConfig) {
      super(config)
      this.#self = config.self
    }

    override step(event: Event) {
      broken.atWork = this.#self
      return super.step(event)
    }
  }
  return { Replica: WatchedReplica }
})

vi.mock('../../src/pbft/new-view.ts', async original => {
  const rules = await original<typeof import('../../src/pbft/new-view.ts')>()
  const heeded = (viewChanges: readonly Verified<ViewChange>[]): readonly Verified<ViewChange>[] => {
    if (broken.rule === 'highest-view') return lowestOnly(viewChanges)
    const isCareless = broken.rule === 'same-plan' && broken.careless.includes(broken.atWork ?? -1)
    return broken.rule === 'prepared' || isCareless ? nonePrepared(viewChanges) : viewChanges
  }
  const { isSamePlan }: typeof rules = rules
  return {
    ...rules,
    computeNewView: (viewChanges: readonly Verified<ViewChange>[]) =>
      rules.computeNewView(heeded(viewChanges)),
    isSamePlan: (...plans: Parameters<typeof isSamePlan>) =>
      broken.rule === 'same-plan' || isSamePlan(...plans),
  }
})

function nonePrepared(viewChanges: readonly Verified<ViewChange>[]): readonly Verified<ViewChange>[] {
  return viewChanges.map(one => ({ ...one, message: { ...one.message, prepared: [] } }))
}

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

describe('twins on the core find', () => {
  it.each([
    ['a quorum that is too small', 'quorum', 10],
    ['that new views ignore what was prepared', 'prepared', 10],
    ['a new view that takes the certificate of the lowest view', 'highest-view', 200],
    ['that nobody compares what a careless primary proposes anew', 'same-plan', 20],
  ] as const)('%s', (_name, rule, scenariosMax) => {
    const find = createScenarioFinder()
    const course = sampleOf(LARGER_SPACES, 1)
    const run = (place: number, on: Rule | 'none') => {
      const scenario = find(course.at(place))
      broken.rule = on
      broken.careless = scenario.twinned
      return runTwinsOnCore(scenario).violations
    }
    for (let place = 0; place < scenariosMax; place++) {
      const [violation] = run(place, rule)
      if (violation === undefined) continue
      // Two histories, or a member that stops because it would have come to two.
      expect(violation.text).toMatch(/has another history|lets go what a quorum committed/)
      expect(run(place, 'none')).toEqual([])
      return
    }
    expect.unreachable(`nothing found within ${scenariosMax} scenarios`)
  })

  it('that nothing is executed any more', () => {
    broken.rule = 'large-quorum'
    const { violations } = runTwinsOnCore(createScenarioFinder()({ space: SMALL_SPACE, index: 0 }))
    expect(violations.map(({ checker }) => checker)).toEqual(['liveness'])
    expect(violations[0]?.text).toMatch(/member 1 in view 0: \d+ batches wait.*handed in and not executed/)
  })
})
