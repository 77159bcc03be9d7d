import type { Application, Transaction } from '../../src/application/contract.ts'
import createKeyValue, { encodeSet } from '../../src/application/key-value.ts'
import { createIdentity } from '../../src/crypto/identity.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { DEFAULT_PROTOCOL, type Genesis, membersHashOf } from '../../src/membership/genesis.ts'
import { ReplicatedState } from '../../src/membership/replicated-state.ts'
import { type Digest, type Proposal, replicaId, sequence } from '../../src/pbft/types.ts'
import { type BatchOptions, BatchStore } from '../../src/runtime/batches.ts'
import { Due } from '../../src/runtime/due.ts'
import type { Verdict } from '../../src/runtime/ports.ts'
import { type Batch, createBatch, identify } from '../../src/wire/batch.ts'
import { proposalDigest } from '../../src/wire/convert.ts'
import { identityOf, NOW_MS, scope } from '../wire/fixtures.ts'
import type { MemoryStore, World } from './world.ts'

/** Real parts of a runtime, on the ports in memory: the key-value application, its transactions, batches of them. */
export const client = createIdentity(new Uint8Array(32).fill(42))

export const genesis: Genesis = {
  format: 'quorate-genesis/1',
  name: 'test',
  createdMs: NOW_MS - 1_000,
  members: [],
  application: { module: 'key-value', options: {} },
  protocol: DEFAULT_PROTOCOL,
}

export function createState(
  protocol: Partial<Genesis['protocol']> = {},
  application: Application = createKeyValue({}),
): ReplicatedState {
  const members = scope.memberKeys.map(key => ({ key }))
  return new ReplicatedState(
    application,
    { ...genesis, protocol: { ...DEFAULT_PROTOCOL, ...protocol } },
    membersHashOf(members),
  )
}

export interface TransactionFields {
  readonly timestampMs?: number
  readonly value?: string
}

/** Sets `key`; `nonce` tells it apart. */
export function transactionOf(key: string, nonce = 0, fields: TransactionFields = {}): Transaction {
  const { timestampMs = NOW_MS, value = 'value' } = fields
  const operation = encodeSet(utf8(key), utf8(value))
  const unsigned = {
    client: client.publicKey,
    timestampMs,
    nonce,
    operation,
    signature: new Uint8Array(64),
  }
  return { ...unsigned, signature: client.sign(identify(scope, unsigned).signingBytes) }
}

export function batchOf(author: number, transactions: readonly Transaction[]): Batch {
  const identified = transactions.map(transaction => identify(scope, transaction))
  return createBatch(scope, replicaId(author), identified, bytes => identityOf(author).sign(bytes))
}

export function proposalOf(n: number, batches: readonly Batch[], logTimeMs = NOW_MS): Proposal {
  const batchDigests = batches.map(({ digest }) => digest)
  const content = { sequence: sequence(n), batchDigests, logTimeMs, certify: false }
  return { ...content, digest: proposalDigest(scope, content) }
}

export interface BatchBench {
  readonly batches: BatchStore
  readonly available: Batch[]
  readonly found: Digest[]
  readonly published: Uint8Array[]
  readonly failures: Error[]
  /** Ids of transactions that were executed, or never can be. */
  readonly settled: Set<string>
  readonly named: Set<Digest>
  /** Brings one from a peer. @returns what is said of it, once */
  gossip(bytes: Uint8Array): Verdict
  readonly moment: { isPrimary: boolean; logTimeMs: number; nowMs: number }
}

export function createBatches(
  world: World,
  store: MemoryStore,
  options: Partial<BatchOptions> = {},
  application: Application = createKeyValue({}),
  systemRefusal: (transaction: Transaction) => string | null = () => 'batch-system-unwanted',
): BatchBench {
  const available: Batch[] = []
  const found: Digest[] = []
  const published: Uint8Array[] = []
  const failures: Error[] = []
  const settled = new Set<string>()
  const named = new Set<Digest>()
  const moment = { isPrimary: false, logTimeMs: NOW_MS, nowMs: NOW_MS }
  const batches = new BatchStore(
    {
      scope,
      limits: DEFAULT_PROTOCOL,
      self: replicaId(1),
      batchesPerAuthorMax: 3,
      bytesPerAuthorMax: 1_000_000,
      respreadMs: 1_000,
      ...options,
    },
    {
      application,
      checker: world.checker,
      clock: world.clock,
      store,
      publish: bytes => void published.push(bytes),
      systemRefusal,
      due: new Due({
        isSettled: ({ id }) => settled.has(id),
        isPrimary: () => moment.isPrimary,
        logTimeMs: () => moment.logTimeMs,
        nowMs: () => moment.nowMs,
      }),
      namedBatches: () => named,
      onAvailable: batch => void available.push(batch),
      onFound: digest => void found.push(digest),
      onFailure: error => void failures.push(error),
    },
  )
  const gossip = (bytes: Uint8Array): Verdict => {
    const verdicts: Verdict[] = []
    batches.onGossip(bytes, verdict => void verdicts.push(verdict))
    world.settle()
    const [verdict, ...more] = verdicts
    if (verdict === undefined || more.length > 0) throw new Error(`${verdicts.length} verdicts`)
    return verdict
  }
  return { batches, available, found, published, failures, settled, named, moment, gossip }
}
