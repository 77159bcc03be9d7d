import { expect, it } from 'vitest'
import { SteadyTime, steadily } from '../../src/lib/steady-time.ts'

it('a clock that is set back does not take its durations along', () => {
  const time = new SteadyTime()
  const shown = [100, 150, 90, 100, 400, 0, 10]
  const steady = shown.map(nowMs => time.at(nowMs))
  expect(steady).toEqual([100, 150, 150, 160, 460, 460, 470])
})

it('a clock for durations keeps the timers of the clock that it is made from', () => {
  const asked: number[] = []
  let shownMs = 1_000
  const clock = steadily({
    nowMs: () => shownMs,
    after: delayMs => {
      asked.push(delayMs)
      return () => {}
    },
  })
  const beforeMs = clock.nowMs()
  shownMs = 0
  expect(clock.nowMs()).toBe(beforeMs)
  clock.after(7, () => {})
  expect(asked).toEqual([7])
})
