import type { SimulationOptions } from '../options.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * Nobody is left out while others are served: where a world is said to serve, whatever a correct member accepted is executed within a few
 * time-outs, however much of others goes on meanwhile. At the end of the faults it would be too late to look: with nothing else to do
 * every timer runs out.
 */
export function createLeftOut({ options, nowMs, violation }: CheckerContext): Checker {
  if (options.isServed !== true) return {}
  const boundMs = servedBoundMs(options)
  const executed = new Set<string>()
  /** When each was accepted first, oldest first. */
  const waiting = new Map<string, number>()
  return {
    onAccepted(id) {
      if (!executed.has(id) && !waiting.has(id)) waiting.set(id, nowMs())
    },
    onExecuted(_member, { outcome }) {
      for (const { id } of outcome.segment.receipts) {
        executed.add(id)
        waiting.delete(id)
      }
    },
    onLook() {
      for (const [id, acceptedMs] of waiting) {
        if (nowMs() - acceptedMs <= boundMs) return
        waiting.delete(id)
        violation(`transaction ${id.slice(0, 8)} was accepted more than ${boundMs} ms ago and not executed`)
      }
    },
  }
}

/**
 * The time-out may wait for something else when a batch comes; then it runs out for each faulty primary in turn, doubled each time, and a
 * second is enough to change views and to execute.
 */
export function servedBoundMs({ byzantine, viewChangeTimeoutMs }: SimulationOptions): number {
  return 1_000 + 2 ** (byzantine.length + 1) * viewChangeTimeoutMs
}
