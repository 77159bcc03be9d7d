import type { Transaction } from '../application/contract.ts'
import type { Prng } from '../lib/prng.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { Member } from './member.ts'
import type { StateReply, TransactionReply } from './replies.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Where members answer clients. Requests and answers take a moment, and some are lost while things go wrong; whoever is down answers
 * nothing, and what was asked of a life that is over is never answered. A faulty member's answers pass through its behaviours.
 */
export interface CounterComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly members: readonly Member[]
  /** Of requests and of answers, 0 to 1, now. */
  loss(): number
}

/** Clients live near to a member each, and far from the others. */
const LINK_MS = { min: 0.2, max: 8 }

export class Counter {
  readonly #components: CounterComponents
  /** Who waits for the execution of a transaction, at every member. */
  readonly #waiting = new Map<string, (member: Member, reply: TransactionReply) => void>()

  constructor(components: CounterComponents) {
    this.#components = components
  }

  /** @param done when the member has it on disk, or refuses it; a correct member that accepts and loses it answers nothing */
  submit(
    member: Member,
    transaction: Transaction,
    done: (reply: TransactionReply, id: string) => void,
  ): void {
    this.#travel(() => {
      const { runtime } = member
      runtime?.submit([transaction], ([outcome]) => {
        if (outcome === undefined || member.runtime !== runtime) return
        const reply: TransactionReply = outcome.accepted
          ? { type: 'accepted' }
          : { type: 'refused', code: outcome.refusal.code }
        this.#answer(member, outcome.id, reply, told => done(told, outcome.id))
      })
    })
  }

  /** What became of it? */
  ask(member: Member, id: string, done: (reply: TransactionReply) => void): void {
    this.#travel(() => {
      if (member.runtime !== null) this.#answer(member, id, statusOf(member.runtime, id), done)
    })
  }

  /** From now on every member that executes it says so; a faulty one says what it likes, at once. */
  wait(id: string, done: (member: Member, reply: TransactionReply) => void): void {
    this.#waiting.set(id, done)
    for (const member of this.#components.members)
      if (member.isFaulty) this.ask(member, id, reply => this.#waiting.get(id)?.(member, reply))
  }

  waitNoLonger(id: string): void {
    this.#waiting.delete(id)
  }

  /** To be called when a member executed transactions, whether it is correct or not. */
  onExecuted(member: Member, ids: Iterable<string>): void {
    for (const id of ids) {
      const { runtime } = member
      const done = this.#waiting.get(id)
      if (done !== undefined && runtime !== null)
        this.#answer(member, id, statusOf(runtime, id), reply => done(member, reply))
    }
  }

  read(member: Member, key: string, done: (reply: StateReply) => void): void {
    this.#travel(() => {
      const { runtime } = member
      const truth = runtime === null ? null : stateOf(runtime, key)
      if (truth === null) return
      const told = member.show(key, truth)
      if (told !== null) this.#travel(() => done(told))
    })
  }

  #answer(
    member: Member,
    id: string,
    truth: TransactionReply,
    done: (reply: TransactionReply) => void,
  ): void {
    const told = member.tell(id, truth)
    if (told !== null) this.#travel(() => done(told))
  }

  #travel(arrive: () => void): void {
    const { prng, scheduler, loss } = this.#components
    const delayMs = LINK_MS.min + prng.next() * (LINK_MS.max - LINK_MS.min)
    if (!prng.chance(loss())) scheduler.after(delayMs, arrive)
  }
}

function statusOf(runtime: ReplicaRuntime, id: string): TransactionReply {
  const receipt = runtime.state.window.receipt(id)
  if (receipt !== undefined) return { type: 'executed', receipt }
  return runtime.isAccepted(id) ? { type: 'accepted' } : { type: 'unknown' }
}

/** Null when the key is none. */
function stateOf({ state, stable }: ReplicaRuntime, key: string): StateReply | null {
  const answer = state.application.query(key)
  if ('code' in answer) return null
  const { sequence, window } = state
  return {
    answer,
    applicationRoot: state.application.stateRoot(),
    floorMs: window.floorMs,
    firstSequence: window.firstSequence ?? sequence,
    keysRoot: state.keysRoot,
    sequence,
    certificate: stable?.statement.sequence === sequence ? stable : null,
  }
}

/** Equal answers of different members about one thing. */
export class Tally<Answer> {
  readonly #nameOf: (answer: Answer) => string
  readonly #latest = new Map<number, string>()

  constructor(nameOf: (answer: Answer) => string) {
    this.#nameOf = nameOf
  }

  /** Counts the latest answer of each member. @returns how many members say the same as this one now does */
  count(member: number, answer: Answer): number {
    const name = this.#nameOf(answer)
    this.#latest.set(member, name)
    return [...this.#latest.values()].filter(other => other === name).length
  }

  has(member: number): boolean {
    return this.#latest.has(member)
  }
}
