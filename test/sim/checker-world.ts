import createKeyValue, {
  encodeCompareAndSet,
  encodeDelete,
  encodeSet,
} from '../../src/application/key-value.ts'
import { membersHashOf } from '../../src/membership/genesis.ts'
import { type Outcome, ReplicatedState } from '../../src/membership/replicated-state.ts'
import type { Receipt } from '../../src/membership/window.ts'
import {
  type Certificate,
  type Commit,
  digest,
  type ReplicaId,
  replicaId,
  type Statement,
  sequence,
  type Verified,
  view,
} from '../../src/pbft/types.ts'
import type { Executed } from '../../src/runtime/execution.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import type { Checker, CheckerContext, CreateChecker } from '../../src/sim/checkers/checker.ts'
import { createGround, EPOCH_MS, type Ground } from '../../src/sim/ground.ts'
import { drawOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { createStandInSigner } from '../../src/sim/signatures.ts'
import { createBatch, identify } from '../../src/wire/batch.ts'
import { proposalDigest } from '../../src/wire/convert.ts'
import { encodeEnvelopeBody, encodeSignedEnvelope } from '../../src/wire/encode.ts'
import { envelopeSigningBytes } from '../../src/wire/envelope.ts'
import type { Scope } from '../../src/wire/scope.ts'
import { statementBytes } from '../../src/wire/statement.ts'
import { transactionSigningBytes } from '../../src/wire/transaction.ts'

/** What correct members of a small network do, made by production code, for tests to spoil. */
export const FAULTY = replicaId(3)
export const options: SimulationOptions = drawOptions(1, {
  n: 4,
  transactionWindowMs: 600_000,
  logWindow: 16,
  byzantine: [{ member: FAULTY, behaviours: ['silent'] }],
})
export const ground: Ground = createGround(options)
const client = createStandInSigner('client', 0)

export const set = (key: string, value: string): Uint8Array => encodeSet(key, value)
export const remove = (key: string): Uint8Array => encodeDelete(key)
export const swap = (key: string, expected: string | null, value: string): Uint8Array =>
  encodeCompareAndSet(key, expected, value)

/** One member's state, with every sequence that it executed. */
export class HonestMember {
  readonly id: ReplicaId
  readonly state: ReplicatedState
  stable: Certificate | null = null
  #nonce = 0

  constructor(id = 0) {
    this.id = replicaId(id)
    const { genesis, scope } = ground
    const membersHash = membersHashOf(scope.memberKeys.map(key => ({ key })))
    this.state = new ReplicatedState(createKeyValue({}), genesis, membersHash)
  }

  /** As far as checkers look. */
  get runtime(): ReplicaRuntime {
    return { state: this.state, stable: this.stable } as unknown as ReplicaRuntime
  }

  transaction(operation: Uint8Array, timestampMs = EPOCH_MS + 5) {
    const unsigned = { client: client.publicKey, timestampMs, nonce: this.#nonce++, operation }
    const signature = client.sign(transactionSigningBytes(ground.scope.networkId, unsigned))
    return { ...unsigned, signature }
  }

  execute(operations: readonly Uint8Array[]): Executed {
    return this.executeTransactions(operations.map(operation => this.transaction(operation)))
  }

  executeTransactions(transactions: readonly ReturnType<HonestMember['transaction']>[]): Executed {
    const { scope, signers } = ground
    const [author] = signers
    const identified = transactions.map(transaction => identify(scope, transaction))
    const batch = createBatch(scope, replicaId(0), identified, bytes => author?.sign(bytes) ?? bytes)
    const n = sequence(this.state.sequence + 1)
    const plain = { sequence: n, batchDigests: [batch.digest], logTimeMs: EPOCH_MS + 10 * n, certify: false }
    const proposal = { ...plain, digest: proposalDigest(scope, plain) }
    const outcome = this.state.execute(proposal, [identified])
    const message: Commit = { type: 'commit', view: view(0), sequence: n, digest: proposal.digest }
    const commits = [0, 1, 2].map(
      (sender): Verified<Commit> => ({
        sender: replicaId(sender),
        message,
        proof: { hash: digest(''), bytes: new Uint8Array(0), attachments: [] },
      }),
    )
    return { entry: { proposal, commits }, outcome, batches: [batch] }
  }

  certificate(signers: readonly number[] = [0, 1, 2]): Certificate {
    return certificateOf(this.state.statement(), signers)
  }
}

export function certificateOf(statement: Statement, signers: readonly number[]): Certificate {
  const bytes = statementBytes(ground.scope, statement)
  const signatures = signers.map(signer => ({
    replica: replicaId(signer),
    signature: ground.signers[signer]?.sign(bytes) ?? bytes,
  }))
  return { statement, signatures }
}

/** A member says that it executed this. */
export function checkpointEnvelope(sender: number, statement: Statement): Uint8Array {
  const { scope, signers } = ground
  const sign = (bytes: Uint8Array): Uint8Array => signers[sender]?.sign(bytes) ?? bytes
  const signature = sign(statementBytes(scope, statement))
  const drafts = [{ type: 'checkpoint', statement, signature } as const]
  return sealed(scope, sender, encodeEnvelopeBody(scope, { sender, number: 1, drafts }))
}

/** A body as its sender signs it. */
export function sealed(scope: Scope, sender: number, body: Uint8Array): Uint8Array {
  const bytes = envelopeSigningBytes(scope, body)
  return encodeSignedEnvelope(body, ground.signers[sender]?.sign(bytes) ?? bytes, [])
}

/** The same execution, with other results. */
export function withReceipts(
  executed: Executed,
  change: (receipts: readonly Receipt[]) => readonly Receipt[],
): Executed {
  const { segment } = executed.outcome
  const outcome: Outcome = {
    ...executed.outcome,
    segment: { ...segment, receipts: change(segment.receipts) },
  }
  return { ...executed, outcome }
}

/** @returns what the checker complains about while it is fed */
export function complaints(
  create: CreateChecker,
  feed: (checker: Required<Checker>) => void,
  context: Partial<CheckerContext> = {},
): readonly string[] {
  const violations: string[] = []
  const scope: Scope = ground.scope
  const checker = create({
    options,
    scope,
    reader: ground.reader,
    isFaulty: member => member === FAULTY,
    isSubmitted: () => true,
    nowMs: () => EPOCH_MS,
    violation: text => violations.push(text),
    undecided: text => violations.push(`undecided: ${text}`),
    ...context,
  })
  feed(
    new Proxy(checker as Required<Checker>, {
      get: (target, name) => Reflect.get(target, name) ?? (() => {}),
    }),
  )
  return violations
}
