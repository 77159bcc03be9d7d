import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * One life of a machine, from start to crash. Whatever was asked for in a life that is over comes to nothing; what comes while the
 * process stands still is handled when it goes on.
 */
export interface LifeComponents {
  readonly scheduler: Pick<Scheduler, 'after'>
  /** What happened in it threw an error. */
  onThrown(error: unknown): void
  /** Something happened in it. */
  onRan(): void
}

/** What a process that stands still can be sent; beyond, its connections are gone. */
const WAITING_MAX = 20_000

export class Life {
  /** Null while the disk is read. */
  runtime: ReplicaRuntime | null = null
  readonly #components: LifeComponents
  #waiting: (() => void)[] | null = null
  #isOver = false

  constructor(components: LifeComponents) {
    this.#components = components
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get isPaused(): boolean {
    return this.#waiting !== null
  }

  /** Everything that happens to the process happens in here: now, when it goes on, or never. */
  run(run: () => void): void {
    if (this.#isOver) return
    if (this.#waiting !== null) {
      if (this.#waiting.length < WAITING_MAX) this.#waiting.push(run)
      return
    }
    try {
      run()
    } catch (error) {
      this.#components.onThrown(error)
    }
    if (!this.#isOver) this.#components.onRan()
  }

  /** @returns cancels, also what is due already and waits */
  after(delayMs: number, run: () => void): () => void {
    let isCancelled = false
    const cancel = this.#components.scheduler.after(delayMs, () =>
      this.run(() => {
        if (!isCancelled) run()
      }),
    )
    return () => {
      isCancelled = true
      cancel()
    }
  }

  /** Stands still: no timer fires and nothing is handled until `resume`; then everything is, in order. */
  pause(): void {
    this.#waiting ??= []
  }

  resume(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const run of waiting) this.#components.scheduler.after(0, () => this.run(run))
  }

  end(): void {
    this.#isOver = true
    this.#waiting = null
  }
}
