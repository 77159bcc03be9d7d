import type { Checker, CheckerContext } from './checker.ts'

/** Nothing grows beyond what the window and the number of authors allow. */
export function createBounds({ options, violation }: CheckerContext): Checker {
  const slotsMax = 3 * options.logWindow + 1
  const batchesMax = 512 * options.n
  return {
    onLook(member, runtime) {
      const { slots } = runtime.replica()
      if (slots > slotsMax) violation(`member ${member} keeps ${slots} slots, more than ${slotsMax}`)
      if (runtime.pendingBatches > batchesMax)
        violation(`member ${member} holds ${runtime.pendingBatches} batches`)
    },
  }
}
