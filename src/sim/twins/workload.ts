import type { Transaction } from '../../application/contract.ts'
import { encodeSet } from '../../application/key-value.ts'
import type { Scope } from '../../wire/scope.ts'
import { transactionId, transactionSigningBytes } from '../../wire/transaction.ts'
import type { Told } from '../checkers/checker.ts'
import { EPOCH_MS } from '../ground.ts'
import type { Member } from '../member.ts'
import { createStandInSigner } from '../signatures.ts'

/**
 * Clients of a scenario. Every machine that they speak to gets a transaction of its own, and one that another machine got the last time, so
 * that a transaction comes into several batches.
 */
export interface TwinsWorkloadComponents {
  readonly scope: Scope
  nowMs(): number
  onTold(told: Told): void
}

const KEYS = 3

export class TwinsWorkload {
  readonly #components: TwinsWorkloadComponents
  readonly #signer = createStandInSigner('client', 0)
  readonly #signed = new Map<string, Transaction>()
  readonly #accepted = new Map<string, Set<number>>()
  /** What machines got the last time. */
  #latest: readonly Transaction[] = []

  constructor(components: TwinsWorkloadComponents) {
    this.#components = components
  }

  /** Correct members that said they have it on disk, by transaction. */
  get accepted(): ReadonlyMap<string, ReadonlySet<number>> {
    return this.#accepted
  }

  transaction(id: string): Transaction | undefined {
    return this.#signed.get(id)
  }

  submitTo(machines: readonly Member[]): void {
    const before = this.#latest
    this.#latest = machines.map(() => this.#sign())
    for (const [i, machine] of machines.entries()) {
      const again = before[(i + 1) % Math.max(1, before.length)]
      const own = this.#latest[i]
      this.#submit(
        machine,
        [own, again].filter(transaction => transaction !== undefined),
      )
    }
  }

  #sign(): Transaction {
    const { scope, nowMs } = this.#components
    const nonce = this.#signed.size
    const unsigned = {
      client: this.#signer.publicKey,
      timestampMs: Math.floor(EPOCH_MS + nowMs()),
      nonce,
      operation: encodeSet(`key ${nonce % KEYS}`, `value ${nonce}`),
    }
    const signature = this.#signer.sign(transactionSigningBytes(scope.networkId, unsigned))
    const transaction = { ...unsigned, signature }
    this.#signed.set(transactionId(scope.networkId, unsigned), transaction)
    return transaction
  }

  #submit(member: Member, transactions: readonly Transaction[]): void {
    const { scope, onTold } = this.#components
    const { runtime } = member
    runtime?.submit(transactions, outcomes => {
      if (member.isFaulty || member.runtime !== runtime) return
      for (const [i, outcome] of outcomes.entries()) {
        const transaction = transactions[i]
        if (transaction === undefined || !outcome.accepted) continue
        const id = transactionId(scope.networkId, transaction)
        const holders = this.#accepted.get(id) ?? new Set()
        this.#accepted.set(id, holders.add(member.id))
        const receipt = runtime.state.window.receipt(id)
        if (receipt !== undefined) onTold({ id, sequence: receipt.sequence, code: receipt.code })
      }
    })
  }
}
