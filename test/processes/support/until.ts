import { QuorateClientError } from '../../../src/client/error.ts'

const POLL_MS = 20
/**
 * For what comes sooner or later. No measure of anything: a machine may be ten times slower than ours, busy, and stand still for a while.
 * Less than a test may take (vitest.config.ts), so that a test that waits in vain says for what.
 */
export const PATIENCE_MS = 240_000

/**
 * Waits for a condition, and says what it waited for when it does not come. A node that does not answer counts as not yet.
 * @param condition anything but false, null and undefined ends the waiting
 * @returns what the condition gave
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
  const deadlineMs = performance.now() + PATIENCE_MS
  let last: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value !== false && value !== null && value !== undefined)
        return value as Exclude<T, false | null | undefined>
      last = value
    } catch (error) {
      if (!(error instanceof QuorateClientError)) throw error
      last = error
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`not within ${PATIENCE_MS} ms: ${what} (last: ${String(last)})`)
    }
    await pause(POLL_MS)
  }
}

/** Between two looks at a condition. */
export function pause(delayMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, delayMs))
}
