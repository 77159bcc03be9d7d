import type { Transaction } from '../application/contract.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import type { Logger } from '../lib/logger.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import { encodeSystemOperation, type SystemOperation } from '../membership/system-operation.ts'
import type { Scope } from '../wire/scope.ts'
import { transactionId, transactionSigningBytes } from '../wire/transaction.ts'
import type { IntakeOutcome } from './intake.ts'
import type { Clock, Signer } from './ports.ts'

/**
 * What this member orders about the network's keys, as transactions of its own. Whoever has something to say names it, again and again
 * until the log shows its effect; a transaction is made at the first naming, and another when that one was executed to no avail or
 * can never be: each time after a longer pause. Each has a nonce of its own, so the second is not taken for the first.
 */
export interface SystemTransactionsComponents {
  readonly scope: Scope
  readonly signer: Signer
  readonly random: RandomBytes
  readonly clock: Clock
  readonly logger: Logger
  readonly state: Pick<ReplicatedState, 'window' | 'logTimeMs'>
  submit(transactions: readonly Transaction[], done: (outcomes: readonly IntakeOutcome[]) => void): void
  /** Is it on disk here, and not executed? */
  isAccepted(id: string): boolean
}

const RETRY_MS = 1_000
const RETRY_MAX_MS = 60_000
const NONCE_BYTES = 6

interface Sent {
  readonly id: string
  readonly timestampMs: number
  readonly tries: number
  readonly againMs: number
}

export class SystemTransactions {
  readonly #components: SystemTransactionsComponents
  readonly #sent = new Map<string, Sent>()

  constructor(components: SystemTransactionsComponents) {
    this.#components = components
  }

  get size(): number {
    return this.#sent.size
  }

  /**
   * @param name of what is to be said; the same thing has the same name
   * @param operation what is said, asked for only when a transaction is due
   */
  ensure(name: string, operation: () => SystemOperation, nowMs: number): void {
    const sent = this.#sent.get(name)
    if (sent !== undefined && (nowMs < sent.againMs || this.#isUnderWay(sent))) return
    const tries = (sent?.tries ?? 0) + 1
    const transaction = this.#create(operation())
    const id = transactionId(this.#components.scope.networkId, transaction)
    const pauseMs = Math.min(RETRY_MS * 2 ** Math.min(tries - 1, 30), RETRY_MAX_MS)
    const { timestampMs } = transaction
    this.#sent.set(name, { id, timestampMs, tries, againMs: nowMs + pauseMs })
    this.#submit(name, transaction)
  }

  /** Of what is not named here nothing is to be said any more. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#sent.keys()) if (!names.has(name)) this.#sent.delete(name)
  }

  /** Once, for whoever asks. */
  order(operation: SystemOperation, done: (outcome: IntakeOutcome) => void): void {
    this.#components.submit([this.#create(operation)], ([outcome]) => {
      if (outcome !== undefined) done(outcome)
    })
  }

  /** Accepted and not executed, and it still can be. */
  #isUnderWay({ id, timestampMs }: Sent): boolean {
    const { state, isAccepted } = this.#components
    return isAccepted(id) && state.window.admission({ timestampMs }, state.logTimeMs) !== 'expired'
  }

  #submit(name: string, transaction: Transaction): void {
    this.#components.submit([transaction], ([outcome]) => {
      if (outcome?.accepted !== false) return
      const { code } = outcome.refusal
      this.#components.logger.debug({ what: name, code }, 'a system transaction was not accepted here')
    })
  }

  #create(operation: SystemOperation): Transaction {
    const { clock, state } = this.#components
    // A clock that is further behind than transactions may be old must not keep a member out of its ceremonies.
    const nowMs = (): number => Math.max(clock.nowMs(), state.logTimeMs)
    return createSystemTransaction(operation, { ...this.#components, clock: { nowMs } })
  }
}

/** Each has another nonce. */
export function createSystemTransaction(
  operation: SystemOperation,
  {
    scope,
    signer,
    random,
    clock,
  }: Pick<SystemTransactionsComponents, 'scope' | 'signer' | 'random'> & {
    readonly clock: Pick<Clock, 'nowMs'>
  },
): Transaction {
  const unsigned = {
    client: signer.publicKey,
    timestampMs: clock.nowMs(),
    nonce: random(NONCE_BYTES).reduce((nonce, byte) => nonce * 256 + byte, 0),
    operation: encodeSystemOperation(operation),
    kind: 'system',
  } as const
  const signature = signer.sign(transactionSigningBytes(scope.networkId, unsigned))
  return { ...unsigned, signature }
}
