import type { Auditor } from './auditor.ts'
import type { Checker, CheckerContext } from './checkers/checker.ts'
import { CHECKERS, type CheckerName } from './checkers/checkers.ts'
import { EPOCH_MS } from './ground.ts'
import type { Member } from './member.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'

export interface Violation {
  readonly checker: CheckerName
  readonly atMs: number
  readonly text: string
}

/** What a checker could not find out. */
export interface Undecided {
  readonly checker: CheckerName
  readonly text: string
}

export interface WatchComponents
  extends Pick<CheckerContext, 'isFaulty' | 'isSubmitted' | 'scope' | 'reader'> {
  readonly scheduler: Scheduler
  readonly auditor: Auditor
}

const VIOLATIONS_MAX = 20

/** All checkers as one, and what they found. */
export class Watch {
  readonly #components: WatchComponents
  readonly #checkers: readonly Checker[]
  readonly #violations: Violation[] = []
  readonly #undecided: Undecided[] = []
  #highestView = 0

  constructor(options: SimulationOptions, components: WatchComponents) {
    this.#components = components
    const { scope, reader, isFaulty, isSubmitted, scheduler } = components
    const nowMs = (): number => EPOCH_MS + scheduler.nowMs
    this.#checkers = Object.entries(CHECKERS).map(([name, create]) => {
      const checker = name as CheckerName
      return create({
        options,
        scope,
        reader,
        isFaulty,
        isSubmitted,
        nowMs,
        violation: text => this.violate(checker, text),
        undecided: text => this.#undecided.push({ checker, text }),
      })
    })
  }

  get violations(): readonly Violation[] {
    return this.#violations
  }

  get undecided(): readonly Undecided[] {
    return this.#undecided
  }

  tell(tell: (checker: Checker) => void): void {
    for (const checker of this.#checkers) tell(checker)
  }

  /** The highest view in which a look met a member. */
  get highestView(): number {
    return this.#highestView
  }

  /** Shows the checkers those of these members that are up. */
  look(members: readonly Member[]): void {
    for (const { id, runtime, vault } of members) {
      if (runtime === null) continue
      this.#highestView = Math.max(this.#highestView, runtime.replica().view)
      this.tell(checker => checker.onLook?.(id, runtime))
      this.tell(checker => checker.onSecrets?.(id, runtime.keys, vault.onDisk()))
    }
  }

  violate(checker: CheckerName, text: string): void {
    const { scheduler, auditor } = this.#components
    if (this.#violations.length >= VIOLATIONS_MAX) return
    this.#violations.push({ checker, atMs: Math.round(scheduler.nowMs), text })
    auditor.text(text)
  }
}
