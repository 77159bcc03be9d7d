import type { Logger } from '../lib/logger.ts'
import { messageOf } from '../lib/thrown.ts'
import type { Clock, ThresholdWorker, WorkFailure } from '../runtime/ports.ts'
import type { CurveChoice } from './curve-choice.ts'
import type { ThresholdJob } from './threshold-jobs.ts'
import { type LifeEnd, type LifeLimits, ThresholdLife } from './threshold-life.ts'

/**
 * Threshold signatures on a thread of their own: a pairing takes as long as a hundred other steps of the replica, which would all
 * wait for it. Jobs are done in the order in which they are asked for.
 *
 * Agreement needs nothing of it. So a thread that hangs, dies or is wrong stops nothing but signatures: what it was asked fails, which whoever
 * asked may try again, and it is replaced by a new one, after a pause that doubles from failure to failure. Meanwhile every question fails
 * at once.
 */
export interface ThresholdThread extends ThresholdWorker {
  /** Which curve it has. */
  readonly curve: 'mcl' | 'noble'
  /** What went wrong; null when the thread has been well for an hour, or always. */
  readonly trouble: ThreadTrouble | null
  /** Ends the thread; what it was asked is not answered any more. Idempotent. */
  close(): Promise<void>
}

export interface ThreadTrouble {
  /** Why it was ended last. */
  readonly reason: WorkFailure
  /** One sentence for people. */
  readonly message: string
  /** How often since it was well, and when last, milliseconds since 1970. */
  readonly times: number
  readonly lastMs: number
  /** A new one is at work. */
  readonly isWorking: boolean
}

export interface ThreadLimits extends LifeLimits {
  /** Before the second thread starts, and before any. */
  readonly pauseMs: number
  readonly pauseMaxMs: number
  /** A thread that lived so long was well: pauses begin anew. */
  readonly wellMs: number
}

export interface ThresholdThreadOptions {
  readonly curve: CurveChoice
  /** What the thread runs. */
  readonly script?: URL
  readonly limits?: Partial<ThreadLimits>
}

export interface ThresholdThreadComponents {
  readonly clock: Clock
  readonly logger: Logger
}

export class ThresholdWorkerError extends Error {
  override readonly name = 'ThresholdWorkerError'
  readonly code: 'NOT_STARTED' | 'WRONG_ANSWER' | 'ENDED' | 'TIMED_OUT'
  constructor(code: ThresholdWorkerError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Times of an idle machine, a hundred times and more: a job for a hundred members takes two seconds there when half of them lie. */
const LIMITS: ThreadLimits = {
  startMs: 120_000,
  jobMs: 60_000,
  shareMs: 3_000,
  pauseMs: 1_000,
  pauseMaxMs: 600_000,
  wellMs: 3_600_000,
}
/** Some more than a replica has at a time; questions beyond them fail. */
const JOBS_MAX = 64

/** @throws ThresholdWorkerError when the thread does not start, or does not give the answers that are known */
export async function openThresholdThread(
  options: ThresholdThreadOptions,
  components: ThresholdThreadComponents,
): Promise<ThresholdThread> {
  const thread = createThread(options, components)
  try {
    await thread.opened
  } catch (error) {
    await thread.close()
    throw error
  }
  return thread
}

function createThread(
  options: ThresholdThreadOptions,
  components: ThresholdThreadComponents,
): RestartingThread {
  try {
    return new RestartingThread(options, components)
  } catch (error) {
    throw errorOf(noThread(error))
  }
}

/** A process that may have no more threads, or has no memory for one, is told so at once. */
const noThread = (error: unknown): LifeEnd => ({
  failure: 'ended',
  phase: 'starting',
  why: `it cannot be made: ${messageOf(error)}`,
  jobs: 0,
})

class RestartingThread implements ThresholdThread {
  /** Rejects when the first thread does not come to work. */
  readonly opened: Promise<void>
  readonly #options: ThresholdThreadOptions
  readonly #limits: ThreadLimits
  readonly #components: ThresholdThreadComponents
  #curve: ThresholdThread['curve'] = 'noble'
  #life: ThresholdLife
  /** Milliseconds since 1970; null: it starts, or is to start. */
  #workingSinceMs: number | null = null
  #trouble: Omit<ThreadTrouble, 'isWorking'> | null = null
  #isClosed = false
  #onOpened: () => void = () => {}
  #onEnd: (end: LifeEnd) => void = () => {}
  #cancelPause: () => void = () => {}

  constructor(options: ThresholdThreadOptions, components: ThresholdThreadComponents) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#components = components
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onEnd = end => reject(errorOf(end))
    })
    this.#life = this.#start()
  }

  get curve(): ThresholdThread['curve'] {
    return this.#curve
  }

  get trouble(): ThreadTrouble | null {
    if (this.#trouble === null || this.#isWell) return null
    return { ...this.#trouble, isWorking: this.#workingSinceMs !== null }
  }

  sign(...[share, message, done, failed]: Parameters<ThresholdWorker['sign']>): void {
    if (this.#mayAsk(failed)) this.#life.ask({ type: 'sign', share: share.slice(), message }, done, failed)
  }

  combine(...[sharing, message, partials, done, failed]: Parameters<ThresholdWorker['combine']>): void {
    if (this.#mayAsk(failed)) this.#life.ask({ type: 'combine', sharing, message, partials }, done, failed)
  }

  verify(...[publicKey, message, signature, done, failed]: Parameters<ThresholdWorker['verify']>): void {
    const job = { type: 'verify', publicKey, message, signature } as const satisfies ThresholdJob
    if (this.#mayAsk(failed)) this.#life.ask(job, done, failed)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelPause()
    await this.#life.end()
  }

  get #isWell(): boolean {
    const sinceMs = this.#workingSinceMs
    return sinceMs !== null && this.#components.clock.nowMs() - sinceMs >= this.#limits.wellMs
  }

  #mayAsk(failed: (why: WorkFailure) => void): boolean {
    if (this.#isClosed) return false
    if (this.#workingSinceMs !== null && this.#life.waiting < JOBS_MAX) return true
    this.#components.clock.after(0, () => {
      if (!this.#isClosed) failed('unavailable')
    })
    return false
  }

  #start(): ThresholdLife {
    const { script = new URL('./threshold-thread.js', import.meta.url), curve } = this.#options
    const { clock } = this.#components
    return new ThresholdLife(
      { curve, script, limits: this.#limits },
      { clock, onReady: name => this.#onReady(name), onEnd: end => this.#onEnd(end) },
    )
  }

  #onReady(curve: ThresholdThread['curve']): void {
    const { clock, logger } = this.#components
    this.#curve = curve
    this.#workingSinceMs = clock.nowMs()
    this.#onEnd = end => void this.#replace(end)
    if (this.#trouble !== null) logger.info({ curve }, 'Another thread of threshold signatures is at work')
    this.#onOpened()
  }

  /** Not before the old one is gone: what cannot be ended must not gather. */
  async #replace({ failure, why, jobs }: LifeEnd): Promise<void> {
    const { clock, logger } = this.#components
    const times = this.#isWell || this.#trouble === null ? 1 : this.#trouble.times + 1
    const pauseMs = Math.min(this.#limits.pauseMs * 2 ** (times - 1), this.#limits.pauseMaxMs)
    this.#workingSinceMs = null
    const message = `the thread of threshold signatures failed: ${why}`
    this.#trouble = { reason: failure, message, times, lastMs: clock.nowMs() }
    logger.warn({ why, times, jobs, pauseMs }, 'The thread of threshold signatures failed and is replaced')
    await this.#life.gone
    if (this.#isClosed) return
    this.#cancelPause = clock.after(pauseMs, () => this.#startAgain())
  }

  #startAgain(): void {
    try {
      this.#life = this.#start()
    } catch (error) {
      this.#onEnd(noThread(error))
    }
  }
}

function errorOf({ failure, phase, why }: LifeEnd): ThresholdWorkerError {
  const message = `the thread of threshold signatures: ${why}`
  if (failure === 'timed-out') return new ThresholdWorkerError('TIMED_OUT', message)
  if (failure === 'broken') return new ThresholdWorkerError('WRONG_ANSWER', message)
  return new ThresholdWorkerError(phase === 'starting' ? 'NOT_STARTED' : 'ENDED', message)
}
