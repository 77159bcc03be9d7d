/**
 * Waiting for commits. Each wait is bounded in time; a group of transactions that were submitted together shares one
 * timer and one signal, and closing the server ends all groups at once.
 */
import { setMaxListeners } from 'node:events'
import type { TransactionId } from '../../application/contract.ts'
import type { QuorateNode, TransactionStatus } from '../../node/api.ts'

/** What a wait ends with: the final status, or null when its time was over or it was cancelled. */
export type Settled = TransactionStatus | null

export interface WaitGroup {
  settled(id: TransactionId): Promise<Settled>
  /** Ends the waits that are left, with null. Must be called in the end. */
  close(): void
}

export interface Waits {
  open(timeoutMs: number): WaitGroup
  close(): void
}

export function createWaits(node: Pick<QuorateNode, 'settled'>): Waits {
  const groups = new Set<WaitGroup>()
  // One reason for all: an abort without one makes an error with a stack each time.
  const over = new Error('the wait is over')

  function open(timeoutMs: number): WaitGroup {
    const controller = new AbortController()
    const { signal } = controller
    setMaxListeners(0, signal)
    const timer = setTimeout(() => controller.abort(over), timeoutMs)
    const group: WaitGroup = {
      async settled(id) {
        try {
          return await node.settled(id, signal)
        } catch (error) {
          if (signal.aborted) return null
          throw error
        }
      },
      close() {
        clearTimeout(timer)
        groups.delete(group)
        controller.abort(over)
      },
    }
    groups.add(group)
    return group
  }

  return {
    open,
    close() {
      for (const group of [...groups]) group.close()
    },
  }
}
