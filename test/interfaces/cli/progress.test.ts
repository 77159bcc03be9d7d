import { expect, it } from 'vitest'
import { createProgress, durationText } from '../../../src/interfaces/cli/sim/progress.ts'

it.each([
  [75, '1 min 15 s'],
  [7_260, '2 h 1 min'],
  [3_600_000, '1000 h 0 min'],
  [592_756_761_241_200, 'more than 1000 h'],
  [Number.POSITIVE_INFINITY, 'more than 1000 h'],
])('%d s are told as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})

it('says how much is left only as far as anybody waits', () => {
  const lines: string[] = []
  let nowMs = 0
  const progress = createProgress(
    { total: 1e15, unit: 'scenarios' },
    { terminal: { note: line => lines.push(line) }, stderr: { write: () => {} }, nowMs: () => nowMs },
  )
  nowMs = 20_000
  progress.update(100, 0)
  expect(lines).toEqual(['100 of 1000000000000000 scenarios, 5.0/s, more than 1000 h left'])
})
