import { Worker } from 'node:worker_threads'
import { present } from '../lib/assert.ts'
import { equalBytes, fromHex } from '../lib/bytes.ts'
import { messageOf } from '../lib/thrown.ts'
import type { Clock, WorkFailure } from '../runtime/ports.ts'
import type { CurveChoice } from './curve-choice.ts'
import type { ThresholdAnswers, ThresholdJob } from './threshold-jobs.ts'
import type { ThreadMessage, ThreadOptions, ThreadQuestion } from './threshold-thread.ts'

/**
 * One life of the thread of threshold signatures. It begins with a trial: questions whose answers others have published. It ends when it is
 * told to, when the thread ends, when it says that it cannot do something, and when one job takes longer than such a job can; whatever was
 * asked until then, and not answered, has failed.
 *
 * Time is counted in a few steps, each of which has to be seen here. A machine that stood still, and this process with it, takes one of them
 * at most, so that nobody is blamed for what happened to all.
 */
export interface LifeLimits {
  /** From the start until the trial is passed. */
  readonly startMs: number
  /** One job, on a machine that has much else to do. */
  readonly jobMs: number
  /** For combining, in addition, for each share that the key has. */
  readonly shareMs: number
}

export interface LifeOptions {
  readonly curve: CurveChoice
  /** What the thread runs. */
  readonly script: URL
  readonly limits: LifeLimits
}

export interface LifeComponents {
  readonly clock: Pick<Clock, 'after'>
  /** The trial is passed: it may be asked. */
  onReady(curve: 'mcl' | 'noble'): void
  /** Called once; not when `end` was called before. */
  onEnd(end: LifeEnd): void
}

export interface LifeEnd {
  readonly failure: WorkFailure
  /** As far as it came. */
  readonly phase: 'starting' | 'trial' | 'working'
  /** For people. */
  readonly why: string
  /** Questions that have no answer. */
  readonly jobs: number
}

interface Waiting<Type extends ThresholdJob['type'] = ThresholdJob['type']> {
  readonly job: ThresholdJob
  readonly done: (answer: ThresholdAnswers[Type]) => void
  readonly failed: (why: WorkFailure) => void
}

const STEPS = 10
/** The fast curve has its memory elsewhere. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256 }

export class ThresholdLife {
  /** Resolves when the thread is gone. */
  readonly gone: Promise<void>
  readonly #options: LifeOptions
  readonly #components: LifeComponents
  readonly #worker: Worker
  /** By id, in the order in which they are done. */
  readonly #waiting = new Map<number, Waiting>()
  #phase: LifeEnd['phase'] = 'starting'
  #lastId = 0
  #isOver = false
  #cancelStep: () => void = () => {}

  constructor(options: LifeOptions, components: LifeComponents) {
    this.#options = options
    this.#components = components
    const { script, curve } = options
    this.#worker = new Worker(script, {
      resourceLimits: RESOURCE_LIMITS,
      workerData: { curve } satisfies ThreadOptions,
    })
    this.gone = new Promise(resolve => this.#worker.once('exit', () => resolve()))
    let why = 'it said nothing'
    this.#worker.on('error', error => {
      why = messageOf(error)
    })
    this.#worker.on('exit', () => this.#fail('ended', `it ended: ${why}`))
    this.#worker.on('message', (message: ThreadMessage) => this.#onMessage(message))
    this.#watch(options.limits.startMs)
  }

  get waiting(): number {
    return this.#waiting.size
  }

  ask<Type extends ThresholdJob['type']>(
    job: ThresholdJob & { readonly type: Type },
    done: Waiting<Type>['done'],
    failed: Waiting['failed'],
  ): void {
    const id = ++this.#lastId
    // The answer to a job is of the job's type.
    this.#waiting.set(id, { job, done: done as Waiting['done'], failed })
    this.#worker.postMessage({ id, job } satisfies ThreadQuestion)
    if (this.#waiting.size === 1) this.#watchFirst()
  }

  /** Ends it; what was asked is neither answered nor fails. Idempotent. */
  async end(): Promise<void> {
    this.#takeWaiting()
    await this.#worker.terminate()
  }

  #onMessage(message: ThreadMessage): void {
    if (this.#isOver) return
    if (message.type === 'ready') {
      this.#phase = 'trial'
      return this.#tryOut(message.name)
    }
    const { job, done } = present(this.#waiting.get(message.id), 'the job that was answered')
    if (message.type === 'broken')
      return this.#fail('broken', `it cannot do what it was asked: ${message.why}`)
    this.#waiting.delete(message.id)
    wipe(job)
    this.#watchFirst()
    done(message.answer)
  }

  /** Asks what has one answer that others have published, the whole way to the thread and back. */
  #tryOut(curve: 'mcl' | 'noble'): void {
    const { share, message, signature, publicKey } = KNOWN
    let right = 0
    const note = (isRight: boolean): void => {
      if (!isRight) return this.#fail('broken', `the ${curve} curve does not give answers that are known`)
      right += 1
      if (right < 3) return
      this.#phase = 'working'
      this.#cancelStep()
      this.#components.onReady(curve)
    }
    const failed = (): void => {}
    const ask = this.ask.bind(this)
    ask(
      { type: 'sign', share: share.slice(), message },
      partial => note(equalBytes(partial, signature)),
      failed,
    )
    ask({ type: 'verify', publicKey, message, signature }, isValid => note(isValid), failed)
    ask({ type: 'verify', publicKey, message, signature: publicKey }, isValid => note(!isValid), failed)
  }

  /** The first of those that wait is at work from now on. */
  #watchFirst(): void {
    if (this.#phase !== 'working') return
    this.#cancelStep()
    const [first] = this.#waiting.values()
    if (first === undefined) return
    const { jobMs, shareMs } = this.#options.limits
    const shares = first.job.type === 'combine' ? first.job.sharing.publicShares.length : 0
    this.#watch(jobMs + shares * shareMs)
  }

  #watch(limitMs: number, steps = STEPS): void {
    this.#cancelStep = this.#components.clock.after(limitMs / STEPS, () => {
      if (steps > 1) return this.#watch(limitMs, steps - 1)
      const [first] = this.#waiting.values()
      const work = first === undefined ? 'to start' : `to ${first.job.type}`
      this.#fail('timed-out', `it did not come to an end within ${limitMs} ms: it was ${work}`)
    })
  }

  #fail(failure: WorkFailure, why: string): void {
    if (this.#isOver) return
    const waiting = this.#takeWaiting()
    void this.#worker.terminate()
    this.#components.onEnd({ failure, phase: this.#phase, why, jobs: waiting.length })
    for (const { failed } of waiting) failed(failure)
  }

  #takeWaiting(): readonly Waiting[] {
    this.#isOver = true
    this.#cancelStep()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { job } of waiting) wipe(job)
    return waiting
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
