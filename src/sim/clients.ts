import type { Transaction } from '../application/contract.ts'
import { encodeSet } from '../application/key-value.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { Scope } from '../wire/scope.ts'
import { transactionId, transactionSigningBytes } from '../wire/transaction.ts'
import type { ClientOperation, ClientRead, Told } from './checkers/checker.ts'
import { Client } from './client.ts'
import { Counter } from './counter.ts'
import { EPOCH_MS } from './ground.ts'
import type { Member } from './member.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import { createStandInSigner } from './signatures.ts'

/**
 * Those who use the network. A crowd signs transactions, hands each to a correct member, sometimes to several, and does not wait;
 * some clients do one thing after the other, at any member, and go on when they have their answer (`client.ts`).
 */
export interface ClientComponents {
  readonly prng: Prng
  readonly scope: Scope
  readonly members: readonly Member[]
  readonly scheduler: Scheduler
  nowMs(): number
  /** Of what travels between clients and members, 0 to 1, now. */
  loss(): number
  /** For the first time. */
  onHandedIn(id: string): void
  /** A correct member said that it has it on disk. */
  onAccepted(id: string): void
  onTold(told: Told): void
  onOperation(operation: ClientOperation): void
  onRead(read: ClientRead): void
}

const KEYS = 4
const THINK_MAX_MS = 400
/** Of each client that waits, after the faults. */
const CLOSING_OPERATIONS = 5

export class Clients {
  readonly #components: ClientComponents
  readonly #signed = new Map<string, Transaction>()
  /** Members that said they have it on disk, by transaction. */
  readonly #accepted = new Map<string, Set<number>>()
  readonly #waiting: readonly Client[]
  readonly #counter: Counter
  readonly #operations: number
  #nonce = 0

  constructor(options: SimulationOptions, components: ClientComponents) {
    this.#components = components
    this.#operations = options.clientOperations ?? 0
    const prng = createPrng(options.seed + 0xc11e)
    const { scheduler, members } = components
    this.#counter = new Counter({ scheduler, members, prng: prng.fork(), loss: () => components.loss() })
    const retryMs = Math.max(200, Math.floor(options.viewChangeTimeoutMs / 2))
    this.#waiting = Array.from({ length: options.clients ?? 0 }, (_, index) =>
      this.#createClient(index, retryMs, prng.fork()),
    )
  }

  #createClient(index: number, retryMs: number, prng: Prng): Client {
    const { scheduler, scope, members, onHandedIn, onOperation, onRead } = this.#components
    return new Client(
      { index, keys: KEYS, retryMs, thinkMaxMs: THINK_MAX_MS },
      {
        scheduler,
        scope,
        members,
        prng,
        counter: this.#counter,
        signer: createStandInSigner('client that waits', index),
        onSigned: (id, transaction) => {
          this.#signed.set(id, transaction)
          onHandedIn(id)
        },
        onAccepted: (id, member) => {
          if (!member.isFaulty) this.#accept(id, member)
        },
        onOperation,
        onRead,
      },
    )
  }

  /** The faults begin. */
  begin(): void {
    for (const client of this.#waiting) client.work(this.#operations)
  }

  /** Clients that wait come to an end: some operations more, while everything works again. */
  onFaultsEnd(): void {
    for (const client of this.#waiting) {
      client.rest()
      client.work(CLOSING_OPERATIONS)
    }
  }

  /** All is over: whoever waits is told nothing more. */
  end(): void {
    for (const client of this.#waiting) client.finish()
  }

  /** A sentence for each client that is not done. */
  get unanswered(): readonly string[] {
    return this.#waiting.flatMap(({ waitsFor }) => (waitsFor === null ? [] : [waitsFor]))
  }

  /** A member executed these. */
  onExecuted(member: ReplicaId, ids: readonly string[]): void {
    const machine = this.#components.members[member]
    if (machine !== undefined && this.#waiting.length > 0) this.#counter.onExecuted(machine, ids)
  }

  get accepted(): ReadonlyMap<string, ReadonlySet<number>> {
    return this.#accepted
  }

  transaction(id: string): Transaction | undefined {
    return this.#signed.get(id)
  }

  /** Signs a new transaction and hands it to one member that is up. @returns its id */
  submitNew(): string {
    const { prng, scope } = this.#components
    const signer = createStandInSigner('client', prng.between(0, 2))
    const unsigned = {
      client: signer.publicKey,
      timestampMs: Math.floor(EPOCH_MS + this.#components.nowMs()) - prng.pick([0, 0, 0, 1_000]),
      nonce: this.#nonce++,
      operation: encodeSet(`key ${prng.between(0, 9)}`, `value ${prng.between(0, 999)}`),
    }
    const id = transactionId(scope.networkId, unsigned)
    const signature = signer.sign(transactionSigningBytes(scope.networkId, unsigned))
    this.#signed.set(id, { ...unsigned, signature })
    this.#components.onHandedIn(id)
    this.submit(id)
    return id
  }

  submitAgain(): void {
    const ids = [...this.#signed.keys()]
    if (ids.length > 0) this.submit(this.#components.prng.pick(ids))
  }

  /** Hands it to one correct member that is up, if there is one. */
  submit(id: string): void {
    const transaction = this.#signed.get(id)
    const up = this.#components.members.filter(member => member.runtime !== null && !member.isFaulty)
    if (up.length === 0 || transaction === undefined) return
    const member = this.#components.prng.pick(up)
    const runtime = member.runtime
    runtime?.submit([transaction], outcomes => {
      const outcome = outcomes[0]
      if (outcome?.accepted !== true || member.runtime !== runtime) return
      this.#accept(id, member)
      const receipt = runtime.state.window.receipt(id)
      if (receipt !== undefined)
        this.#components.onTold({ id, sequence: receipt.sequence, code: receipt.code })
    })
  }

  #accept(id: string, { id: member }: Member): void {
    const holders = this.#accepted.get(id) ?? new Set()
    holders.add(member)
    this.#accepted.set(id, holders)
    this.#components.onAccepted(id)
  }

  /** What a member accepted and lost with its disk is no longer owed by it. */
  forgetHolder(member: number): void {
    for (const [id, holders] of this.#accepted) {
      holders.delete(member)
      if (holders.size === 0) this.#accepted.delete(id)
    }
  }
}
