import { BoundedMap } from '../lib/bounded-map.ts'
import { SteadyTime } from '../lib/steady-time.ts'

export interface Rate {
  readonly perSecond: number
  /** What may come at once after a pause, in the same unit as the rate. */
  readonly burst: number
}

/**
 * The generic cell rate algorithm (ITU-T I.371): one number for each key, the time at which its bucket would be empty again.
 * Holds at most `keysMax` keys; the one unused longest is forgotten, which gives it a full bucket, so `keysMax` must exceed
 * what one attacker can name cheaply. The clock may be set back: buckets fill all the same.
 */
export class RateLimiter {
  readonly #emptyAtMs: BoundedMap<string, number>
  readonly #rate: Rate
  readonly #time = new SteadyTime()

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
    const atMs = this.#time.at(nowMs)
    const emptyAtMs = this.#next(key, atMs, cost)
    if (emptyAtMs - atMs > (this.#rate.burst / this.#rate.perSecond) * 1000) return false
    this.#emptyAtMs.set(key, emptyAtMs)
    return true
  }

  /** Takes `cost` in any case, and tells how long to pause until the bucket is no longer overdrawn. */
  charge(key: string, nowMs: number, cost: number): number {
    const atMs = this.#time.at(nowMs)
    const emptyAtMs = this.#next(key, atMs, cost)
    this.#emptyAtMs.set(key, emptyAtMs)
    return Math.max(0, emptyAtMs - atMs - (this.#rate.burst / this.#rate.perSecond) * 1000)
  }

  #next(key: string, atMs: number, cost: number): number {
    return Math.max(atMs, this.#emptyAtMs.get(key) ?? atMs) + (cost / this.#rate.perSecond) * 1000
  }
}
