import { Worker } from 'node:worker_threads'
import { assert, present } from '../lib/assert.ts'
import { equalBytes, fromHex } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import { messageOf } from '../lib/thrown.ts'
import type { ThresholdWorker } from '../runtime/ports.ts'
import type { CurveChoice } from './curve-choice.ts'
import type { ThresholdAnswers, ThresholdJob } from './threshold-jobs.ts'
import type { ThreadMessage, ThreadOptions, ThreadQuestion } from './threshold-thread.ts'

/**
 * Threshold signatures on a thread of their own: a pairing takes as long as a hundred other steps of the replica, which would all
 * wait for it.
 *
 * Jobs are done in the order in which they are asked for. A thread that ends by itself is replaced, and the new one is asked again
 * what the old one did not answer; only when one after the other ends without any answer is it no use, and the node stops.
 */
export interface ThresholdThread extends ThresholdWorker {
  /** Which curve it has. */
  readonly curve: 'mcl' | 'noble'
  /** Ends the thread; what it was asked is not answered any more. Idempotent. */
  close(): Promise<void>
}

export interface ThresholdThreadOptions {
  readonly curve: CurveChoice
  /** What the thread runs. */
  readonly script?: URL
}

export interface ThresholdThreadComponents {
  readonly logger: Logger
  /** There will be no answers any more. */
  onFailure(error: Error): void
}

export class ThresholdWorkerError extends Error {
  override readonly name = 'ThresholdWorkerError'
  readonly code: 'NOT_STARTED' | 'WRONG_ANSWER' | 'ENDED'
  constructor(code: ThresholdWorkerError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Threads that may end one after the other before one of them has answered anything. */
const THREADS_MAX = 3
/** Whoever asks for more at a time does not look at the answers. */
const JOBS_MAX = 1_024
/** The fast curve has its memory elsewhere. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256 }

/** @throws ThresholdWorkerError when the thread does not start, or does not give the answers that are known */
export async function openThresholdThread(
  options: ThresholdThreadOptions,
  { logger, onFailure }: ThresholdThreadComponents,
): Promise<ThresholdThread> {
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const thread = new RestartingThread(options, { logger, onFailure: error => fail(error) })
  try {
    await Promise.race([thread.ready.then(() => selfTest(thread)), failed])
  } catch (error) {
    await thread.close()
    throw error
  }
  failed.catch(onFailure)
  return thread
}

interface Waiting<Type extends ThresholdJob['type'] = ThresholdJob['type']> {
  readonly job: ThresholdJob
  readonly done: (answer: ThresholdAnswers[Type]) => void
}

class RestartingThread implements ThresholdThread {
  readonly ready: Promise<void>
  readonly #options: ThresholdThreadOptions
  readonly #components: ThresholdThreadComponents
  readonly #waiting = new Map<number, Waiting>()
  #curve: ThresholdThread['curve'] = 'noble'
  #worker: Worker
  #lastId = 0
  /** Threads that ended since the last answer. */
  #ended = 0
  #closed = false
  #isReady = false
  #onReady: () => void = () => {}

  constructor(options: ThresholdThreadOptions, components: ThresholdThreadComponents) {
    this.#options = options
    this.#components = components
    this.ready = new Promise(resolve => {
      this.#onReady = resolve
    })
    this.#worker = this.#start()
  }

  get curve(): ThresholdThread['curve'] {
    return this.#curve
  }

  sign(share: Uint8Array, message: Uint8Array, done: (partial: Uint8Array) => void): void {
    this.#ask<'sign'>({ type: 'sign', share: share.slice(), message }, done)
  }

  combine(...[sharing, message, partials, done]: Parameters<ThresholdWorker['combine']>): void {
    this.#ask<'combine'>({ type: 'combine', sharing, message, partials }, done)
  }

  verify(...[publicKey, message, signature, done]: Parameters<ThresholdWorker['verify']>): void {
    this.#ask<'verify'>({ type: 'verify', publicKey, message, signature }, done)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { job } of this.#waiting.values()) wipe(job)
    this.#waiting.clear()
    await this.#worker.terminate()
  }

  #ask<Type extends ThresholdJob['type']>(job: ThresholdJob, done: Waiting<Type>['done']): void {
    if (this.#closed) return wipe(job)
    assert(
      this.#waiting.size < JOBS_MAX,
      `at most ${JOBS_MAX} jobs wait for the thread of threshold signatures`,
    )
    const id = ++this.#lastId
    // The answer to a job is of the job's type.
    this.#waiting.set(id, { job, done: done as Waiting['done'] })
    this.#worker.postMessage({ id, job } satisfies ThreadQuestion)
  }

  #start(): Worker {
    const { script = new URL('./threshold-thread.js', import.meta.url), curve } = this.#options
    const worker = new Worker(script, {
      resourceLimits: RESOURCE_LIMITS,
      workerData: { curve } satisfies ThreadOptions,
    })
    worker.on('message', (message: ThreadMessage) => this.#onMessage(message))
    let why = 'it said nothing'
    worker.on('error', error => {
      why = messageOf(error)
    })
    worker.on('exit', () => this.#onExit(why))
    return worker
  }

  #onMessage(message: ThreadMessage): void {
    if (this.#closed) return
    if (message.type === 'ready') {
      this.#curve = message.name
      this.#isReady = true
      return this.#onReady()
    }
    const { job, done } = present(this.#waiting.get(message.id), 'the job that was answered')
    this.#waiting.delete(message.id)
    this.#ended = 0
    wipe(job)
    if (message.type === 'done') return done(message.answer)
    this.#fail(
      new ThresholdWorkerError('WRONG_ANSWER', `a threshold signature cannot be made: ${message.why}`),
    )
  }

  #onExit(why: string): void {
    if (this.#closed) return
    const code = this.#isReady ? 'ENDED' : 'NOT_STARTED'
    const error = new ThresholdWorkerError(code, `the thread of threshold signatures ended: ${why}`)
    if (!this.#isReady) return this.#fail(error)
    this.#ended += 1
    if (this.#ended === THREADS_MAX) return this.#fail(error)
    this.#components.logger.warn(
      { err: error, again: this.#waiting.size },
      'A thread ended and is started again',
    )
    this.#worker = this.#start()
    for (const [id, { job }] of this.#waiting) this.#worker.postMessage({ id, job } satisfies ThreadQuestion)
  }

  #fail(error: ThresholdWorkerError): void {
    void this.close()
    this.#components.onFailure(error)
  }
}

function wipe(job: ThresholdJob): void {
  if (job.type === 'sign') job.share.fill(0)
}

/** The first vector of paulmillr/noble-curves' bls12-381-g1-test-vectors.txt, and the key in G2 that belongs to it. */
const KNOWN = {
  share: fromHex('611810ebd8f5a7faad47b2249f9d13be0506131db987b6948f1ca3194fa6b643'),
  message: fromHex('68'),
  signature: fromHex(
    '94250c0cc62ae9041c6f6e5042202b3c327991ce4b2841a4145d270f6c8311bc95673c826ada72a6d69e92a833d649e6',
  ),
  publicKey: fromHex(
    'a9f113d699f815545616552d478d7b26e05fc2da514ec95cae594589d9968c05da3d55877001800975b1c1d248055c36' +
      '0ae5e770af537602cf8093f269fbbe600658dccde7359494a4a69cffaa40dfc0c596b8d98f5c550ec2cc7f22c5657c08',
  ),
}

/** Asks what has one answer that others have published, the whole way to the thread and back. */
async function selfTest(thread: ThresholdThread): Promise<void> {
  const { share, message, signature, publicKey } = KNOWN
  const partial = await new Promise<Uint8Array>(resolve => thread.sign(share, message, resolve))
  const verify = (signed: Uint8Array) =>
    new Promise<boolean>(resolve => thread.verify(publicKey, signed, signature, resolve))
  const [isRight, isAnyRight] = await Promise.all([verify(message), verify(publicKey)])
  if (equalBytes(partial, signature) && isRight && !isAnyRight) return
  throw new ThresholdWorkerError(
    'WRONG_ANSWER',
    `the ${thread.curve} curve does not give answers that are known`,
  )
}
