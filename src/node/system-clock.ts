import type { Clock } from '../runtime/ports.ts'

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, expired) {
    if (delayMs <= 0) {
      const immediate = setImmediate(expired)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(expired, delayMs)
    return () => clearTimeout(timer)
  },
}
