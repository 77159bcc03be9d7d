import { BoundedMap } from '../lib/bounded-map.ts'

export interface Rate {
  readonly perSecond: number
  /** What may come at once after a pause, in the same unit as the rate. */
  readonly burst: number
}

/**
 * The generic cell rate algorithm (ITU-T I.371): one number for each key, the time at which its bucket would be empty again.
 * Holds at most `keysMax` keys; the one unused longest is forgotten, which gives it a full bucket, so `keysMax` must exceed
 * what one attacker can name cheaply.
 */
export class RateLimiter {
  readonly #emptyAtMs: BoundedMap<string, number>
  readonly #rate: Rate

  constructor(rate: Rate, keysMax: number) {
    this.#rate = rate
    this.#emptyAtMs = new BoundedMap(keysMax)
  }

  /** Keys remembered. */
  get size(): number {
    return this.#emptyAtMs.size
  }

  /** Takes `cost` from the bucket of `key`, or nothing. @returns whether it was there */
  take(key: string, nowMs: number, cost = 1): boolean {
    const emptyAtMs = this.#next(key, nowMs, cost)
    if (emptyAtMs - nowMs > (this.#rate.burst / this.#rate.perSecond) * 1000) return false
    this.#emptyAtMs.set(key, emptyAtMs)
    return true
  }

  /** Takes `cost` in any case, and tells how long to pause until the bucket is no longer overdrawn. */
  charge(key: string, nowMs: number, cost: number): number {
    const emptyAtMs = this.#next(key, nowMs, cost)
    this.#emptyAtMs.set(key, emptyAtMs)
    return Math.max(0, emptyAtMs - nowMs - (this.#rate.burst / this.#rate.perSecond) * 1000)
  }

  #next(key: string, nowMs: number, cost: number): number {
    return Math.max(nowMs, this.#emptyAtMs.get(key) ?? nowMs) + (cost / this.#rate.perSecond) * 1000
  }
}
