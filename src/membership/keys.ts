import type { Transaction } from '../application/contract.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { toHex } from '../lib/bytes.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import { type Genesis, orderedMembers } from './genesis.ts'
import { EMPTY_KEY_STATE, type KeyState, type SharedKey } from './key-state.ts'
import { decodeSystemOperation } from './system-operation.ts'

/** Why a batch with this transaction is refused whole. */
export type SystemRefusal = 'batch-system-unwanted' | 'batch-system-client-unknown' | 'batch-system-malformed'

/** The keys of one network, as its log goes on. A genesis without a section for them has none, and no system transactions. */
export class KeyLedger {
  readonly #genesis: Genesis
  readonly #curve: PublicCurve
  readonly #members: ReadonlyMap<string, ReplicaId>
  #state: KeyState = EMPTY_KEY_STATE

  constructor(genesis: Genesis, curve: PublicCurve = nobleCurve) {
    this.#genesis = genesis
    this.#curve = curve
    this.#members = new Map(orderedMembers(genesis).map(({ publicKey }, i) => [publicKey, replicaId(i)]))
  }

  get state(): KeyState {
    return this.#state
  }

  /** The key that certifies a sequence, among those that are remembered. */
  keyAt(sequence: number): SharedKey | null {
    const { active, retiring, retired } = this.#state
    if (active !== null && active.activatedSequence <= sequence) return active
    const before = [...retired, ...retiring]
    return before.find(key => key.activatedSequence <= sequence && sequence <= key.lastSequence) ?? null
  }

  /** Depends on the genesis alone: every member, at any time, answers the same. */
  refusal(transaction: Transaction): SystemRefusal | null {
    if (!this.#members.has(toHex(transaction.client))) return 'batch-system-client-unknown'
    return decodeSystemOperation(transaction.operation) === null ? 'batch-system-malformed' : null
  }
}
