import type { Application } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import type { ReplicatedState } from '../../src/membership/replicated-state.ts'
import {
  type CommittedEntry,
  type ReplicaId,
  replicaId,
  type Sequence,
  sequence,
  view,
} from '../../src/pbft/types.ts'
import type { BatchStore } from '../../src/runtime/batches.ts'
import { createExecution } from '../../src/runtime/execution.ts'
import type { PeerNetwork, RequestProtocol } from '../../src/runtime/ports.ts'
import { createServices } from '../../src/runtime/service.ts'
import { Snapshots } from '../../src/runtime/snapshots.ts'
import type { Batch } from '../../src/wire/batch.ts'
import { said } from '../wire/fixtures.ts'
import { certificateOf } from '../wire/samples.ts'
import { createBatches, createState, proposalOf } from './parts.ts'
import { MemoryStore, type World } from './world.ts'

/** A committed sequence under the COMMITs of three members. */
export function entryOf(n: number, batches: readonly Batch[], signers = [0, 1, 2]): CommittedEntry {
  const proposal = proposalOf(n, batches)
  const vote = {
    type: 'commit',
    view: view(0),
    sequence: proposal.sequence,
    digest: proposal.digest,
  } as const
  return { proposal, commits: signers.map(signer => said(signer, vote)) }
}

/** A member's state, disk and execution: what serves others, and what catches up. */
export interface Replica {
  readonly state: ReplicatedState
  readonly store: MemoryStore
  readonly batches: BatchStore
  readonly snapshots: Snapshots
  readonly failures: Error[]
  execute(entry: CommittedEntry): void
  answer(protocol: RequestProtocol, bytes: Uint8Array): Uint8Array | null
}

export function createReplica(
  world: World,
  intervalSequences = 1_000,
  application: Application = createKeyValue({}),
): Replica {
  const store = new MemoryStore(world)
  const state = createState({}, application)
  const { batches, failures } = createBatches(world, store)
  const onFailure = (error: Error) => void failures.push(error)
  const { clock } = world
  const snapshots = new Snapshots(
    { intervalSequences },
    { state, store, clock, logger: silentLogger, onWritten: () => {}, onFailure },
  )
  const execute = createExecution({ state, store, batches, snapshots, onExecuted: () => {}, onFailure })
  const services = createServices({ store, batches, latestSnapshot: () => snapshots.latest })
  return {
    state,
    store,
    batches,
    snapshots,
    failures,
    execute: entry => void execute(entry, false),
    answer: (protocol, bytes) =>
      protocol === 'transactions' || protocol === 'certificate' ? null : services[protocol](bytes),
  }
}

/** Executes what is given, then takes a snapshot there, certified by three members. */
export function executeAll(
  world: World,
  replica: Replica,
  entries: readonly CommittedEntry[],
  bodies: readonly Batch[],
): void {
  for (const body of bodies) replica.batches.holdCommitted(body)
  for (const entry of entries) replica.execute(entry)
  replica.snapshots.onCheckpoint(replica.state.sequence)
  replica.snapshots.onStable(certificateOf(replica.state.statement()))
  world.settle()
}

export type Responder = (protocol: RequestProtocol, bytes: Uint8Array) => Uint8Array | null

/** Members that answer, or lie, by their id; each answer takes a millisecond. */
export function createPeerNetwork(world: World, responders: ReadonlyMap<number, Responder>) {
  const asked: { readonly member: number; readonly protocol: RequestProtocol }[] = []
  const published: Uint8Array[] = []
  const network: PeerNetwork = {
    publish: (_, bytes) => void published.push(bytes),
    connectedMembers: (): readonly ReplicaId[] => [...responders.keys()].map(replicaId),
    request(to, protocol, bytes, _, done) {
      asked.push({ member: to, protocol })
      world.clock.after(1, () => {
        const answer = responders.get(to)?.(protocol, bytes) ?? null
        done(answer === null ? { ok: false, failure: 'refused' } : { ok: true, bytes: answer })
      })
    },
  }
  return { network, asked, published }
}

export const at = (n: number): Sequence => sequence(n)
