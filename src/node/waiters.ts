import type { TransactionId } from '../application/contract.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Outcome, ReplicatedState } from '../membership/replicated-state.ts'
import type { TransactionStatus } from './api.ts'

/** Expired transactions that are still known to have expired. */
const EXPIRED_REMEMBERED_MAX = 16_384

interface Waiter {
  readonly resolve: (status: TransactionStatus) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal
}

/** Those who wait to hear what became of a transaction. One listener for each signal, however many transactions it covers. */
export class Waiters {
  readonly #state: ReplicatedState
  readonly #waiting = new Map<TransactionId, Set<Waiter>>()
  readonly #bySignal = new Map<AbortSignal, { open: number; readonly onAbort: () => void }>()
  readonly #expired = new BoundedMap<TransactionId, true>(EXPIRED_REMEMBERED_MAX)

  constructor(state: ReplicatedState) {
    this.#state = state
  }

  /** What is final about a transaction, as far as the window goes back. */
  final(id: TransactionId): TransactionStatus | null {
    const receipt = this.#state.window.receipt(id)
    if (receipt === undefined) return this.#expired.has(id) ? { state: 'expired', id } : null
    const { sequence, position, code, data } = receipt
    const logTimeMs = this.#state.window.logTimeAt(sequence) ?? this.#state.logTimeMs
    return { state: 'committed', id, sequence, position, logTimeMs, result: { code, data } }
  }

  wait(id: TransactionId, signal: AbortSignal): Promise<TransactionStatus> {
    const known = this.final(id)
    if (known !== null) return Promise.resolve(known)
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, waiters)
      waiters.add({ resolve, reject, signal })
      this.#watch(signal)
    })
  }

  /** What was ordered before its time is not known here any more, and may be ordered again: nobody may be told that it expired. */
  onExecuted(outcome: Outcome): void {
    for (const { id, reason } of outcome.skipped) if (reason === 'expired') this.#expired.set(id, true)
    if (this.#waiting.size === 0) return
    for (const { id } of outcome.segment.receipts) this.#settle(id)
    for (const { id, reason } of outcome.skipped)
      this.#settle(id, reason === 'early' ? { state: 'unknown', id } : null)
  }

  /** The state jumped: whatever was executed in between is in the window now. */
  onInstalled(): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)
  }

  /** @param otherwise for those who wait, when nothing is final; null: they wait on */
  #settle(id: TransactionId, otherwise: TransactionStatus | null = null): void {
    const waiters = this.#waiting.get(id)
    const status = waiters === undefined ? null : (this.final(id) ?? otherwise)
    if (waiters === undefined || status === null) return
    this.#waiting.delete(id)
    for (const { resolve, signal } of waiters) {
      this.#release(signal)
      resolve(status)
    }
  }

  #watch(signal: AbortSignal): void {
    const watched = this.#bySignal.get(signal)
    if (watched !== undefined) {
      watched.open += 1
      return
    }
    const onAbort = (): void => this.#abort(signal)
    this.#bySignal.set(signal, { open: 1, onAbort })
    signal.addEventListener('abort', onAbort, { once: true })
  }

  #release(signal: AbortSignal): void {
    const watched = this.#bySignal.get(signal)
    if (watched === undefined) return
    watched.open -= 1
    if (watched.open > 0) return
    signal.removeEventListener('abort', watched.onAbort)
    this.#bySignal.delete(signal)
  }

  #abort(signal: AbortSignal): void {
    this.#bySignal.delete(signal)
    for (const [id, waiters] of this.#waiting) {
      for (const waiter of waiters) {
        if (waiter.signal !== signal) continue
        waiters.delete(waiter)
        waiter.reject(signal.reason)
      }
      if (waiters.size === 0) this.#waiting.delete(id)
    }
  }
}
