/**
 * Time for durations, made from a clock that may be set: it never goes back. While the clock is behind where it was, a duration that was
 * measured with it would stand still, and a limit that was used up would stay so until the clock has caught up. Set forward, it
 * counts as time that has passed.
 */
export class SteadyTime {
  #lastMs = Number.NEGATIVE_INFINITY
  #behindMs = 0

  /** @param nowMs what the clock shows @returns milliseconds since some moment */
  at(nowMs: number): number {
    if (nowMs < this.#lastMs) this.#behindMs += this.#lastMs - nowMs
    this.#lastMs = nowMs
    return nowMs + this.#behindMs
  }
}

interface TimeSource {
  nowMs(): number
  after(delayMs: number, expired: () => void): () => void
}

/** The same clock for whoever only measures durations with it. */
export function steadily(clock: TimeSource): TimeSource {
  const time = new SteadyTime()
  return {
    nowMs: () => time.at(clock.nowMs()),
    after: (delayMs, expired) => clock.after(delayMs, expired),
  }
}
