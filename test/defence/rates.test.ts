import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from '../../src/defence/circuit-breaker.ts'
import { RateLimiter } from '../../src/defence/rate-limiter.ts'

describe('rate limiter', () => {
  it('lets a burst through, then the rate, for each key', () => {
    const limiter = new RateLimiter({ perSecond: 2, burst: 3 }, 10)
    expect([0, 0, 0, 0].map(nowMs => limiter.take('a', nowMs))).toEqual([true, true, true, false])
    expect(limiter.take('b', 0)).toBe(true)
    expect(limiter.take('a', 499)).toBe(false)
    expect(limiter.take('a', 500)).toBe(true)
    expect(limiter.take('a', 500)).toBe(false)
    expect(limiter.take('a', 60_000, 3)).toBe(true)
    expect(limiter.take('a', 60_000)).toBe(false)
    expect(limiter.take('c', 0, 4)).toBe(false)
  })

  it('never lets more through than rate and burst allow', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), gapsMs => {
        const limiter = new RateLimiter({ perSecond: 5, burst: 4 }, 2)
        let nowMs = 0
        let taken = 0
        for (const gapMs of gapsMs) {
          nowMs += gapMs
          if (limiter.take('key', nowMs)) taken += 1
        }
        expect(taken).toBeLessThanOrEqual(4 + (nowMs / 1000) * 5)
      }),
    )
  })

  it('tells how long an overdrawn key must pause', () => {
    const limiter = new RateLimiter({ perSecond: 100, burst: 50 }, 10)
    expect(limiter.charge('a', 0, 50)).toBe(0)
    expect(limiter.charge('a', 0, 100)).toBe(1_000)
    expect(limiter.charge('a', 1_500, 0)).toBe(0)
  })

  it('fills its buckets also when the clock is set back', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 2 }, 10)
    expect(limiter.take('a', 3_600_000, 2)).toBe(true)
    expect(limiter.take('a', 500)).toBe(false)
    expect(limiter.take('a', 1_500)).toBe(true)
    expect(limiter.charge('a', 1_500, 2)).toBe(2_000)
    expect(limiter.charge('a', 500, 0)).toBe(2_000)
  })

  it('forgets the key unused longest', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 2)
    expect(limiter.take('a', 0)).toBe(true)
    expect(limiter.take('b', 0)).toBe(true)
    expect(limiter.take('c', 0)).toBe(true)
    expect(limiter.take('c', 0)).toBe(false)
    expect(limiter.take('a', 0)).toBe(true)
  })
})

describe('circuit breaker', () => {
  const options = { failuresMax: 3, openMs: 1_000, openMsMax: 3_000, successesToClose: 2, keysMax: 10 }
  const failTimes = (breaker: CircuitBreaker, times: number, nowMs: number): void => {
    for (let i = 0; i < times; i++) breaker.failed('peer', nowMs, 0.5)
  }

  it('opens after failures in a row, and only then', () => {
    const breaker = new CircuitBreaker(options)
    failTimes(breaker, 2, 0)
    breaker.succeeded('peer')
    failTimes(breaker, 2, 0)
    expect(breaker.allow('peer', 0)).toBe(true)
    failTimes(breaker, 1, 0)
    expect(breaker.allow('peer', 999)).toBe(false)
    expect(breaker.allow('other', 999)).toBe(true)
  })

  it('probes one at a time, waits twice as long after each failed probe, up to a limit', () => {
    const breaker = new CircuitBreaker(options)
    failTimes(breaker, 3, 0)
    expect(breaker.allow('peer', 1_000)).toBe(true)
    expect(breaker.allow('peer', 1_000)).toBe(false)
    failTimes(breaker, 1, 1_000)
    expect(breaker.allow('peer', 2_999)).toBe(false)
    expect(breaker.allow('peer', 3_000)).toBe(true)
    failTimes(breaker, 1, 3_000)
    expect(breaker.allow('peer', 5_999)).toBe(false)
    expect(breaker.allow('peer', 6_000)).toBe(true)
  })

  it('closes after successes in a row, and when the peer comes back anew', () => {
    const breaker = new CircuitBreaker(options)
    failTimes(breaker, 3, 0)
    expect(breaker.allow('peer', 1_000)).toBe(true)
    breaker.succeeded('peer')
    expect(breaker.allow('peer', 1_000)).toBe(true)
    breaker.succeeded('peer')
    failTimes(breaker, 2, 1_000)
    expect(breaker.allow('peer', 1_000)).toBe(true)
    failTimes(breaker, 1, 1_000)
    expect(breaker.allow('peer', 1_000)).toBe(false)
    breaker.forget('peer')
    expect(breaker.allow('peer', 1_000)).toBe(true)
  })
})
