/** Worlds, or what else takes long, on all cores: each thread runs one at a time and asks for the next. */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { WorldDone, WorldOrder } from './world-worker.ts'

export interface PoolOptions {
  readonly jobs: number
  /** A world that takes longer than this on the wall's clock is given up, and its thread with it. */
  readonly worldMs: number
  /** What a thread runs: it answers each order with what came of it. */
  readonly script?: string
}

export interface PoolHandlers<Order = WorldOrder, Done = WorldDone> {
  /** @returns the next world, or null when there is none */
  next(): Order | null
  onDone(done: Done): void
  /** The world threw, ran out of memory or of time: what cannot be said by a result. */
  onBroken(order: Order, why: string): void
}

/** A world leaves little behind and throws much away: with room for it, it is seldom looked through. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 96 }
const WORKER_SCRIPT = fileURLToPath(new URL('./world-worker.js', import.meta.url))

/**
 * Resolves when every world has ended, or at once when `signal` aborts: what still runs then is dropped. A handler that throws ends all
 * threads.
 * @throws what the first handler threw that did
 */
export async function runPool<Order = WorldOrder, Done = WorldDone>(
  options: PoolOptions,
  handlers: PoolHandlers<Order, Done>,
  signal: AbortSignal,
): Promise<void> {
  const halt = new AbortController()
  const stop = AbortSignal.any([signal, halt.signal])
  const run = async (): Promise<void> => {
    try {
      await runThread(options, handlers, stop)
    } catch (error) {
      halt.abort(error)
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, run))
  halt.signal.throwIfAborted()
}

async function runThread<Order, Done>(
  options: PoolOptions,
  handlers: PoolHandlers<Order, Done>,
  signal: AbortSignal,
): Promise<void> {
  let worker: Worker | null = null
  try {
    for (let order = handlers.next(); order !== null && !signal.aborted; order = handlers.next()) {
      worker ??= new Worker(options.script ?? WORKER_SCRIPT, { resourceLimits: RESOURCE_LIMITS })
      const outcome = await runOne<Order, Done>(worker, order, options.worldMs, signal)
      if (outcome === null) return
      if (typeof outcome !== 'string') {
        handlers.onDone(outcome)
        continue
      }
      handlers.onBroken(order, outcome)
      await worker.terminate()
      worker = null
    }
  } finally {
    await worker?.terminate()
  }
}

/** @returns what came of it; a sentence when nothing did; null when `signal` aborted */
function runOne<Order, Done>(
  worker: Worker,
  order: Order,
  worldMs: number,
  signal: AbortSignal,
): Promise<Done | string | null> {
  return new Promise(resolve => {
    const timer = setTimeout(() => finish(`the world did not end within ${worldMs / 1_000} s`), worldMs)
    const onAbort = (): void => finish(null)
    const onExit = (): void => finish('the thread of the world ended')
    const onError = (error: unknown): void =>
      finish(error instanceof Error ? (error.stack ?? error.message) : String(error))
    const finish = (outcome: Done | string | null): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      for (const name of ['message', 'error', 'exit']) worker.removeAllListeners(name)
      resolve(outcome)
    }
    signal.addEventListener('abort', onAbort)
    worker.on('message', finish)
    worker.on('error', onError)
    worker.on('exit', onExit)
    worker.postMessage(order)
  })
}

/** The seed of a world that ended without its options being known. */
export function seedOf(order: WorldOrder): number {
  return 'options' in order ? order.options.seed : order.seed
}
