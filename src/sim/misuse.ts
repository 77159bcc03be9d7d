import type { Transaction } from '../application/contract.ts'
import { encodeSet } from '../application/key-value.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import { DEFAULT_PROTOCOL } from '../membership/genesis.ts'
import type { Scope } from '../wire/scope.ts'
import { transactionSigningBytes } from '../wire/transaction.ts'
import { EPOCH_MS } from './ground.ts'
import type { Member } from './member.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import { createStandInSigner } from './signatures.ts'

/**
 * Clients that hand in what must be refused, with a reason: a member that accepts one of these is wrong. That none is executed is seen
 * by those who watch executions, because nobody is known to have submitted it.
 */
export interface MisuseComponents {
  readonly scheduler: Scheduler
  readonly scope: Scope
  readonly members: readonly Member[]
  /** A correct member accepted it. */
  onAccepted(member: number, fault: string): void
}

/** Further than any clock of a world is off. */
const FAR_MS = 3_600_000
/** Draws of its own, so that a world without misuse stays what it is. */
const SALT = 0x7d * 2 ** 32

type Unsigned = Omit<Transaction, 'signature'>

/** What is wrong with a transaction, and how it becomes so. */
const FAULTS = {
  'too old': unsigned => ({ ...unsigned, timestampMs: unsigned.timestampMs - FAR_MS }),
  'too early': unsigned => ({ ...unsigned, timestampMs: unsigned.timestampMs + FAR_MS }),
  'too large': unsigned => ({
    ...unsigned,
    operation: new Uint8Array(DEFAULT_PROTOCOL.operationBytesMax + 1),
  }),
  'no operation': unsigned => ({ ...unsigned, operation: Uint8Array.of(0xff) }),
  'no key': unsigned => ({ ...unsigned, client: unsigned.client.slice(1) }),
  'wrong signature': unsigned => unsigned,
} satisfies Record<string, (unsigned: Unsigned) => Unsigned>

type Fault = keyof typeof FAULTS

export class Misuse {
  readonly #options: SimulationOptions
  readonly #components: MisuseComponents
  readonly #prng: Prng
  #refused = 0

  constructor(options: SimulationOptions, components: MisuseComponents) {
    this.#options = options
    this.#components = components
    this.#prng = createPrng(options.seed + SALT)
  }

  /** Transactions that were refused. */
  get refused(): number {
    return this.#refused
  }

  begin(): void {
    const { misuses = 0, faultsMs } = this.#options
    for (let i = 0; i < misuses; i++)
      this.#components.scheduler.after(this.#prng.next() * faultsMs, () => this.#handIn(i))
  }

  #handIn(nonce: number): void {
    const up = this.#components.members.filter(({ runtime, isFaulty }) => runtime !== null && !isFaulty)
    if (up.length === 0) return
    const member = this.#prng.pick(up)
    const fault = this.#prng.pick(Object.keys(FAULTS) as readonly Fault[])
    member.runtime?.submit([this.#sign(fault, nonce)], ([outcome]) => {
      if (outcome?.accepted === true) this.#components.onAccepted(member.id, fault)
      else this.#refused += 1
    })
  }

  #sign(fault: Fault, nonce: number): Transaction {
    const { networkId } = this.#components.scope
    const signer = createStandInSigner('misuser', 0)
    const unsigned = FAULTS[fault]({
      client: signer.publicKey,
      timestampMs: Math.floor(EPOCH_MS + this.#components.scheduler.nowMs),
      nonce,
      operation: encodeSet('key', 'misuse'),
    })
    const signature = signer.sign(transactionSigningBytes(networkId, unsigned))
    const at = this.#prng.between(0, 63)
    if (fault === 'wrong signature') signature[at] = (signature[at] ?? 0) ^ this.#prng.between(1, 255)
    return { ...unsigned, signature }
  }
}
