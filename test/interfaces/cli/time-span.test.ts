import { expect, it } from 'vitest'
import { timeSpanText } from '../../../src/interfaces/cli/time-span.ts'

it.each([
  [2_592_000_000, '30 days'],
  [86_400_000, '1 day'],
  [90_061_000, '1 day 1 h 1 min 1 s'],
  [60_000, '1 min'],
  [60_001, '1 min 0.001 s'],
  [500, '0.5 s'],
  [0, '0 s'],
])('%d ms are told as %s', (spanMs, text) => {
  expect(timeSpanText(spanMs)).toBe(text)
})
