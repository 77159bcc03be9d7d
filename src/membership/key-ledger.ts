import type { Result, Transaction } from '../application/contract.ts'
import { sha256 } from '../crypto/hash.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { present } from '../lib/assert.ts'
import { concatBytes, toHex } from '../lib/bytes.ts'
import { faultyMax, quorum } from '../pbft/quorum.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import { type Genesis, networkIdOf, orderedMembers } from './genesis.ts'
import type { KeyChange, KeyRules, Moment } from './key-change.ts'
import { decodeKeyState, encodeKeyState } from './key-encoding.ts'
import { keyPartsOf, keysRootOf } from './key-parts.ts'
import { applyOperation, passTime } from './key-rules.ts'
import { EMPTY_KEY_STATE, type KeyEvent, type KeyState, type SharedKey } from './key-state.ts'
import { decodeSystemOperation } from './system-operation.ts'
import { type SystemCode, systemResult } from './system-result.ts'

/** Why a batch with this transaction is refused whole. */
export type SystemRefusal = 'batch-system-unwanted' | 'batch-system-client-unknown' | 'batch-system-malformed'

/** The keys of one network, as its log goes on: the state, and what is derived from it once. */
export class KeyLedger {
  readonly #rules: KeyRules
  readonly #members: ReadonlyMap<string, ReplicaId>
  #state: KeyState = EMPTY_KEY_STATE
  #encoded: {
    readonly state: KeyState
    readonly parts: readonly Uint8Array[]
    readonly root: Uint8Array
  } | null = null

  /** @param genesis with a section `threshold` @param membersHash 32 bytes */
  constructor(genesis: Genesis, membersHash: Uint8Array, curve: PublicCurve = nobleCurve) {
    const keys = orderedMembers(genesis).map(({ publicKey }) => publicKey)
    const { checkpointInterval, logWindow } = genesis.protocol
    this.#members = new Map(keys.map((key, i) => [key, replicaId(i)]))
    this.#rules = {
      networkId: networkIdOf(genesis),
      membersHash,
      members: keys.length,
      faultyMax: faultyMax(keys.length),
      quorum: quorum(keys.length),
      times: present(genesis.threshold, 'the times of the shared key'),
      checkpointInterval,
      logWindow,
      curve,
    }
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

  /** The sequence begins. @param events what happened is added to them */
  passTime(at: Moment, events: KeyEvent[]): void {
    this.#take(passTime(this.#rules, this.#state, at), at, events)
  }

  /** @param transaction of kind system, and signed by its client @param events what happened is added to them */
  execute(transaction: Transaction, at: Moment, events: KeyEvent[]): Result {
    return systemResult(this.#execute(transaction, at, events))
  }

  #execute({ client, operation }: Transaction, at: Moment, events: KeyEvent[]): SystemCode {
    const member = this.#members.get(toHex(client))
    const decoded = decodeSystemOperation(operation)
    if (member === undefined) return 'client-unknown'
    if (decoded === null) return 'malformed'
    const change = applyOperation(this.#rules, this.#state, at, member, decoded)
    this.#take(change, at, events)
    return change.code
  }

  #take({ state, events: details }: KeyChange, { sequence, logTimeMs }: Moment, events: KeyEvent[]): void {
    this.#state = state
    for (const detail of details) events.push({ sequence, logTimeMs, ...detail })
  }

  /** 32 bytes that commit to the state. */
  get root(): Uint8Array {
    return this.#encoding().root
  }

  /** The state as a snapshot carries it. */
  get parts(): readonly Uint8Array[] {
    return this.#encoding().parts
  }

  #encoding() {
    if (this.#encoded?.state === this.#state) return this.#encoded
    const parts = keyPartsOf(encodeKeyState(this.#state))
    this.#encoded = { state: this.#state, parts, root: keysRootOf(parts.map(sha256)) }
    return this.#encoded
  }

  /** @param parts checked against a certified root @returns false for anything but the parts of a state */
  restore(parts: readonly Uint8Array[]): boolean {
    const state = decodeKeyState(this.#rules, concatBytes(...parts))
    if (state !== null) this.#state = state
    return state !== null
  }
}
