import type { Member } from './member.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Moves a world on: one thing after the other happens, machines that are to start do so before the next thing does, and now and then it is
 * asked whether what is waited for is done.
 */
export interface ClockworkComponents {
  readonly scheduler: Scheduler
  /** A world that takes more steps does not come to rest. */
  readonly stepsMax: number
  /** The world stops where it is: something that must hold did not. */
  isOver(): boolean
  onEndless(text: string): void
  /** A machine that was down is about to start. */
  onStart?(member: Member): void
}

const ASK_EVERY_MS = 50

export class Clockwork {
  readonly #components: ClockworkComponents
  readonly #starting: Member[] = []

  constructor(components: ClockworkComponents) {
    this.#components = components
  }

  /** Those that are up by then stay as they are. */
  startSoon(members: readonly Member[]): void {
    this.#starting.push(...members)
  }

  async start(members: readonly Member[]): Promise<void> {
    this.startSoon(members)
    await this.#startWaiting()
  }

  /**
   * Asked at once, all would be done: what was just handed in waits nowhere yet.
   * @returns true as soon as `isDone`, asked from time to time; false at `untilMs` or when the world is over
   */
  async until(untilMs: number, isDone: () => boolean = () => false): Promise<boolean> {
    const { scheduler, stepsMax } = this.#components
    let nextAskMs = scheduler.nowMs + ASK_EVERY_MS
    while (!this.#components.isOver()) {
      if (!scheduler.step(untilMs)) return isDone()
      if (this.#starting.length > 0) await this.#startWaiting()
      if (scheduler.steps > stepsMax) {
        this.#components.onEndless(`still busy after ${stepsMax} steps`)
        return false
      }
      if (scheduler.nowMs < nextAskMs) continue
      if (isDone()) return true
      nextAskMs = scheduler.nowMs + ASK_EVERY_MS
    }
    return false
  }

  async #startWaiting(): Promise<void> {
    for (const member of this.#starting.splice(0)) {
      if (member.isUp) continue
      this.#components.onStart?.(member)
      await member.start()
    }
  }
}
