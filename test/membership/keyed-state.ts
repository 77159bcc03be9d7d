import type { Transaction } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import {
  DEFAULT_PROTOCOL,
  type Genesis,
  membersHashOf,
  networkIdOf,
  orderedMembers,
} from '../../src/membership/genesis.ts'
import { type Outcome, ReplicatedState } from '../../src/membership/replicated-state.ts'
import { encodeSystemOperation, type SystemOperation } from '../../src/membership/system-operation.ts'
import { identify } from '../../src/wire/batch.ts'
import type { Scope } from '../../src/wire/scope.ts'
import { batchOf, proposalOf } from '../runtime/parts.ts'
import { identities } from '../wire/fixtures.ts'
import { type KeyLog, rulesFor, START_MS, TIMES } from './key-log.ts'

/** The four members of the fixtures, in a network that makes keys. */
export const keyedGenesis: Genesis = {
  format: 'quorate-genesis/1',
  name: 'keyed',
  createdMs: START_MS,
  members: identities.map(({ publicKey }, i) => ({ name: `m${i}`, publicKey: toHex(publicKey) })),
  application: { module: 'key-value', options: {} },
  protocol: { ...DEFAULT_PROTOCOL, checkpointInterval: 8, logWindow: 16 },
  threshold: TIMES,
}

const ordered = orderedMembers(keyedGenesis)
export const keyedScope: Scope = {
  networkId: networkIdOf(keyedGenesis),
  epoch: 0,
  memberKeys: ordered.map(({ key }) => key),
}
const membersHash = membersHashOf(ordered)
export const keyedRules = { ...rulesFor(4), networkId: keyedScope.networkId, membersHash }

export function createKeyedState(): ReplicatedState {
  return new ReplicatedState(createKeyValue({}), keyedGenesis, membersHash)
}

let nonce = 0

/** Signed by a member, in the order of the genesis. */
export function systemTransaction(
  member: number,
  operation: SystemOperation | Uint8Array,
  timestampMs = START_MS,
): Transaction {
  const bytes = operation instanceof Uint8Array ? operation : encodeSystemOperation(operation)
  const key = present(keyedScope.memberKeys[member], 'a member')
  const identity = identities.find(({ publicKey }) => toHex(publicKey) === toHex(key))
  const unsigned = {
    client: key,
    timestampMs,
    nonce: nonce++,
    operation: bytes,
    signature: new Uint8Array(64),
    kind: 'system',
  } as const
  const { signingBytes } = identify(keyedScope, unsigned)
  return { ...unsigned, signature: present(identity, 'an identity').sign(signingBytes) }
}

/** Executes one batch as the next sequence. */
export function executeIn(
  state: ReplicatedState,
  transactions: readonly Transaction[],
  logTimeMs: number,
): Outcome {
  const named = transactions.map(transaction => identify(keyedScope, transaction))
  const proposal = proposalOf(state.sequence + 1, [batchOf(0, transactions)], logTimeMs)
  return state.execute(proposal, [named])
}

type Said = readonly [member: number, operation: SystemOperation]

/** The next sequence, in the log of the test and in the states alike. */
export function step(log: KeyLog, states: readonly ReplicatedState[], say: () => readonly Said[]): void {
  log.pass(10)
  const said = say()
  const transactions = said.map(([member, operation]) =>
    systemTransaction(member, operation, log.at.logTimeMs),
  )
  for (const [member, operation] of said) log.say(member, operation)
  for (const state of states) executeIn(state, transactions, log.at.logTimeMs)
}

/** The rounds of a ceremony, each of which is one sequence. */
export function roundsOf(log: KeyLog, kind: 'fresh' | 'refresh'): readonly (() => readonly Said[])[] {
  const all = (make: (member: number) => SystemOperation) => () =>
    log.members.map((member): Said => [member, make(member)])
  return [
    () => [[0, { type: 'start', kind, epoch: log.state.nextEpoch }]],
    all(member => log.registration(member)),
    all(member => log.dealing(member)),
    all(member => log.confirmation(member)),
    () => [[0, log.activation()]],
  ]
}
