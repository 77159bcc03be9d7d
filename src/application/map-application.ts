import { assert } from '../lib/assert.ts'
import { utf8 } from '../lib/bytes.ts'
import { AuthenticatedMap } from './authenticated-map.ts'
import {
  type Application,
  type ExecutionContext,
  type QueryAnswer,
  RESULT_BYTES_MAX,
  type Refusal,
  type Result,
  type Transaction,
} from './contract.ts'
import { verifyChunk } from './merkle-chunk.ts'
import { verifyKeyProof } from './merkle-proof.ts'

/**
 * An application whose state is one authenticated map: what differs between such applications is how a transaction is
 * decided, and that is all they have to say. A decision is a pure function of state and transaction, so the check at the door
 * and the execution cannot drift apart.
 */
export interface MapApplicationRules {
  readonly signatures: 'required' | 'none'
  /** Entries of the genesis state. */
  genesis(): Iterable<readonly [key: Uint8Array, value: Uint8Array]>
  /** See `Application.check`. */
  check(transaction: Transaction): Refusal | null
  /** Never throws, whatever the transaction contains. */
  decide(state: ReadableState, transaction: Transaction): Decision
  /** The key in the map that a query's text stands for. */
  locate(text: string): Uint8Array | Refusal
}

/** The map as a transaction finds it, with the changes of those before. */
export interface ReadableState {
  /** @returns a copy */
  get(key: Uint8Array): Uint8Array | undefined
  has(key: Uint8Array): boolean
}

/** What comes of a transaction: changes and an answer, or a refusal with a code that is not 0. */
export type Decision =
  | { readonly type: 'done'; readonly data: Uint8Array; readonly changes: readonly Change[] }
  | { readonly type: 'refused'; readonly code: number; readonly refusal: Refusal }

/** `value` null deletes. */
export interface Change {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** @param rules what distinguishes this application; state, proofs, snapshots and queries are the same for all */
export function createMapApplication(rules: MapApplicationRules): Application {
  let state = genesisState(rules)
  return {
    signatures: rules.signatures,
    check: transaction => rules.check(transaction),
    checkAgainstState(transaction) {
      const decision = rules.decide(state, transaction)
      return decision.type === 'refused' ? decision.refusal : null
    },
    execute: (transactions: readonly Transaction[], _context: ExecutionContext) =>
      transactions.map(transaction => carryOut(state, rules.decide(state, transaction))),
    stateRoot: () => state.root(),
    query: text => query(rules, state, text),
    verify(root, text, answer) {
      const key = rules.locate(text)
      return key instanceof Uint8Array && verifyKeyProof(root, key, answer.value, answer.proof)
    },
    snapshot() {
      const then = state.copy()
      return { ...then.snapshot(), query: text => query(rules, then, text) }
    },
    verifyChunk,
    restore(chunks) {
      const all = [...chunks]
      state = all.length === 0 ? genesisState(rules) : AuthenticatedMap.restore(all)
    },
  }
}

function query(
  rules: Pick<MapApplicationRules, 'locate'>,
  state: AuthenticatedMap,
  text: string,
): QueryAnswer | Refusal {
  const key = rules.locate(text)
  if (!(key instanceof Uint8Array)) return key
  return { value: state.get(key) ?? null, proof: state.prove(key) }
}

function genesisState(rules: MapApplicationRules): AuthenticatedMap {
  const state = new AuthenticatedMap()
  for (const [key, value] of rules.genesis()) state.set(key, value)
  return state
}

function carryOut(state: AuthenticatedMap, decision: Decision): Result {
  if (decision.type === 'refused') return { code: decision.code, data: utf8(decision.refusal.message) }
  assert(decision.data.length <= RESULT_BYTES_MAX, 'an answer is short')
  for (const { key, value } of decision.changes) {
    if (value === null) state.delete(key)
    else state.set(key, value)
  }
  return { code: 0, data: decision.data }
}
