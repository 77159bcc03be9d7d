import { expect, it, vi } from 'vitest'
import { runTwins } from '../../src/sim/twins/run-twins.ts'
import { createScenarioFinder, SMALL_SPACE, sampleOf } from '../../src/sim/twins/spaces.ts'

/** That twins find something: the same scenarios over a protocol that takes two of four for a quorum. */
vi.mock('../../src/pbft/quorum.ts', async original => ({
  ...(await original<typeof import('../../src/pbft/quorum.ts')>()),
  quorum: (n: number) => Math.ceil(n / 2),
}))

const SCENARIOS_MAX = 40

it('twins break a quorum that is too small', async () => {
  const find = createScenarioFinder()
  const course = sampleOf([SMALL_SPACE], 1)
  for (let place = 0; place < SCENARIOS_MAX; place++) {
    const { violations } = await runTwins(find(course.at(place)))
    if (violations.some(({ checker }) => checker === 'agreement')) return
  }
  expect.unreachable(`two histories within ${SCENARIOS_MAX} scenarios`)
})
