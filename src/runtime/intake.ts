import type { Application, Refusal, Transaction, TransactionId } from '../application/contract.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import type { ReplicaId } from '../pbft/types.ts'
import { type Batch, createBatch, type IdentifiedTransaction, identify } from '../wire/batch.ts'
import { SYSTEM_OPERATION_BYTES_MAX, TRANSACTION_OVERHEAD_BYTES } from '../wire/limits.ts'
import type { Scope } from '../wire/scope.ts'
import { clientClaim } from './batch-checks.ts'
import type { BatchStore } from './batches.ts'
import type { Clock, SignatureChecker, Signer } from './ports.ts'

/**
 * Where clients' transactions come in: checked, gathered into a batch, written to disk, spread. The load decides how large a batch
 * gets: with none of ours waiting to be executed a batch is cut at once; else transactions gather until those before them are
 * executed, the batch is full, or the delay is over.
 */
export interface IntakeOptions {
  readonly scope: Scope
  readonly self: ReplicaId
  readonly operationBytesMax: number
  readonly batchTransactionsMax: number
  readonly batchBytesMax: number
  readonly batchDelayMs: number
  /** Accepted here and not executed; beyond, clients are told to come back later. */
  readonly pendingTransactionsMax: number
  readonly pendingBytesMax: number
}

export interface IntakeComponents {
  readonly application: Application
  readonly state: ReplicatedState
  readonly checker: SignatureChecker
  readonly signer: Signer
  readonly clock: Clock
  readonly batches: BatchStore
  publish(bytes: Uint8Array): void
}

export type IntakeOutcome =
  | { readonly accepted: true; readonly id: TransactionId; readonly state: 'accepted' | 'committed' }
  | { readonly accepted: false; readonly id: TransactionId; readonly refusal: Refusal }

interface Gathered extends IdentifiedTransaction {
  readonly answer: (outcome: IntakeOutcome) => void
}

export class Intake {
  readonly #options: IntakeOptions
  readonly #components: IntakeComponents
  /** Accepted, in a batch or waiting for one, and not executed; with those who wait to hear that it is on disk. */
  readonly #pending = new Map<TransactionId, { durable: boolean; bytes: number; waiting: (() => void)[] }>()
  readonly #ours = new Set<string>()
  #pendingBytes = 0
  #gathered: Gathered[] = []
  #gatheredBytes = 0
  #cancelCut: (() => void) | null = null
  #stopped = false

  constructor(options: IntakeOptions, components: IntakeComponents) {
    this.#options = options
    this.#components = components
  }

  get pendingTransactions(): number {
    return this.#pending.size
  }

  /** How many transactions that wait here are in these? */
  pendingIn(batches: readonly Batch[]): number {
    const ids = new Set(batches.flatMap(({ transactions }) => transactions.map(({ id }) => id)))
    return [...ids].filter(id => this.#pending.has(id)).length
  }

  sizes(): Sizes {
    return { pending: this.#pending.size, ours: this.#ours.size, gathered: this.#gathered.length }
  }

  /** Is it on disk here, and not executed? Before it is on disk nobody may be told that it was accepted. */
  isAccepted(id: TransactionId): boolean {
    return this.#pending.get(id)?.durable ?? false
  }

  /** @param done one outcome for each transaction, in order, when the accepted ones are on disk */
  submit(transactions: readonly Transaction[], done: (outcomes: readonly IntakeOutcome[]) => void): void {
    const outcomes: IntakeOutcome[] = []
    let open = transactions.length
    if (open === 0) return done(outcomes)
    const settle = (i: number, outcome: IntakeOutcome): void => {
      outcomes[i] = outcome
      if (--open === 0) done(outcomes)
    }
    const candidates: { readonly i: number; readonly identified: IdentifiedTransaction }[] = []
    for (const [i, transaction] of transactions.entries()) {
      const identified = identify(this.#options.scope, transaction)
      const refusal = this.#refusal(identified)
      if (refusal !== null) settle(i, { accepted: false, id: identified.id, refusal })
      else candidates.push({ i, identified })
    }
    this.#checkSignatures(
      candidates.map(({ identified }) => identified),
      valid => {
        for (const [k, { i, identified }] of candidates.entries()) {
          if (valid[k]) this.#gather(identified, outcome => settle(i, outcome))
          else
            settle(
              i,
              refused(
                identified.id,
                'SIGNATURE_WRONG',
                'the signature is not the client key’s over this transaction',
              ),
            )
        }
        this.#cutWhenDue()
      },
    )
  }

  /** Everything about a transaction that needs no signature check. */
  #refusal({ id, transaction }: IdentifiedTransaction): Refusal | null {
    const { state, application, clock } = this.#components
    if (state.window.receipt(id) !== undefined || this.#pending.has(id)) return null
    if (transaction.client.length !== 32) return refusal('CLIENT_MALFORMED', 'a client key has 32 bytes')
    const isSystem = transaction.kind === 'system'
    const bytesMax = isSystem ? SYSTEM_OPERATION_BYTES_MAX : this.#options.operationBytesMax
    if (transaction.operation.length > bytesMax)
      return refusal('OPERATION_TOO_LARGE', `an operation has at most ${bytesMax} bytes`)
    const logTimeMs = Math.max(state.logTimeMs, clock.nowMs())
    const admission = state.window.admission(transaction, logTimeMs)
    if (admission === 'expired')
      return refusal('EXPIRED', 'the timestamp is older than the network remembers; sign anew')
    if (admission === 'early') return refusal('EARLY', 'the timestamp lies in the future; check the clock')
    if (!isSystem) return application.check(transaction) ?? application.checkAgainstState(transaction)
    const code = state.systemRefusal(transaction)
    return code === null
      ? null
      : refusal('SYSTEM_REFUSED', `no member would order this about the keys: ${code}`)
  }

  #checkSignatures(
    candidates: readonly IdentifiedTransaction[],
    done: (valid: readonly boolean[]) => void,
  ): void {
    const { application, checker, state } = this.#components
    const signed = candidates.filter(
      ({ transaction }) => application.signatures === 'required' || transaction.kind === 'system',
    )
    if (signed.length === 0) return done(candidates.map(() => true))
    // A transaction whose id is known was checked before; the id does not cover the signature, and need not.
    const unknown = signed.filter(
      ({ id }) => !this.#pending.has(id) && state.window.receipt(id) === undefined,
    )
    checker.check(unknown.map(clientClaim), valid => {
      const wrong = new Set(unknown.filter((_, i) => !valid[i]))
      done(candidates.map(candidate => !wrong.has(candidate)))
    })
  }

  #gather(identified: IdentifiedTransaction, answer: (outcome: IntakeOutcome) => void): void {
    const { id, transaction } = identified
    if (this.#components.state.window.receipt(id) !== undefined)
      return answer({ accepted: true, id, state: 'committed' })
    const pending = this.#pending.get(id)
    if (pending?.durable) return answer({ accepted: true, id, state: 'accepted' })
    if (pending !== undefined) {
      pending.waiting.push(() => answer({ accepted: true, id, state: 'accepted' }))
      return
    }
    const bytes = transaction.operation.length + TRANSACTION_OVERHEAD_BYTES
    const { pendingTransactionsMax, pendingBytesMax } = this.#options
    if (this.#stopped) return answer(refused(id, 'STOPPING', 'this replica is stopping; ask another'))
    const isFull =
      this.#pending.size >= pendingTransactionsMax || this.#pendingBytes + bytes > pendingBytesMax
    // Our own about the keys are few, and clients must not keep them out.
    if (isFull && transaction.kind !== 'system') {
      return answer(
        refused(id, 'BUSY', 'too many transactions wait here; try again later, or ask another replica'),
      )
    }
    this.#pending.set(id, { durable: false, bytes, waiting: [] })
    this.#pendingBytes += bytes
    this.#gathered.push({ ...identified, answer })
    this.#gatheredBytes += bytes
  }

  #cutWhenDue(): void {
    const { batchTransactionsMax, batchBytesMax, batchDelayMs } = this.#options
    while (this.#gathered.length >= batchTransactionsMax || this.#gatheredBytes >= batchBytesMax) this.#cut()
    if (this.#gathered.length === 0) return
    if (this.#ours.size === 0) return this.#cut()
    this.#cancelCut ??= this.#components.clock.after(batchDelayMs, () => {
      this.#cancelCut = null
      if (this.#gathered.length > 0) this.#cut()
    })
  }

  #cut(): void {
    const gathered = this.#take()
    const { scope, self } = this.#options
    const { signer, batches, publish } = this.#components
    const transactions = gathered.map(({ id, transaction, signingBytes }) => ({
      id,
      transaction,
      signingBytes,
    }))
    const batch = createBatch(scope, self, transactions, bytes => signer.sign(bytes))
    this.#ours.add(batch.digest)
    publish(batch.bytes)
    batches.hold(batch, () => this.#onDurable(gathered))
  }

  #take(): Gathered[] {
    const { batchTransactionsMax, batchBytesMax } = this.#options
    let count = 0
    let bytes = 0
    for (const { transaction } of this.#gathered) {
      const size = transaction.operation.length + TRANSACTION_OVERHEAD_BYTES
      if (count === batchTransactionsMax || (count > 0 && bytes + size > batchBytesMax)) break
      count += 1
      bytes += size
    }
    this.#gatheredBytes -= bytes
    this.#cancelCut?.()
    this.#cancelCut = null
    return this.#gathered.splice(0, count)
  }

  #onDurable(gathered: readonly Gathered[]): void {
    for (const { id, answer } of gathered) {
      answer({ accepted: true, id, state: 'accepted' })
      const pending = this.#pending.get(id)
      if (pending === undefined) continue
      pending.durable = true
      for (const told of pending.waiting.splice(0)) told()
    }
  }

  /** At start: a batch from disk that is not executed yet. */
  restore(batch: Batch): void {
    if (batch.author === this.#options.self) this.#ours.add(batch.digest)
    for (const { id, transaction } of batch.transactions) {
      const bytes = transaction.operation.length + TRANSACTION_OVERHEAD_BYTES
      if (this.#pending.has(id)) continue
      this.#pending.set(id, { durable: true, bytes, waiting: [] })
      this.#pendingBytes += bytes
    }
  }

  /** A batch was executed: its transactions wait no longer, and the next batch of ours may be due. */
  onExecuted(batch: Batch): void {
    for (const { id } of batch.transactions) {
      const pending = this.#pending.get(id)
      if (pending === undefined) continue
      this.#pending.delete(id)
      this.#pendingBytes -= pending.bytes
      for (const told of pending.waiting) told()
    }
    if (this.#ours.delete(batch.digest)) this.#cutWhenDue()
  }

  /** Nothing more is accepted; what was gathered is cut, so that nobody waits for an answer. */
  stop(): void {
    this.#stopped = true
    while (this.#gathered.length > 0) this.#cut()
  }
}

const refusal = (code: string, message: string): Refusal => ({ code, message })
const refused = (id: TransactionId, code: string, message: string): IntakeOutcome => ({
  accepted: false,
  id,
  refusal: refusal(code, message),
})
