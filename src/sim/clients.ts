import type { Transaction } from '../application/contract.ts'
import { encodeSet } from '../application/key-value.ts'
import type { Prng } from '../lib/prng.ts'
import type { Scope } from '../wire/scope.ts'
import { transactionId, transactionSigningBytes } from '../wire/transaction.ts'
import type { Told } from './checkers/checker.ts'
import { EPOCH_MS } from './ground.ts'
import type { Member } from './member.ts'
import { createStandInSigner } from './signatures.ts'

/**
 * Those who use the network: they sign transactions, hand them to members of their choice, sometimes to several, and remember
 * what they were told.
 */
export interface ClientComponents {
  readonly prng: Prng
  readonly scope: Scope
  readonly members: readonly Member[]
  nowMs(): number
  onTold(told: Told): void
}

export class Clients {
  readonly #components: ClientComponents
  readonly #signed = new Map<string, Transaction>()
  /** Members that said they have it on disk, by transaction. */
  readonly #accepted = new Map<string, Set<number>>()
  #nonce = 0

  constructor(components: ClientComponents) {
    this.#components = components
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
      const holders = this.#accepted.get(id) ?? new Set()
      holders.add(member.id)
      this.#accepted.set(id, holders)
      const receipt = runtime.state.window.receipt(id)
      if (receipt !== undefined)
        this.#components.onTold({ id, sequence: receipt.sequence, code: receipt.code })
    })
  }

  /** What a member accepted and lost with its disk is no longer owed by it. */
  forgetHolder(member: number): void {
    for (const [id, holders] of this.#accepted) {
      holders.delete(member)
      if (holders.size === 0) this.#accepted.delete(id)
    }
  }
}
