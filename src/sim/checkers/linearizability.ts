/**
 * Is there an order in which operations could have happened one at a time, each between its invocation and its answer, that explains
 * every answer? The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
 * linearizability", 2017), as porcupine does it: linearize what may come first, go back where an answer cannot be, and never
 * enter one set of operations with one state twice. Histories of different keys are searched apart, since a history is linearizable
 * when that of each object is (Herlihy and Wing, 1990).
 *
 * Operations without an answer would double the orders each, as they may have happened or not. Most need no look: one that changes nothing
 * may as well not have happened; of those that do the same, one that began earlier can stand for a later one; and values that nobody
 * ever asked for or was shown are one value.
 */
export interface Interval<Operation> {
  readonly operation: Operation
  readonly invokedMs: number
  /** Null: never answered. It may have happened at any time since, or not at all. */
  readonly returnedMs: number | null
}

export interface SequentialModel<State, Operation> {
  readonly initial: State
  /** @returns the state after the operation; null when it could not have been answered so */
  apply(state: State, operation: Operation): State | null
  /** States of one name are the same. */
  nameOf(state: State): string
  /** Operations of one name do the same. */
  nameOfOperation(operation: Operation): string
  /** The same history with less in it to tell apart: as linearizable, or as little. */
  simplify(history: readonly Interval<Operation>[]): readonly Interval<Operation>[]
}

/** `undecided`: given up after too many steps. */
export type Verdict = 'linearizable' | 'impossible' | 'undecided'

/** A fraction of a second. */
export const STEPS_MAX = 200_000

export function judgeHistory<State, Operation>(
  history: readonly Interval<Operation>[],
  model: SequentialModel<State, Operation>,
  stepsMax = STEPS_MAX,
): Verdict {
  return new Search(model.simplify(history), model).run(stepsMax)
}

/** An invocation or an answer, in a list in the order of time. */
interface Moment<Operation> {
  readonly operation: Operation
  readonly bit: bigint
  readonly isInvocation: boolean
  readonly atMs: number
  /** Of an invocation that was answered: the answer. */
  answer: Moment<Operation> | null
  /** Of an invocation that was not answered: those that began before it and would do the same. */
  standIns: bigint
  before: Moment<Operation> | null
  after: Moment<Operation> | null
}

class Search<State, Operation> {
  readonly #model: SequentialModel<State, Operation>
  readonly #head: Moment<Operation>
  /** Sets of linearized operations with the state that they led to. */
  readonly #entered = new Set<string>()
  readonly #linearized: { readonly moment: Moment<Operation>; readonly stateBefore: State }[] = []
  #state: State
  #done = 0n
  #answersLeft = 0

  constructor(history: readonly Interval<Operation>[], model: SequentialModel<State, Operation>) {
    this.#model = model
    this.#state = model.initial
    const moments = history.flatMap((interval, i) => momentsOf(interval, 1n << BigInt(i)))
    // What begins in the instant in which something else ends counts as at the same time.
    moments.sort((a, b) => a.atMs - b.atMs || Number(b.isInvocation) - Number(a.isInvocation))
    this.#answersLeft = moments.filter(({ isInvocation }) => !isInvocation).length
    this.#head = chain(moments)
    const alike = new Map<string, bigint>()
    for (const moment of moments) {
      if (!moment.isInvocation || moment.answer !== null) continue
      const name = model.nameOfOperation(moment.operation)
      moment.standIns = alike.get(name) ?? 0n
      alike.set(name, moment.standIns | moment.bit)
    }
  }

  run(stepsMax: number): Verdict {
    let moment = this.#head.after
    for (let steps = 0; this.#answersLeft > 0; steps++) {
      if (steps === stepsMax) return 'undecided'
      if (moment?.isInvocation === true && this.#linearize(moment)) {
        moment = this.#head.after
      } else if (moment?.isInvocation === true) {
        moment = moment.after
      } else {
        // An answer whose operation was not linearized: something before it was taken wrongly, or nothing helps.
        const undone = this.#undo()
        if (undone === null) return 'impossible'
        moment = undone.after
      }
    }
    return 'linearizable'
  }

  #linearize(moment: Moment<Operation>): boolean {
    if ((moment.standIns & ~this.#done) !== 0n) return false
    const after = this.#model.apply(this.#state, moment.operation)
    if (after === null) return false
    const stateName = this.#model.nameOf(after)
    if (moment.answer === null && stateName === this.#model.nameOf(this.#state)) return false
    const name = `${(this.#done | moment.bit).toString(36)} ${stateName}`
    if (this.#entered.has(name)) return false
    this.#entered.add(name)
    this.#linearized.push({ moment, stateBefore: this.#state })
    this.#state = after
    this.#done |= moment.bit
    unlink(moment)
    if (moment.answer === null) return true
    unlink(moment.answer)
    this.#answersLeft -= 1
    return true
  }

  #undo(): Moment<Operation> | null {
    const last = this.#linearized.pop()
    if (last === undefined) return null
    const { moment, stateBefore } = last
    this.#state = stateBefore
    this.#done &= ~moment.bit
    if (moment.answer !== null) {
      relink(moment.answer)
      this.#answersLeft += 1
    }
    relink(moment)
    return moment
  }
}

function momentsOf<Operation>(
  { operation, invokedMs, returnedMs }: Interval<Operation>,
  bit: bigint,
): Moment<Operation>[] {
  const open = { operation, bit, answer: null, standIns: 0n, before: null, after: null }
  const invocation: Moment<Operation> = { ...open, isInvocation: true, atMs: invokedMs }
  if (returnedMs === null) return [invocation]
  invocation.answer = { ...open, isInvocation: false, atMs: returnedMs }
  return [invocation, invocation.answer]
}

/** @returns a moment before the first */
function chain<Operation>(moments: readonly Moment<Operation>[]): Moment<Operation> {
  const head = { atMs: 0, bit: 0n, isInvocation: false, answer: null, standIns: 0n, before: null } as const
  const first: Moment<Operation> = { ...head, operation: undefined as Operation, after: null }
  let last = first
  for (const moment of moments) {
    last.after = moment
    moment.before = last
    last = moment
  }
  return first
}

function unlink(moment: Moment<unknown>): void {
  if (moment.before !== null) moment.before.after = moment.after
  if (moment.after !== null) moment.after.before = moment.before
}

/** In the reverse order of `unlink`. */
function relink(moment: Moment<unknown>): void {
  if (moment.before !== null) moment.before.after = moment
  if (moment.after !== null) moment.after.before = moment
}

/** What clients do to one key of the key-value application, and what they were answered; null where nothing was. */
export type RegisterOperation =
  | { readonly type: 'set'; readonly value: string }
  | { readonly type: 'delete'; readonly existed: boolean | null }
  | {
      readonly type: 'compare-and-set'
      readonly expected: string | null
      readonly value: string
      readonly done: boolean | null
    }
  | { readonly type: 'read'; readonly value: string | null }

/** One key: a register that holds a text or nothing. */
export const REGISTER: SequentialModel<{ readonly value: string | null }, RegisterOperation> = {
  initial: { value: null },
  apply(state, operation) {
    const { value } = state
    switch (operation.type) {
      case 'set':
        return { value: operation.value }
      case 'read':
        return operation.value === value ? state : null
      case 'delete': {
        const { existed } = operation
        return existed === null || existed === (value !== null) ? { value: null } : null
      }
      case 'compare-and-set': {
        const isExpected = operation.expected === value
        if (operation.done !== null && operation.done !== isExpected) return null
        return isExpected ? { value: operation.value } : state
      }
    }
  },
  nameOf: ({ value }) => (value === null ? '' : `=${value}`),
  nameOfOperation: operation => JSON.stringify(operation),
  simplify(history) {
    const seen = new Set(history.map(({ operation }) => lookedFor(operation)))
    const unseen = nameBeside(seen)
    return history.map(interval => {
      const { operation } = interval
      const isWrite = operation.type === 'set' || operation.type === 'compare-and-set'
      if (!isWrite || seen.has(operation.value)) return interval
      return { ...interval, operation: { ...operation, value: unseen } }
    })
  },
}

/** Of two values that no operation looks for, none can tell one from the other. */
function lookedFor(operation: RegisterOperation): string | null {
  if (operation.type === 'read') return operation.value
  return operation.type === 'compare-and-set' ? operation.expected : null
}

function nameBeside(names: ReadonlySet<string | null>): string {
  let name = 'unseen'
  while (names.has(name)) name += '-'
  return name
}
