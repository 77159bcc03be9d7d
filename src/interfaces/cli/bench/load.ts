/**
 * Offers transactions to a network and measures each from the moment at which it should have been sent until its commit is
 * known. With a fixed rate that moment is on a schedule that does not wait for answers, so that a network that stalls is
 * charged for everything that came due meanwhile (no coordinated omission); in the closed loop it is the moment of
 * sending.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Transaction } from '../../../application/contract.ts'
import type { BulkOptions, BulkResult } from '../../../client/bulk.ts'

/** The bulk form of one node's API: a `QuorateClient`. */
export interface BulkTarget {
  submitBulk(transactions: AsyncIterable<Transaction>, options: BulkOptions): AsyncIterable<BulkResult>
}

const COMMIT_TIMEOUT_MS = 60_000

export interface LoadClock {
  /** Milliseconds since any moment, with parts of one. */
  nowMs(): number
  sleep(ms: number): Promise<void>
  /** @returns what cancels it */
  after(delayMs: number, expired: () => void): () => void
}

const systemLoadClock: LoadClock = {
  nowMs: () => performance.now(),
  sleep: ms => sleep(ms),
  after(delayMs, expired) {
    const timer = setTimeout(expired, delayMs)
    return () => clearTimeout(timer)
  },
}

export interface LoadOptions {
  readonly warmupMs: number
  readonly durationMs: number
  /** Transactions a second, all clients together; null: closed loop. */
  readonly ratePerSecond: number | null
  /** Of each client, in the closed loop. */
  readonly inFlight: number
  /** How long after the last one is sent its answer is awaited. */
  readonly drainMs: number
}

export interface LoadClient {
  readonly target: BulkTarget
  /** The next transaction to send; signed beforehand as far as possible. */
  next(): Transaction
}

export interface LoadResult {
  /** Answers within the measured time. */
  readonly committed: number
  readonly durationMs: number
  /** Of transactions that came due within the measured time, in milliseconds. */
  readonly latenciesMs: readonly number[]
  /** Codes of answers that were no commit, and how many. */
  readonly failures: Readonly<Record<string, number>>
  /** Sent or due, and never answered. */
  readonly unanswered: number
}

interface Tally {
  committed: number
  offered: number
  answered: number
  readonly latenciesMs: number[]
  readonly failures: Record<string, number>
}

interface Window {
  readonly startMs: number
  readonly measureFromMs: number
  readonly endMs: number
}

/** @throws the error of a stream that broke */
export async function runLoad(
  options: LoadOptions,
  clients: readonly LoadClient[],
  signal: AbortSignal,
  clock: LoadClock = systemLoadClock,
): Promise<LoadResult> {
  const startMs = clock.nowMs()
  const measureFromMs = startMs + options.warmupMs
  const window = { startMs, measureFromMs, endMs: measureFromMs + options.durationMs }
  const tally: Tally = { committed: 0, offered: 0, answered: 0, latenciesMs: [], failures: {} }
  const end = new AbortController()
  const cancelDeadline = clock.after(window.endMs + options.drainMs - startMs, () => end.abort())
  try {
    const both = AbortSignal.any([signal, end.signal])
    await Promise.all(
      clients.map((client, index) =>
        runClient(client, pace(options, window, index, clients.length, clock), window, tally, both, clock),
      ),
    )
  } finally {
    cancelDeadline()
  }
  signal.throwIfAborted()
  const { committed, latenciesMs, failures, offered, answered } = tally
  return { committed, durationMs: options.durationMs, latenciesMs, failures, unanswered: offered - answered }
}

/** When the next transaction is due, and word of each answer. */
interface Pace {
  /** @returns milliseconds on the clock of the load; null: no more */
  next(signal: AbortSignal): Promise<number | null>
  answered(): void
}

function pace(
  { ratePerSecond, inFlight }: LoadOptions,
  window: Window,
  index: number,
  clients: number,
  clock: LoadClock,
): Pace {
  if (ratePerSecond === null) return closedLoop(inFlight, window, clock)
  return schedule((1_000 * clients) / ratePerSecond, (1_000 * index) / ratePerSecond, window, clock)
}

function closedLoop(inFlightMax: number, window: Window, clock: LoadClock): Pace {
  let inFlight = 0
  let wake = (): void => {}
  return {
    async next(signal) {
      while (inFlight >= inFlightMax && !signal.aborted) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      const nowMs = clock.nowMs()
      if (nowMs >= window.endMs || signal.aborted) return null
      inFlight++
      return nowMs
    },
    answered() {
      inFlight--
      wake()
    },
  }
}

function schedule(intervalMs: number, offsetMs: number, window: Window, clock: LoadClock): Pace {
  let sent = 0
  return {
    async next(signal) {
      const dueMs = window.startMs + offsetMs + sent++ * intervalMs
      if (dueMs >= window.endMs || signal.aborted) return null
      const earlyMs = dueMs - clock.nowMs()
      // Timers know whole milliseconds: what is sent a part of one early is measured from when it was sent.
      if (earlyMs >= 1) await clock.sleep(Math.floor(earlyMs))
      return signal.aborted ? null : Math.min(dueMs, clock.nowMs())
    },
    answered() {},
  }
}

async function runClient(
  client: LoadClient,
  rhythm: Pace,
  window: Window,
  tally: Tally,
  signal: AbortSignal,
  clock: LoadClock,
): Promise<void> {
  const dueMs: number[] = []
  async function* transactions(): AsyncGenerator<Transaction> {
    for (let at = await rhythm.next(signal); at !== null; at = await rhythm.next(signal)) {
      dueMs.push(at)
      tally.offered++
      yield client.next()
    }
  }
  try {
    const options = { wait: 'committed', timeoutMs: COMMIT_TIMEOUT_MS, signal } as const
    for await (const result of client.target.submitBulk(transactions(), options)) {
      record(result, dueMs, window, tally, clock.nowMs())
      rhythm.answered()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function record(
  result: BulkResult,
  dueMs: readonly number[],
  window: Window,
  tally: Tally,
  nowMs: number,
): void {
  tally.answered++
  const failure = failureOf(result)
  if (failure !== null) {
    tally.failures[failure] = (tally.failures[failure] ?? 0) + 1
    return
  }
  const due = dueMs[result.index] ?? nowMs
  if (nowMs >= window.measureFromMs && nowMs < window.endMs) tally.committed++
  if (due >= window.measureFromMs && due < window.endMs) tally.latenciesMs.push(nowMs - due)
}

function failureOf(result: BulkResult): string | null {
  if (!result.ok) return result.error.code
  const { reply } = result
  if (reply.state !== 'committed') return `NOT_COMMITTED (${reply.state})`
  return reply.result.code === 0 ? null : `REFUSED (${reply.result.code})`
}
