import type { Application, Transaction } from '../application/contract.ts'
import type { Logger } from '../lib/logger.ts'
import { type Genesis, membersHashOf } from '../membership/genesis.ts'
import { ReplicatedState } from '../membership/replicated-state.ts'
import type { ReplicaConfig } from '../pbft/config.ts'
import type { ReplicaView } from '../pbft/replica.ts'
import type { Certificate, Proof, ReplicaId, Sequence } from '../pbft/types.ts'
import { encodeCertificate } from '../wire/convert.ts'
import { WireCertificate } from '../wire/pb/messages.ts'
import type { Scope } from '../wire/scope.ts'
import { EnvelopeVerifier } from '../wire/verify.ts'
import { Askers } from './asking.ts'
import { BatchFetcher } from './batch-fetcher.ts'
import { BatchStore } from './batches.ts'
import { Driver } from './driver.ts'
import { createExecution, type Executed } from './execution.ts'
import { acceptForwarded, forwardTo } from './forwarding.ts'
import { type Heard, Inbox } from './inbox.ts'
import { Intake, type IntakeOutcome } from './intake.ts'
import { below, keys } from './keys.ts'
import { installSnapshot, type Loaded, load } from './load.ts'
import type {
  Clock,
  PeerHandlers,
  PeerName,
  PeerNetwork,
  RequestProtocol,
  SignatureChecker,
  Signer,
  StorageError,
  Store,
  StoreOperation,
  Topic,
  Verdict,
} from './ports.ts'
import { PrimaryMonitor } from './primary-monitor.ts'
import { Pruning } from './pruning.ts'
import { createServices, type Service } from './service.ts'
import { SignGuard } from './sign-guard.ts'
import { createOutgoing, type Outgoing } from './signing.ts'
import type { FetchedSnapshot } from './snapshot-transfer.ts'
import { Snapshots } from './snapshots.ts'
import { Transfer } from './transfer.ts'

/**
 * One replica, complete but for the world: core, driver, bodies, execution, transfer, bound to the ports. The node gives it libp2p and
 * LevelDB, the simulator an event heap; nothing in here can tell.
 */
export interface RuntimeOptions {
  readonly genesis: Genesis
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** By replica id. */
  readonly memberKeys: readonly Uint8Array[]
  /** Null for an observer. */
  readonly self: ReplicaId | null
  /** See `LoadOptions.firstStart`. */
  readonly firstStart: boolean
  readonly replica: Omit<ReplicaConfig, 'epoch' | 'n' | 'self' | 'checkpointInterval' | 'logWindow'>
  readonly batchTransactionsMax: number
  readonly batchBytesMax: number
  readonly batchDelayMs: number
  readonly pendingTransactionsMax: number
  readonly pendingBytesMax: number
  readonly historySequences: number
  readonly snapshotIntervalSequences: number
}

export interface RuntimePorts {
  readonly application: Application
  readonly clock: Clock
  readonly store: Store
  readonly network: PeerNetwork
  readonly checker: SignatureChecker
  /** Null for an observer. */
  readonly signer: Signer | null
  readonly logger: Logger
  onExecuted(executed: Executed): void
  /** The state jumped over sequences that were not executed here. */
  onInstalled(certificate: Certificate): void
  onSuspect(replica: ReplicaId, evidence: readonly [Proof, Proof]): void
  onView(view: number, active: boolean): void
  /** The replica stopped itself. */
  onFailure(error: Error): void
}

const SWEEP_MS = 250
const RESPREAD_MS = 1_000
const BATCHES_PER_AUTHOR_MAX = 512
const BYTES_PER_AUTHOR_MAX = 67_108_864
const ENVELOPES_PER_SENDER_MAX = 256
const STATUS_EVERY_MS = 50
const EPOCH = 0
/** Records deleted one by one; when more are obsolete their range is cleared, which costs time. */
const OBSOLETE_RECORDS_MAX = 1_024

export class ReplicaRuntime implements PeerHandlers {
  readonly state: ReplicatedState
  readonly #options: RuntimeOptions
  readonly #ports: RuntimePorts
  readonly #scope: Scope
  readonly #verifier: EnvelopeVerifier
  readonly #driver: Driver
  readonly #batches: BatchStore
  readonly #fetcher: BatchFetcher
  readonly #inbox: Inbox
  readonly #intake: Intake | null
  readonly #snapshots: Snapshots
  readonly #pruning: Pruning
  readonly #transfer: Transfer
  readonly #monitor: PrimaryMonitor
  readonly #services: Record<'batch' | 'entries' | 'snapshot', Service>
  readonly #askers: Askers
  #outgoing: Outgoing | null = null
  #stable: Certificate | null = null
  #cancelSweep: (() => void) | null = null
  #begun = false
  #stopped = false

  constructor(options: RuntimeOptions, ports: RuntimePorts) {
    const { genesis, networkId, memberKeys, self } = options
    const { application, clock, store, network, checker, logger } = ports
    const onFailure = (error: Error): void => this.#fail(error)
    const publish = (bytes: Uint8Array): void => network.publish('batch', bytes)
    this.#options = options
    this.#ports = ports
    this.#scope = { networkId, epoch: EPOCH, memberKeys }
    this.#verifier = new EnvelopeVerifier(this.#scope)
    this.#askers = new Askers(network)
    this.state = new ReplicatedState(application, genesis, membersHashOf(memberKeys.map(key => ({ key }))))
    this.#batches = new BatchStore(
      {
        scope: this.#scope,
        limits: genesis.protocol,
        self,
        batchesPerAuthorMax: BATCHES_PER_AUTHOR_MAX,
        bytesPerAuthorMax: BYTES_PER_AUTHOR_MAX,
        respreadMs: RESPREAD_MS,
      },
      {
        application,
        checker,
        clock,
        store,
        publish,
        onAvailable: batch => {
          this.#fetcher.onAvailable(batch.digest)
          this.#driver.submit({ type: 'batch-available', digest: batch.digest })
        },
        onFailure,
      },
    )
    this.#fetcher = new BatchFetcher({ clock, askers: this.#askers, batches: this.#batches })
    this.#intake = this.#createIntake()
    this.#pruning = new Pruning({ historySequences: options.historySequences }, { store, clock, onFailure })
    this.#snapshots = new Snapshots(
      { intervalSequences: options.snapshotIntervalSequences },
      { state: this.state, store, clock, logger, onWritten: at => this.#pruning.onSnapshot(at), onFailure },
    )
    this.#inbox = new Inbox(
      { self, envelopesPerSenderMax: ENVELOPES_PER_SENDER_MAX, statusEveryMs: STATUS_EVERY_MS },
      {
        verifier: this.#verifier,
        checker,
        clock,
        onMessage: message => this.#driver.submit({ type: 'message', message }),
      },
    )
    this.#driver = this.#createDriver()
    this.#transfer = this.#createTransfer()
    this.#monitor = this.#createMonitor()
    const latestSnapshot = (): Sequence => this.#snapshots.latest
    this.#services = createServices({ store, batches: this.#batches, latestSnapshot })
  }

  #createIntake(): Intake | null {
    const { genesis, self } = this.#options
    const { application, checker, clock, signer, network } = this.#ports
    if (self === null || signer === null) return null
    const { operationBytesMax, batchTransactionsMax, batchBytesMax } = genesis.protocol
    return new Intake(
      {
        scope: this.#scope,
        self,
        operationBytesMax,
        batchTransactionsMax: Math.min(batchTransactionsMax, this.#options.batchTransactionsMax),
        batchBytesMax: Math.min(batchBytesMax, this.#options.batchBytesMax),
        batchDelayMs: this.#options.batchDelayMs,
        pendingTransactionsMax: this.#options.pendingTransactionsMax,
        pendingBytesMax: this.#options.pendingBytesMax,
      },
      {
        application,
        state: this.state,
        checker,
        signer,
        clock,
        batches: this.#batches,
        publish: bytes => network.publish('batch', bytes),
      },
    )
  }

  #createDriver(): Driver {
    const { genesis, self, memberKeys } = this.#options
    const { clock, store, logger, network, onView, onSuspect } = this.#ports
    const { checkpointInterval, logWindow } = genesis.protocol
    const config = {
      ...this.#options.replica,
      epoch: EPOCH,
      n: memberKeys.length,
      self,
      checkpointInterval,
      logWindow,
    }
    const execute = createExecution({
      state: this.state,
      store,
      batches: this.#batches,
      snapshots: this.#snapshots,
      onExecuted: executed => this.#onExecuted(executed),
      onFailure: error => this.#fail(error),
    })
    return new Driver(config, {
      clock,
      store,
      logger,
      outgoing: { sign: (drafts, relayed) => this.#outgoing?.sign(drafts, relayed) ?? null, prune: () => [] },
      publish: bytes => network.publish('consensus', bytes),
      execute,
      fetchBatch: digest => this.#fetchBatch(digest),
      fetchState: (_executed, target) => this.#transfer.fetch(target),
      onStable: certificate => this.#onStable(certificate),
      onSuspect,
      onView,
      onFailure: error => this.#fail(error),
    })
  }

  #createTransfer(): Transfer {
    const { application, checker, clock, store, logger } = this.#ports
    return new Transfer({
      scope: this.#scope,
      application,
      checker,
      clock,
      store,
      askers: this.#askers,
      batches: this.#batches,
      logger,
      onEntry: entry => this.#driver.submit({ type: 'entry-fetched', entry }),
      onSnapshot: fetched => this.#onSnapshot(fetched),
      executed: () => this.state.sequence,
      onFailure: error => this.#fail(error),
    })
  }

  #createMonitor(): PrimaryMonitor {
    const { self, memberKeys, replica } = this.#options
    const { clock, network } = this.#ports
    return new PrimaryMonitor(
      { n: memberKeys.length, self, silenceMaxMs: 2 * replica.statusMs },
      {
        clock,
        replica: () => this.#driver.view(),
        isConnected: member => network.connectedMembers().includes(member),
        lastHeardMs: member => this.#inbox.heard(member)?.atMs,
        onUnsatisfactory: view => this.#driver.submit({ type: 'primary-unsatisfactory', view }),
      },
    )
  }

  /** Reads the disk, and restores the state from it. @throws StorageError DAMAGED */
  async prepare(): Promise<Loaded> {
    const { genesis, firstStart } = this.#options
    const { store, clock } = this.#ports
    const { checkpointInterval } = genesis.protocol
    const loaded = await load(
      { scope: this.#scope, limits: genesis.protocol, checkpointInterval, firstStart },
      { store, state: this.state, verifier: this.#verifier, nowMs: () => clock.nowMs() },
    )
    await this.#markUsed(loaded.records.amnesia)
    return loaded
  }

  /** From here on the replica hears and speaks. @param loaded what `prepare` found */
  begin(loaded: Loaded): void {
    this.#begun = true
    this.#stable = loaded.records.stable
    for (const at of loaded.snapshots) this.#snapshots.adopt(at)
    this.#outgoing = this.#createOutgoing(loaded)
    this.#driver.submit({ type: 'recovered', records: loaded.records })
    for (const bytes of loaded.heldBatches) {
      const batch = this.#batches.restore(bytes)
      if ('rejected' in batch) continue
      this.#intake?.restore(batch)
      this.#driver.submit({ type: 'batch-available', digest: batch.digest })
    }
    this.#monitor.start()
    this.#sweep()
  }

  #createOutgoing({ records, ownEnvelopes }: Loaded): Outgoing | null {
    const { self } = this.#options
    const { clock, signer, logger } = this.#ports
    if (self === null || signer === null) return null
    const guard = new SignGuard()
    guard.prune(records.stable?.statement.sequence ?? (0 as Sequence))
    for (const message of records.own) guard.remember(message)
    guard.leave(records.view)
    return createOutgoing(
      { self, scope: this.#scope, guard, kept: ownEnvelopes },
      { clock, signer, verifier: this.#verifier, logger },
    )
  }

  /** From now on an empty directory with this key means that something was lost. */
  #markUsed(amnesia: boolean): Promise<void> {
    const operations: StoreOperation[] = [{ type: 'put', key: keys.identity, value: this.#options.networkId }]
    if (amnesia) operations.push({ type: 'put', key: keys.amnesia, value: new Uint8Array(0) })
    return new Promise((resolve, reject) => {
      this.#ports.store.write(operations, { sync: true }, error =>
        error === null ? resolve() : reject(error),
      )
    })
  }

  stop(): void {
    this.#stopped = true
    this.#intake?.stop()
    this.#monitor.stop()
    this.#fetcher.stop()
    this.#transfer.stop()
    this.#driver.stop()
    this.#cancelSweep?.()
  }

  /** @param done one outcome for each transaction, in order */
  submit(transactions: readonly Transaction[], done: (outcomes: readonly IntakeOutcome[]) => void): void {
    if (this.#intake !== null) return this.#intake.submit(transactions, done)
    forwardTo({ scope: this.#scope, askers: this.#askers, state: this.state }, transactions, done)
  }

  replica(): ReplicaView {
    return this.#driver.view()
  }

  /** The latest stable checkpoint's certificate. */
  get stable(): Certificate | null {
    return this.#stable
  }

  get pendingTransactions(): number {
    return this.#intake?.pendingTransactions ?? 0
  }

  get pendingBatches(): number {
    return this.#batches.size
  }

  get isTransferring(): boolean {
    return this.#transfer.isRunning
  }

  isPending(id: string): boolean {
    return this.#intake?.isPending(id) ?? false
  }

  heard(member: ReplicaId): Heard | undefined {
    return this.#inbox.heard(member)
  }

  onGossip(topic: Topic, bytes: Uint8Array, _from: PeerName, verdict: (verdict: Verdict) => void): void {
    if (this.#stopped || !this.#begun) return verdict('ignore')
    if (topic === 'batch') this.#batches.onGossip(bytes, verdict)
    else this.#inbox.onGossip(bytes, verdict)
  }

  onRequest(
    protocol: RequestProtocol,
    bytes: Uint8Array,
    _from: PeerName,
    respond: (answer: Uint8Array | null) => void,
  ): void {
    if (this.#stopped || !this.#begun) return respond(null)
    if (protocol !== 'transactions') return respond(this.#services[protocol](bytes))
    if (this.#intake === null) return respond(null)
    acceptForwarded(this.#intake, this.#options.genesis.protocol.operationBytesMax, bytes, respond)
  }

  onMemberConnected(): void {}

  onMemberDisconnected(): void {}

  #fetchBatch(digest: Parameters<BatchFetcher['fetch']>[0]): void {
    const bytes = this.#batches.stored(digest)
    if (bytes === undefined) return this.#fetcher.fetch(digest)
    const batch = this.#batches.decodeAll([bytes]).get(digest)
    if (batch !== undefined) this.#batches.hold(batch)
  }

  #onExecuted(executed: Executed): void {
    for (const batch of executed.batches) this.#intake?.onExecuted(batch)
    this.#ports.onExecuted(executed)
  }

  #onStable(certificate: Certificate): void {
    const { store } = this.#ports
    const at = certificate.statement.sequence
    const before = this.#stable?.statement.sequence ?? 0
    this.#stable = certificate
    const stable = WireCertificate.encode(encodeCertificate(certificate))
    const operations: StoreOperation[] = [
      { type: 'put', key: keys.stable, value: stable },
      ...(this.#outgoing?.prune(at, this.#driver.view().view) ?? []),
      ...obsoleteRecords(before, at),
    ]
    const failed = (error: StorageError | null): void => {
      if (error !== null) this.#fail(error)
    }
    store.write(operations, { sync: false }, failed)
    if (at - before > OBSOLETE_RECORDS_MAX) {
      store.clear(below('consensus/accepted/', at + 1), failed)
      store.clear(below('consensus/prepared/', at + 1), failed)
    }
    this.#snapshots.onStable(certificate)
  }

  #onSnapshot(fetched: FetchedSnapshot): void {
    const { store, onInstalled } = this.#ports
    const { certificate } = fetched
    const { system, applicationChunks } = fetched
    try {
      installSnapshot(store, this.state, certificate, {
        ...system,
        applicationChunks,
        windowChunks: fetched.windowChunks,
      })
    } catch (error) {
      return this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
    this.#snapshots.adopt(certificate.statement.sequence)
    this.#driver.submit({ type: 'state-installed', certificate })
    onInstalled(certificate)
  }

  #sweep(): void {
    this.#cancelSweep = this.#ports.clock.after(SWEEP_MS, () => {
      this.#batches.sweep()
      this.#sweep()
    })
  }

  #fail(error: Error): void {
    if (this.#stopped) return
    this.stop()
    this.#ports.onFailure(error)
  }
}

/** Consensus records of the sequences that a new stable checkpoint covers. */
function obsoleteRecords(before: number, at: number): readonly StoreOperation[] {
  const operations: StoreOperation[] = []
  for (let n = Math.max(before, at - OBSOLETE_RECORDS_MAX) + 1; n <= at; n++) {
    operations.push({ type: 'delete', key: keys.accepted(n) }, { type: 'delete', key: keys.prepared(n) })
  }
  return operations
}
