import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplayWindow } from '../../src/defence/replay-window.ts'

const OPTIONS = { numbersMax: 16, forgetMs: 1_000, sendersMax: 4 }

describe('the replay window', () => {
  it('takes each number of a sender once, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 300 }), numbers => {
        const window = new ReplayWindow(OPTIONS)
        const taken = numbers.filter(number => window.take(0, number, 0))
        expect(new Set(taken).size).toBe(taken.length)
      }),
    )
  })

  it('takes late ones inside the window, and none below', () => {
    const window = new ReplayWindow(OPTIONS)
    expect(window.take(0, 100, 0)).toBe(true)
    expect(window.take(0, 85, 0)).toBe(true)
    expect(window.take(0, 84, 0)).toBe(false)
    expect(window.take(1, 84, 0)).toBe(true)
  })

  it('lets a sender begin below after a long silence, which replays do not break', () => {
    const window = new ReplayWindow(OPTIONS)
    window.take(0, 100, 0)
    expect(window.take(0, 5, 900)).toBe(false)
    expect(window.take(0, 5, 1_001)).toBe(true)
    expect(window.take(0, 6, 1_002)).toBe(true)
  })

  it('is not put off a sender that began below by what it said before', () => {
    const window = new ReplayWindow(OPTIONS)
    window.take(0, 100, 0)
    for (let number = 5; number < 90; number++) {
      const nowMs = 2_000 + number
      expect(window.take(0, number, nowMs)).toBe(true)
      expect(window.take(0, 100, nowMs)).toBe(number >= 84)
      if (number >= 84) break
    }
    expect(window.take(0, 85, 2_100)).toBe(true)
  })

  it('keeps no more than its senders and twice its numbers', () => {
    const window = new ReplayWindow(OPTIONS)
    for (let sender = 0; sender < 4; sender++) expect(window.take(sender, 1, 0)).toBe(true)
    expect(window.take(4, 1, 0)).toBe(false)
  })
})
