import type { Clock } from './ports.ts'

/**
 * How often the network's key signs: by itself. From a checkpoint until its certificate is complete, and then for a rest of a multiple of
 * the work that it was, no further checkpoint is asked for; so under load certificates take a small and known share of a
 * processor, however slow that is. Without load there is no rest. And after a while there is an end in any case: a certificate that
 * does not come must not keep checkpoints from being taken, which agreement needs and certificates only follow.
 */
export interface PaceOptions {
  /** Shorter than the time after which members suspect a primary that asks for no checkpoint of what was executed last. */
  readonly busyMaxMs: number
}

export interface PaceComponents {
  /** For durations: never goes back. */
  readonly clock: Clock
  /** Do transactions wait to be executed? */
  isLoaded(): boolean
  /** Grows when transactions are executed. */
  executedTransactions(): number
  onBusy(busy: boolean): void
  /** Work that waited for the rest to be over may go on. */
  onRested(): void
}

/** Work to work and rest together is one to forty: 2.5 % of a core. */
const REST_FACTOR = 39
const REST_MAX_MS = 2_000
/** When for so long nothing was executed and nothing waited, there is no load. */
const QUIET_MS = 50

export class Pace {
  readonly #options: PaceOptions
  readonly #components: PaceComponents
  #busySinceMs: number | null = null
  /** The last checkpoint that was executed. */
  #awaited = 0
  #restUntilMs: number | null = null
  #executedAtLook = 0
  #cancelLook: (() => void) | null = null

  constructor(options: PaceOptions, components: PaceComponents) {
    this.#options = options
    this.#components = components
  }

  /** Signatures that are not urgent should wait. */
  get isResting(): boolean {
    return this.#restUntilMs !== null
  }

  /** A checkpoint that the network's key will sign was executed here. */
  onCheckpoint(sequence: number): void {
    this.#awaited = sequence
    if (this.#busySinceMs !== null) return
    this.#busySinceMs = this.#components.clock.nowMs()
    this.#components.onBusy(true)
    this.#look()
  }

  /** @param workMs what it took */
  onCertified(sequence: number, workMs: number): void {
    const nowMs = this.#components.clock.nowMs()
    if (workMs > 0) this.#restUntilMs = nowMs + Math.min(REST_FACTOR * workMs, REST_MAX_MS)
    this.#executedAtLook = this.#components.executedTransactions()
    if (this.#restUntilMs === null && sequence >= this.#awaited) return this.#free()
    this.#look()
  }

  stop(): void {
    this.#cancelLook?.()
  }

  #look(): void {
    this.#cancelLook?.()
    this.#cancelLook = this.#components.clock.after(QUIET_MS, () => {
      this.#cancelLook = null
      const { clock, isLoaded, executedTransactions, onRested } = this.#components
      const nowMs = clock.nowMs()
      const executed = executedTransactions()
      const isQuiet = !isLoaded() && executed === this.#executedAtLook
      this.#executedAtLook = executed
      const wasResting = this.#restUntilMs !== null
      if (wasResting && (isQuiet || nowMs >= (this.#restUntilMs ?? nowMs))) {
        this.#restUntilMs = null
        onRested()
        this.#free()
      }
      const isOverdue = nowMs - (this.#busySinceMs ?? nowMs) >= this.#options.busyMaxMs
      if (isOverdue) this.#free()
      if ((this.#busySinceMs !== null || this.#restUntilMs !== null) && this.#cancelLook === null)
        this.#look()
    })
  }

  #free(): void {
    if (this.#busySinceMs === null) return
    this.#busySinceMs = null
    this.#components.onBusy(false)
  }
}
