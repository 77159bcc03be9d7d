import type { Transaction } from '../application/contract.ts'
import { encodeCompareAndSet, encodeDelete, encodeSet, KEY_VALUE_CODE } from '../application/key-value.ts'
import { fromUtf8 } from '../lib/bytes.ts'
import type { Prng } from '../lib/prng.ts'
import { weakQuorum } from '../pbft/quorum.ts'
import type { Signer } from '../runtime/ports.ts'
import type { Scope } from '../wire/scope.ts'
import { transactionId, transactionSigningBytes } from '../wire/transaction.ts'
import type { ClientOperation, ClientRead } from './checkers/checker.ts'
import type { RegisterOperation } from './checkers/linearizability.ts'
import { type Counter, Tally } from './counter.ts'
import { EPOCH_MS } from './ground.ts'
import type { Member } from './member.ts'
import {
  isProved,
  nameOfReceipt,
  type ReceiptReply,
  type StateReply,
  type TransactionReply,
} from './replies.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * A client with a key of its own, doing one thing after the other. It hands a transaction to a member, goes to the next one when that
 * takes too long, and believes an outcome that f+1 members tell alike; it believes a value that a certificate proves, or that f+1
 * members show alike at one sequence, and goes back behind nothing that it has seen. What it gives up may still happen.
 */
export interface ClientOptions {
  readonly index: number
  readonly keys: number
  /** How long it waits before it goes to another member; doubled each time, up to eightfold. */
  readonly retryMs: number
  readonly thinkMaxMs: number
}

export interface ClientComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly counter: Counter
  readonly scope: Scope
  readonly members: readonly Member[]
  readonly signer: Signer
  /** It is about to be handed in. */
  onSigned(id: string, transaction: Transaction): void
  /** A member said that it has it on disk. */
  onAccepted(id: string, member: Member): void
  onOperation(operation: ClientOperation): void
  onRead(read: ClientRead): void
}

/** A read that brings nothing is no harm: the state may be behind, or never certified where it is asked for. */
const READ_ATTEMPTS_MAX = 12
const READ_RETRY_MAX_MS = 500

/** What goes through the order. */
type Change = Exclude<RegisterOperation, { readonly type: 'read' }>

interface Open {
  readonly key: string
  readonly invokedMs: number
  attempts: number
  /** Of what is under way. */
  cancel: () => void
}

export class Client {
  readonly #options: ClientOptions
  readonly #components: ClientComponents
  /** What this client last knew of a key. */
  readonly #known = new Map<string, string | null>()
  #open: (Open & { readonly describe: () => string; readonly abandon: () => void }) | null = null
  #left = 0
  #seen = 0
  #nonce = 0
  #resting = false

  constructor(options: ClientOptions, components: ClientComponents) {
    this.#options = options
    this.#components = components
  }

  /** Goes on with so many operations, after those that it has still before it. */
  work(operations: number): void {
    this.#left += operations
    if (this.#open === null && !this.#resting) this.#rest()
  }

  /** Nothing more after what is under way. */
  rest(): void {
    this.#left = 0
  }

  /** What is under way, as a sentence; null: nothing, and nothing is to come. */
  get waitsFor(): string | null {
    if (this.#open !== null) return this.#open.describe()
    return this.#left > 0 ? `client ${this.#options.index} has ${this.#left} operations before it` : null
  }

  /** All is over: what is under way was never answered. */
  finish(): void {
    this.#open?.abandon()
  }

  #rest(): void {
    const { scheduler, prng } = this.#components
    this.#resting = true
    scheduler.after(prng.next() * this.#options.thinkMaxMs, () => {
      this.#resting = false
      if (this.#left > 0) this.#next()
    })
  }

  #next(): void {
    const { prng } = this.#components
    this.#left -= 1
    const key = `register ${prng.between(0, this.#options.keys - 1)}`
    const choice = prng.next()
    if (choice < 0.12) return this.#read(key, 'certified')
    if (choice < 0.25) return this.#read(key, 'equal')
    const value = `client ${this.#options.index} value ${this.#nonce}`
    const expected = prng.chance(0.8) ? (this.#known.get(key) ?? null) : 'something else'
    if (choice < 0.6) return this.#change(key, { type: 'set', value })
    if (choice < 0.72) return this.#change(key, { type: 'delete', existed: null })
    // To replace a value by itself is to ask the order whether it is there.
    const replaced = prng.chance(0.3) && expected !== null ? expected : value
    this.#change(key, { type: 'compare-and-set', expected, value: replaced, done: null })
  }

  #done(): void {
    this.#open?.cancel()
    this.#open = null
    if (this.#left > 0) this.#rest()
  }

  /** Members in an order of the client's own: the one that it likes now, then the others. */
  #membersFrom(start: number): readonly Member[] {
    const { members } = this.#components
    return members.map((_, i) => members[(start + i) % members.length] as Member)
  }

  #retry(open: Open, delayMs: number, again: () => void): void {
    open.attempts += 1
    open.cancel = this.#components.scheduler.after(delayMs, again)
  }

  #change(key: string, operation: Change): void {
    const { counter, scheduler, prng, scope, members, onSigned } = this.#components
    const transaction = this.#sign(bytesOf(key, operation))
    const id = transactionId(scope.networkId, transaction)
    onSigned(id, transaction)
    const believed = weakQuorum(members.length)
    const receipts = new Tally<ReceiptReply>(nameOfReceipt)
    const refusals = new Tally<string>(code => code)
    const invokedMs = scheduler.nowMs
    const finish = (receipt: ReceiptReply | null): void => {
      counter.waitNoLonger(id)
      this.#conclude({ key, operation, id, invokedMs, receipt })
    }
    const hear = (member: Member, reply: TransactionReply): void => {
      if (this.#open !== open) return
      if (reply.type === 'accepted') this.#components.onAccepted(id, member)
      if (reply.type === 'executed' && receipts.count(member.id, reply.receipt) >= believed)
        finish(reply.receipt)
      else if (reply.type === 'refused' && isForGood(reply.code)) {
        const isNew = !refusals.has(member.id)
        if (refusals.count(member.id, reply.code) >= believed) finish(null)
        else if (isNew) again()
      }
    }
    const start = prng.between(0, members.length - 1)
    const open = {
      key,
      invokedMs,
      attempts: 0,
      cancel: () => {},
      describe: () => `client ${this.#options.index} waits for ${id.slice(0, 8)} (${operation.type} ${key})`,
      abandon: () => finish(null),
    }
    /** Somebody refuses it: the next member is asked at once. */
    const again = (): void => {
      open.cancel()
      attempt()
    }
    const attempt = (): void => {
      const [first, ...others] = this.#membersFrom(start + open.attempts)
      if (first !== undefined) counter.submit(first, transaction, reply => hear(first, reply))
      if (open.attempts > 0)
        for (const member of others) counter.ask(member, id, reply => hear(member, reply))
      if (open.attempts > 0 && first !== undefined) counter.ask(first, id, reply => hear(first, reply))
      this.#retry(open, this.#options.retryMs * 2 ** Math.min(3, open.attempts), attempt)
    }
    this.#open = open
    counter.wait(id, hear)
    attempt()
  }

  #sign(operation: Uint8Array): Transaction {
    const { scheduler, scope, signer } = this.#components
    const timestampMs = Math.floor(EPOCH_MS + scheduler.nowMs)
    const unsigned = { client: signer.publicKey, timestampMs, nonce: this.#nonce++, operation }
    return { ...unsigned, signature: signer.sign(transactionSigningBytes(scope.networkId, unsigned)) }
  }

  #conclude(concluded: {
    readonly key: string
    readonly operation: Change
    readonly id: string
    readonly invokedMs: number
    readonly receipt: ReceiptReply | null
  }): void {
    const { key, operation, id, invokedMs, receipt } = concluded
    const answered = receipt === null ? operation : answeredWith(operation, receipt)
    this.#components.onOperation({
      client: this.#options.index,
      key,
      operation: answered,
      id,
      invokedMs,
      returnedMs: receipt === null ? null : this.#components.scheduler.nowMs,
      receipt,
    })
    if (receipt !== null) {
      this.#seen = Math.max(this.#seen, receipt.sequence)
      this.#learn(key, answered)
    }
    this.#done()
  }

  #learn(key: string, operation: Change): void {
    if (operation.type === 'delete') this.#known.set(key, null)
    else if (operation.type !== 'compare-and-set' || operation.done === true)
      this.#known.set(key, operation.value)
  }

  #read(key: string, how: ClientRead['how']): void {
    const { counter, scheduler, prng, scope, members } = this.#components
    const seenBefore = this.#seen
    const shown = new Tally<StateReply>(nameOfState)
    const invokedMs = scheduler.nowMs
    const start = prng.between(0, members.length - 1)
    const hear = (member: Member, reply: StateReply): void => {
      if (this.#open !== open || reply.sequence < seenBefore) return
      if (how === 'certified' ? !isProved(scope, key, reply) : !isEnough(member, reply)) return
      const { value } = reply.answer
      const text = value === null ? null : (fromUtf8(value) ?? 'not a text')
      const { index } = this.#options
      const returnedMs = scheduler.nowMs
      const { sequence } = reply
      this.#components.onRead({
        client: index,
        key,
        value: text,
        sequence,
        how,
        seenBefore,
        invokedMs,
        returnedMs,
      })
      this.#seen = sequence
      this.#known.set(key, text)
      this.#done()
    }
    const isEnough = (member: Member, reply: StateReply): boolean =>
      shown.count(member.id, reply) >= weakQuorum(members.length)
    const open = {
      key,
      invokedMs,
      attempts: 0,
      cancel: () => {},
      describe: () => `client ${this.#options.index} reads ${key}`,
      abandon: () => {},
    }
    const attempt = (): void => {
      if (open.attempts === READ_ATTEMPTS_MAX) return this.#done()
      const asked = this.#membersFrom(start + open.attempts).slice(
        0,
        how === 'certified' ? 1 : members.length,
      )
      for (const member of asked) counter.read(member, key, reply => hear(member, reply))
      this.#retry(open, Math.min(READ_RETRY_MAX_MS, this.#options.retryMs), attempt)
    }
    this.#open = open
    attempt()
  }
}

/** Refused by the state as that member has it, or too late: to ask the others again and again would bring nothing. */
function isForGood(code: string): boolean {
  return code === 'EXPIRED' || code === 'OTHER_VALUE'
}

function nameOfState({ sequence, answer }: StateReply): string {
  return `${sequence} ${answer.value === null ? 'nothing' : `value ${answer.value.join()}`}`
}

function bytesOf(key: string, operation: Change): Uint8Array {
  switch (operation.type) {
    case 'set':
      return encodeSet(key, operation.value)
    case 'delete':
      return encodeDelete(key)
    case 'compare-and-set':
      return encodeCompareAndSet(key, operation.expected, operation.value)
  }
}

function answeredWith(operation: Change, { code, data }: ReceiptReply): Change {
  if (operation.type === 'delete') return { ...operation, existed: data[0] === 1 }
  if (operation.type !== 'compare-and-set') return operation
  return { ...operation, done: code !== KEY_VALUE_CODE.otherValue }
}
