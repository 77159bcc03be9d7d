import { expect, it } from 'vitest'
import { SteadyTime } from '../../src/lib/steady-time.ts'

it('a clock that is set back does not take its durations along', () => {
  const time = new SteadyTime()
  const shown = [100, 150, 90, 100, 400, 0, 10]
  const steady = shown.map(nowMs => time.at(nowMs))
  expect(steady).toEqual([100, 150, 150, 160, 460, 460, 470])
})
