import { steadily } from '../lib/steady-time.ts'
import { membersHashOf } from '../membership/genesis.ts'
import { ReplicatedState } from '../membership/replicated-state.ts'
import type { Draft } from '../pbft/effect.ts'
import { quorum } from '../pbft/quorum.ts'
import { type Certificate, type Digest, type Proof, replicaId, type Sequence } from '../pbft/types.ts'
import type { Scope } from '../wire/scope.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import { EnvelopeVerifier } from '../wire/verify.ts'
import { Askers } from './asking.ts'
import { BatchFetcher } from './batch-fetcher.ts'
import { type BatchComponents, BatchStore } from './batches.ts'
import { Driver } from './driver.ts'
import { Due } from './due.ts'
import { createExecution, type Executed } from './execution.ts'
import { Inbox } from './inbox.ts'
import { Intake } from './intake.ts'
import type { RuntimeOptions, RuntimePorts } from './options.ts'
import { PrimaryMonitor } from './primary-monitor.ts'
import { Pruning } from './pruning.ts'
import { createServices, type Service } from './service.ts'
import type { SignedOutgoing } from './signing.ts'
import type { FetchedSnapshot } from './snapshot-transfer.ts'
import { Snapshots } from './snapshots.ts'
import { ThresholdPart } from './threshold-part.ts'
import { Transfer } from './transfer.ts'

/** The parts of one replica, put together. What one part tells another goes through the functions here, and nowhere else. */
export interface Parts {
  readonly scope: Scope
  readonly state: ReplicatedState
  readonly verifier: EnvelopeVerifier
  readonly askers: Askers
  readonly batches: BatchStore
  readonly fetcher: BatchFetcher
  readonly inbox: Inbox
  /** Null for an observer. */
  readonly intake: Intake | null
  readonly snapshots: Snapshots
  readonly pruning: Pruning
  readonly driver: Driver
  readonly transfer: Transfer
  readonly monitor: PrimaryMonitor
  readonly services: Record<'batch' | 'entries' | 'snapshot', Service>
  /** Null where the network has no key, and where this replica has no part in it. */
  readonly threshold: ThresholdPart | null
}

/** What the parts tell the replica that they are part of. */
export interface PartsOwner {
  /** Null: nothing may be said, because the disk was not read yet, or by an observer, or past the sign guard. */
  sign(drafts: readonly Draft[], relayed: readonly Proof[], view: number): SignedOutgoing | null
  onStable(certificate: Certificate): void
  /** The network's key signed something else than what was executed here. */
  onContradicted(certificate: ThresholdCertificate): void
  /** Lets go of batches that wait no longer. */
  settle(): void
  onSnapshotFetched(fetched: FetchedSnapshot): void
  onExecuted(executed: Executed): void
  onFailure(error: Error): void
}

/** There is one epoch: the members of the genesis file. */
export const EPOCH = 0
const RESPREAD_MS = 1_000
const BATCHES_PER_AUTHOR_MAX = 512
const BYTES_PER_AUTHOR_MAX = 67_108_864
const CHECKED_PER_PEER_MAX = 256
const STATUS_EVERY_MS = 50
/** A primary that is silent for so many statuses, and not connected, is held for gone. */
const SILENT_STATUSES = 2

interface Site {
  readonly options: RuntimeOptions
  readonly ports: RuntimePorts
  readonly owner: PartsOwner
}

export function assembleParts(options: RuntimeOptions, ports: RuntimePorts, owner: PartsOwner): Parts {
  const site: Site = { options, ports, owner }
  const { genesis, networkId, memberKeys, historySequences, snapshotIntervalSequences } = options
  const { application, checker, clock, store, network, logger, reader, curve } = ports
  const onFailure = (error: Error): void => owner.onFailure(error)
  const scope = { networkId, epoch: EPOCH, memberKeys }
  const verifier = new EnvelopeVerifier(scope, reader)
  const askers = new Askers(network)
  const membersHash = membersHashOf(memberKeys.map(key => ({ key })))
  const state = new ReplicatedState(application, genesis, membersHash, curve)
  const namedBatches = (): ReadonlySet<Digest> => driver.namedBatches()
  const due = new Due({
    isSettled: ({ id, transaction }) =>
      state.window.receipt(id) !== undefined ||
      state.window.admission(transaction, state.logTimeMs) === 'expired',
    isPrimary() {
      const { isPrimary, viewActive, mayVote } = driver.view()
      return isPrimary && viewActive && mayVote
    },
    logTimeMs: () => state.logTimeMs,
    nowMs: () => clock.nowMs(),
  })
  const batches: BatchStore = createBatches(site, scope, {
    systemRefusal: transaction => state.systemRefusal(transaction),
    due,
    namedBatches,
    onAvailable({ digest }) {
      fetcher.onAvailable(digest)
      driver.submit({ type: 'batch-available', digest })
    },
    onFound(digest) {
      fetcher.onAvailable(digest)
      driver.submit({ type: 'batch-found', digest })
    },
  })
  const fetcher = new BatchFetcher({ clock, askers, batches, namedBatches })
  const pruning = new Pruning({ historySequences }, { store, clock, namedBatches, onFailure })
  const snapshots = new Snapshots(
    { intervalSequences: snapshotIntervalSequences },
    {
      state,
      store,
      clock,
      logger,
      onWritten(at) {
        pruning.onSnapshot(at)
        threshold?.certificates.prune(at - historySequences + 1)
      },
      onFailure,
    },
  )
  const inbox = new Inbox(
    { self: options.self, checkedPerPeerMax: CHECKED_PER_PEER_MAX, statusEveryMs: STATUS_EVERY_MS },
    { verifier, checker, clock, onMessage: message => driver.submit({ type: 'message', message }) },
  )
  const intake = createIntake(site, { scope, state, batches })
  const fetch = {
    batch: (digest: Digest): void => {
      if (!batches.find(digest)) fetcher.fetch(digest)
    },
    state: (target: Sequence): void => transfer.fetch(target),
  }
  const driver: Driver = createDriver(site, { state, batches, snapshots, inbox, intake, fetch })
  const transfer: Transfer = new Transfer({
    scope,
    application,
    checker,
    clock,
    store,
    askers,
    batches,
    logger,
    onEntry: entry => driver.submit({ type: 'entry-fetched', entry }),
    onSnapshot: fetched => owner.onSnapshotFetched(fetched),
    executed: () => state.sequence,
    onFailure,
  })
  const monitor = createMonitor(site, { driver, inbox })
  const threshold = createThreshold(site, { scope, state, batches, askers, intake, driver, inbox })
  const services = createServices({ store, batches, latestSnapshot: () => snapshots.latest })
  return {
    scope,
    state,
    verifier,
    askers,
    batches,
    fetcher,
    inbox,
    intake,
    snapshots,
    pruning,
    driver,
    transfer,
    monitor,
    services,
    threshold,
  }
}

function createThreshold(
  { options, ports, owner }: Site,
  parts: Pick<Parts, 'scope' | 'state' | 'batches' | 'askers' | 'intake' | 'driver' | 'inbox'>,
): ThresholdPart | null {
  if (options.genesis.threshold === undefined || ports.threshold === undefined) return null
  const { driver, inbox, ...others } = parts
  return new ThresholdPart(options, ports, {
    ...others,
    replica: () => driver.view(),
    membersThere: () => membersThere(options, ports, inbox),
    onBusy: busy => driver.submit({ type: 'certifier', busy }),
    onContradicted: certificate => owner.onContradicted(certificate),
    onFailure: error => owner.onFailure(error),
  })
}

/** Other members that are connected, or were heard by others lately. */
function membersThere(
  { memberKeys, self, replica }: RuntimeOptions,
  ports: RuntimePorts,
  inbox: Inbox,
): number {
  const connected = new Set(ports.network.connectedMembers())
  const sinceMs = ports.clock.nowMs() - SILENT_STATUSES * replica.statusMs
  const others = memberKeys.map((_, id) => replicaId(id)).filter(id => id !== self)
  return others.filter(id => connected.has(id) || (inbox.heard(id)?.atMs ?? 0) > sinceMs).length
}

function createBatches(
  { options, ports, owner }: Site,
  scope: Scope,
  told: Omit<BatchComponents, 'application' | 'checker' | 'clock' | 'store' | 'publish' | 'onFailure'>,
): BatchStore {
  const { application, checker, clock, store, network } = ports
  return new BatchStore(
    {
      scope,
      limits: options.genesis.protocol,
      self: options.self,
      batchesPerAuthorMax: BATCHES_PER_AUTHOR_MAX,
      bytesPerAuthorMax: BYTES_PER_AUTHOR_MAX,
      respreadMs: RESPREAD_MS,
    },
    {
      application,
      checker,
      clock: steadily(clock),
      store,
      publish: bytes => network.publish('batch', bytes),
      ...told,
      onFailure: error => owner.onFailure(error),
    },
  )
}

function createIntake(
  { options, ports }: Site,
  parts: Pick<Parts, 'scope' | 'state' | 'batches'>,
): Intake | null {
  const { genesis, self, batchDelayMs, pendingTransactionsMax, pendingBytesMax } = options
  const { application, checker, clock, signer, network } = ports
  if (self === null || signer === null) return null
  const { operationBytesMax, batchTransactionsMax, batchBytesMax } = genesis.protocol
  const { scope, state, batches } = parts
  return new Intake(
    {
      scope,
      self,
      operationBytesMax,
      batchTransactionsMax: Math.min(batchTransactionsMax, options.batchTransactionsMax),
      batchBytesMax: Math.min(batchBytesMax, options.batchBytesMax),
      batchDelayMs,
      pendingTransactionsMax,
      pendingBytesMax,
    },
    {
      application,
      state,
      checker,
      signer,
      clock,
      batches,
      publish: bytes => network.publish('batch', bytes),
    },
  )
}

function createDriver(
  { options, ports, owner }: Site,
  parts: Pick<Parts, 'state' | 'batches' | 'snapshots' | 'inbox' | 'intake'> & {
    readonly fetch: { batch(digest: Digest): void; state(target: Sequence): void }
  },
): Driver {
  const { clock, store, logger, network, onView, onSuspect, recorder } = ports
  const { state, batches, snapshots, inbox, intake, fetch } = parts
  const { checkpointInterval, logWindow } = options.genesis.protocol
  const known = {
    epoch: EPOCH,
    n: options.memberKeys.length,
    self: options.self,
    checkpointInterval,
    logWindow,
  }
  const onFailure = (error: Error): void => owner.onFailure(error)
  const execute = createExecution({
    state,
    store,
    batches,
    snapshots,
    onExecuted(executed) {
      for (const batch of executed.batches) intake?.onExecuted(batch)
      owner.onExecuted(executed)
    },
    onFailure,
  })
  return new Driver(
    { ...options.replica, ...known },
    {
      clock,
      store,
      logger,
      outgoing: { sign: (drafts, relayed, view) => owner.sign(drafts, relayed, view) },
      publish: bytes => network.publish('consensus', bytes),
      isQuorumHeard: () => inbox.membersHeard + 1 >= quorum(known.n),
      beforeAccusing: () => owner.settle(),
      execute,
      fetchBatch: fetch.batch,
      fetchState: (_executed, target) => fetch.state(target),
      onStable: certificate => owner.onStable(certificate),
      onSuspect,
      onView,
      onFailure,
      recorder,
    },
  )
}

function createMonitor(
  { options, ports }: Site,
  { driver, inbox }: Pick<Parts, 'driver' | 'inbox'>,
): PrimaryMonitor {
  const { self, memberKeys, replica } = options
  const { clock, network } = ports
  return new PrimaryMonitor(
    { n: memberKeys.length, self, silenceMaxMs: SILENT_STATUSES * replica.statusMs },
    {
      clock,
      replica: () => driver.view(),
      isConnected: member => network.connectedMembers().includes(member),
      lastHeardMs: member => inbox.heard(member)?.atMs,
      onUnsatisfactory: view => driver.submit({ type: 'primary-unsatisfactory', view }),
    },
  )
}
