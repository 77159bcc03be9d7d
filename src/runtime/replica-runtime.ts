import type { Transaction } from '../application/contract.ts'
import { joinSizes, type Sizes } from '../lib/sizes.ts'
import { errorOf } from '../lib/thrown.ts'
import type { KeyState } from '../membership/key-state.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import { ConflictError, otherStateCertified, otherStateSigned } from '../pbft/conflict.ts'
import type { ReplicaView } from '../pbft/replica.ts'
import { type Certificate, type Digest, type ReplicaId, sequence } from '../pbft/types.ts'
import { encodeCertificate } from '../wire/convert.ts'
import { WireCertificate } from '../wire/pb/messages.ts'
import { type KnownCertificates, NO_CERTIFICATES } from './certificates.ts'
import { refuseConflict, writeConflict } from './conflict-record.ts'
import { below, diskNames } from './disk-names.ts'
import { type Executed, historyAfter } from './execution.ts'
import { acceptForwarded, forwardTo } from './forwarding.ts'
import type { Heard } from './inbox.ts'
import type { IntakeOutcome } from './intake.ts'
import { type CeremonyProgress, progressOf } from './key-duties.ts'
import { installSnapshot, type Loaded, load } from './load.ts'
import type { RuntimeOptions, RuntimePorts } from './options.ts'
import { assembleParts, type Parts, type PartsOwner } from './parts.ts'
import type {
  PeerHandlers,
  PeerName,
  RequestProtocol,
  StorageError,
  StoreOperation,
  Topic,
  Verdict,
} from './ports.ts'
import { SignGuard } from './sign-guard.ts'
import { createOutgoing, type Outgoing } from './signing.ts'
import type { FetchedSnapshot } from './snapshot-transfer.ts'

const SWEEP_MS = 250
/** Records deleted one by one; when more are obsolete their range is cleared, which costs time. */
const OBSOLETE_RECORDS_MAX = 1_024

/**
 * One replica, complete but for the world: core, driver, bodies, execution, transfer, bound to the ports. The node gives it libp2p
 * and LevelDB, the simulator an event heap; nothing in here can tell.
 */
export class ReplicaRuntime implements PeerHandlers {
  readonly #options: RuntimeOptions
  readonly #ports: RuntimePorts
  readonly #parts: Parts
  #outgoing: Outgoing | null = null
  #stable: Certificate | null = null
  #cancelSweep: (() => void) | null = null
  #begun = false
  #stopped = false

  constructor(options: RuntimeOptions, ports: RuntimePorts) {
    this.#options = options
    this.#ports = ports
    this.#parts = assembleParts(options, ports, this.#owner())
  }

  #owner(): PartsOwner {
    return {
      sign: (drafts, relayed, view) => this.#outgoing?.sign(drafts, relayed, view) ?? null,
      settle: () => this.#settle(),
      onStable: certificate => this.#onStable(certificate),
      onContradicted: signed => this.#fail(otherStateSigned(signed, this.#stable)),
      onSnapshotFetched: fetched => this.#onSnapshotFetched(fetched),
      onExecuted: executed => this.#onExecuted(executed),
      onFailure: error => this.#fail(error),
    }
  }

  /** Reads the disk, and restores the state from it. @throws StorageError DAMAGED, ConflictError */
  async prepare(): Promise<Loaded> {
    const { genesis, firstStart, startNumber } = this.#options
    const { store, clock } = this.#ports
    const { scope, state, threshold, verifier } = this.#parts
    const { checkpointInterval } = genesis.protocol
    refuseConflict(store)
    const loaded = await load(
      { scope, limits: genesis.protocol, checkpointInterval, firstStart, startNumber },
      {
        store,
        state,
        verifier,
        nowMs: () => clock.nowMs(),
        onExecutedAgain: () => threshold?.onExecutedAgain(),
      },
    )
    await threshold?.load()
    await this.#markUsed(loaded.records.amnesia)
    return loaded
  }

  /** From here on the replica hears and speaks. @param loaded what `prepare` found */
  begin(loaded: Loaded): void {
    const { batches, driver, intake, monitor, snapshots, threshold } = this.#parts
    this.#begun = true
    this.#stable = loaded.records.stable
    for (const at of loaded.snapshots) snapshots.adopt(at)
    snapshots.clearUnfinished()
    this.#outgoing = this.#createOutgoing(loaded)
    for (const bytes of loaded.heldBatches) batches.restore(bytes)
    driver.submit({ type: 'recovered', records: loaded.records })
    this.#settle()
    const early = new Set(batches.tooEarly())
    const waiting = [...batches.waiting()]
    // What others spread too early may wait for years, and must not keep our own clients out until then.
    for (const batch of waiting)
      if (!early.has(batch) || batch.author === this.#options.self) intake?.restore(batch)
    for (const batch of waiting)
      if (!early.has(batch)) driver.submit({ type: 'batch-available', digest: batch.digest })
    monitor.start()
    threshold?.begin(loaded.records.stable)
    this.#sweep()
  }

  #createOutgoing({ records, ownEnvelopes }: Loaded): Outgoing | null {
    const { self } = this.#options
    const { clock, signer, logger } = this.#ports
    const { scope, verifier } = this.#parts
    if (self === null || signer === null) return null
    const guard = new SignGuard()
    guard.prune(records.stable?.statement.sequence ?? sequence(0))
    for (const message of records.own) guard.remember(message)
    guard.leave(records.view)
    return createOutgoing({ self, scope, guard, kept: ownEnvelopes }, { clock, signer, verifier, logger })
  }

  /** From now on an empty directory with this key means that something was lost. */
  #markUsed(amnesia: boolean): Promise<void> {
    const operations: StoreOperation[] = [
      { type: 'put', key: diskNames.identity, value: this.#options.networkId },
    ]
    if (amnesia) operations.push({ type: 'put', key: diskNames.amnesia, value: new Uint8Array(0) })
    return new Promise((resolve, reject) => {
      this.#ports.store.write(operations, { sync: true }, error =>
        error === null ? resolve() : reject(error),
      )
    })
  }

  stop(): void {
    const { driver, fetcher, intake, monitor, threshold, transfer } = this.#parts
    this.#stopped = true
    threshold?.stop()
    intake?.stop()
    monitor.stop()
    fetcher.stop()
    transfer.stop()
    driver.stop()
    this.#cancelSweep?.()
  }

  /** @param done one outcome for each transaction, in order */
  submit(transactions: readonly Transaction[], done: (outcomes: readonly IntakeOutcome[]) => void): void {
    const { askers, intake, scope, state } = this.#parts
    if (intake !== null) intake.submit(transactions, done)
    else forwardTo({ scope, askers, state }, transactions, done)
  }

  get state(): ReplicatedState {
    return this.#parts.state
  }

  replica(): ReplicaView {
    return this.#parts.driver.view()
  }

  /** The latest stable checkpoint's certificate. */
  get stable(): Certificate | null {
    return this.#stable
  }

  /** The network's keys, after the last executed sequence. */
  get keys(): KeyState {
    return this.#parts.state.keys
  }

  /** Checkpoints that the network's key signed. */
  get certificates(): KnownCertificates {
    return this.#parts.threshold?.certificates ?? NO_CERTIFICATES
  }

  /** Null: no ceremony is running. */
  missingInCeremony(): CeremonyProgress | null {
    return progressOf(this.#parts.state.keys)
  }

  /**
   * Orders something about the network's keys in this member's name.
   * @param done answers as for a transaction; null: this replica has no part in the keys
   */
  orderForKeys(operation: SystemOperation, done: (outcome: IntakeOutcome | null) => void): void {
    const { threshold } = this.#parts
    if (threshold?.order(operation, done) !== true) done(null)
  }

  get pendingTransactions(): number {
    return this.#parts.intake?.pendingTransactions ?? 0
  }

  get pendingBatches(): number {
    return this.#parts.batches.size
  }

  /** Those among them that are due. */
  get owedBatches(): number {
    return this.#parts.batches.owed
  }

  /** Of both, what nobody owes a place: it is too early, or settled, and kept for a proposal of a view that was left. */
  get notOwed(): { readonly batches: number; readonly transactions: number } {
    const { batches, driver, intake } = this.#parts
    const held = [...batches.tooEarly(), ...(driver.view().viewActive ? [] : batches.kept())]
    return { batches: held.length, transactions: intake?.pendingIn(held) ?? 0 }
  }

  get isTransferring(): boolean {
    return this.#parts.transfer.isRunning
  }

  isAccepted(id: string): boolean {
    return this.#parts.intake?.isAccepted(id) ?? false
  }

  /** How much is kept of what, in all parts. */
  sizes(): Sizes {
    const { batches, driver, fetcher, inbox, intake, snapshots, state, threshold, verifier } = this.#parts
    return {
      ...driver.sizes(),
      ...joinSizes({
        batches: batches.sizes(),
        fetcher: fetcher.sizes(),
        inbox: inbox.sizes(),
        intake: intake?.sizes() ?? {},
        outgoing: this.#outgoing?.sizes() ?? {},
        snapshots: snapshots.sizes(),
        threshold: threshold?.sizes() ?? {},
        verifier: { remembered: verifier.remembered },
        window: { receipts: state.window.size },
      }),
    }
  }

  heard(member: ReplicaId): Heard | undefined {
    return this.#parts.inbox.heard(member)
  }

  onGossip(topic: Topic, bytes: Uint8Array, from: PeerName, verdict: (verdict: Verdict) => void): void {
    if (this.#stopped || !this.#begun) return verdict('ignore')
    if (topic === 'certificate') this.#onPartial(bytes, from, verdict)
    else if (topic === 'batch') this.#parts.batches.onGossip(bytes, verdict)
    else this.#parts.inbox.onGossip(bytes, from, verdict)
  }

  onRequest(
    protocol: RequestProtocol,
    bytes: Uint8Array,
    _from: PeerName,
    respond: (answer: Uint8Array | null) => void,
  ): void {
    const { intake, services, threshold } = this.#parts
    if (this.#stopped || !this.#begun) return respond(null)
    if (protocol === 'certificate') return respond(threshold?.certificates.serve(bytes) ?? null)
    if (protocol !== 'transactions') return respond(services[protocol](bytes))
    if (intake === null) return respond(null)
    acceptForwarded(intake, this.#options.genesis.protocol.operationBytesMax, bytes, respond)
  }

  #onPartial(bytes: Uint8Array, from: PeerName, verdict: (verdict: Verdict) => void): void {
    const { threshold } = this.#parts
    if (threshold !== null) return threshold.onGossip(bytes, from, verdict)
    // Any relay knows whether the network has a shared key.
    verdict(this.#options.genesis.threshold === undefined ? 'reject' : 'ignore')
  }

  onMemberConnected(): void {}

  onMemberDisconnected(): void {}

  /** A certificate may be here before what it certifies is executed. @throws ConflictError */
  #onExecuted(executed: Executed): void {
    const { sequence: at, historyDigest } = executed.outcome.segment
    this.#ports.onExecuted(executed)
    this.#onKeys(executed)
    const stable = this.#stable
    if (stable?.statement.sequence === at && stable.statement.historyDigest !== historyDigest)
      throw otherStateCertified(stable, null)
  }

  #onKeys({ entry: { proposal } }: Executed): void {
    const { checkpointInterval } = this.#options.genesis.protocol
    const isCheckpoint = proposal.certify || proposal.sequence % checkpointInterval === 0
    this.#parts.threshold?.onExecuted(proposal.sequence, isCheckpoint)
  }

  #onStable(certificate: Certificate): void {
    const { store } = this.#ports
    const at = certificate.statement.sequence
    const before = this.#stable?.statement.sequence ?? 0
    const own = historyAfter(store, this.#parts.state, at)
    if (own !== null && own !== certificate.statement.historyDigest)
      throw otherStateCertified(certificate, this.#stable)
    this.#stable = certificate
    const stable = WireCertificate.encode(encodeCertificate(certificate))
    const failed = (error: StorageError | null): void => {
      if (error !== null) this.#fail(error)
    }
    const operations: StoreOperation[] = [
      { type: 'put', key: diskNames.stable, value: stable },
      // A view whose record is on its way may be forgotten in a crash, and with it what must not be said again in the one before.
      ...(this.#outgoing?.prune(at, this.#parts.driver.viewOnDisk) ?? []),
      ...obsoleteRecords(before, at),
    ]
    store.write(operations, { sync: false }, failed)
    if (at - before > OBSOLETE_RECORDS_MAX) {
      store.clear(below('consensus/accepted/', at + 1), failed)
      store.clear(below('consensus/prepared/', at + 1), failed)
    }
    this.#parts.snapshots.onStable(certificate)
    this.#parts.threshold?.onStable(certificate)
  }

  #onSnapshotFetched(fetched: FetchedSnapshot): void {
    const { driver } = this.#parts
    driver.whenIdle(() => this.#install(fetched))
  }

  #install({ certificate, system, applicationChunks, windowChunks, keyParts }: FetchedSnapshot): void {
    const { store, onInstalled } = this.#ports
    const { batches, driver, snapshots, state } = this.#parts
    if (certificate.statement.sequence <= state.sequence) return
    const { logTimeMs } = state
    try {
      installSnapshot(store, state, certificate, { ...system, applicationChunks, windowChunks, keyParts })
    } catch (error) {
      return this.#fail(errorOf(error))
    }
    snapshots.onInstalled(certificate.statement.sequence)
    const obsoleteBatches = [...this.#settleBatches(), ...batches.putOffDoubtful(logTimeMs)]
    driver.submit({ type: 'state-installed', certificate, obsoleteBatches })
    this.#parts.threshold?.onInstalled()
    onInstalled(certificate)
  }

  /** @returns batches that are waited for no longer: the state contains them, or made them impossible, or they are too early */
  #settleBatches(): readonly Digest[] {
    const { batches, intake } = this.#parts
    const settled = batches.settle()
    for (const batch of settled) intake?.onExecuted(batch)
    return [...settled.map(({ digest }) => digest), ...batches.putOffEarly()]
  }

  #settle(): void {
    const { driver } = this.#parts
    for (const digest of this.#settleBatches()) driver.submit({ type: 'batch-settled', digest })
  }

  #sweep(): void {
    this.#cancelSweep = this.#ports.clock.after(SWEEP_MS, () => {
      // Between events: a proposal that waits behind others may name what would be let go.
      if (this.#parts.batches.isOverdue()) this.#parts.driver.whenIdle(() => this.#settle())
      this.#parts.batches.tellDue()
      // Said to nobody, it would only count as said.
      if (this.#ports.network.connectedMembers().length > 0) this.#parts.batches.sweep()
      this.#sweep()
    })
  }

  #fail(error: Error): void {
    if (this.#stopped) return
    this.stop()
    if (!(error instanceof ConflictError)) return this.#ports.onFailure(error)
    writeConflict(this.#ports.store, error, () => this.#ports.onFailure(error))
  }
}

/** Consensus records of the sequences that a new stable checkpoint covers. */
function obsoleteRecords(before: number, at: number): readonly StoreOperation[] {
  const operations: StoreOperation[] = []
  for (let n = Math.max(before, at - OBSOLETE_RECORDS_MAX) + 1; n <= at; n++) {
    operations.push(
      { type: 'delete', key: diskNames.accepted(n) },
      { type: 'delete', key: diskNames.prepared(n) },
    )
  }
  return operations
}
