import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import { present } from '../lib/assert.ts'
import { joinSizes, type Sizes } from '../lib/sizes.ts'
import { steadily } from '../lib/steady-time.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import { quorum } from '../pbft/quorum.ts'
import type { ReplicaView } from '../pbft/replica.ts'
import type { Certificate } from '../pbft/types.ts'
import { encodePartial, type MemberPartial, type OwnPartial } from '../wire/partial.ts'
import type { Scope } from '../wire/scope.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import type { Askers } from './asking.ts'
import type { BatchStore } from './batches.ts'
import { CeremonyPart } from './ceremony-part.ts'
import { CeremonySignatures } from './ceremony-signatures.ts'
import { Certificates } from './certificates.ts'
import { Certifier } from './certifier.ts'
import { Custody } from './custody.ts'
import { historyAfter } from './execution.ts'
import type { Intake, IntakeOutcome } from './intake.ts'
import { Keyholder } from './keyholder.ts'
import type { RuntimeOptions, RuntimePorts, ThresholdPorts } from './options.ts'
import { PartialGuard } from './partial-guard.ts'
import { PartialPool } from './partials.ts'
import type { PeerName, StorageError, Verdict } from './ports.ts'
import { SystemTransactions } from './system-transactions.ts'

/**
 * Everything of a replica that has to do with the network's shared key, put together: custody of secrets, the part in ceremonies, partial
 * signatures, certificates. An observer has the last two only. Nothing in here says what counts; the log does.
 */
export interface ThresholdPartComponents {
  readonly scope: Scope
  readonly state: ReplicatedState
  readonly batches: Pick<BatchStore, 'owed'>
  readonly askers: Askers
  /** Null for an observer. */
  readonly intake: Intake | null
  replica(): ReplicaView
  /** Other members that seem to be there. */
  membersThere(): number
  /** The core is to ask for no further checkpoint by itself, or may again. */
  onBusy(busy: boolean): void
  /** The network's key signed something else than what was executed here. */
  onContradicted(certificate: ThresholdCertificate): void
  onFailure(error: StorageError): void
}

/** A stuck certificate must not keep a primary from asking for what the others wait for: a part of their patience. */
const BUSY_MAX_MS = 2_000
const PATIENCE_SHARE = 4

interface Speech {
  /** Spreads it, under a new number each time. */
  publish(partial: OwnPartial): void
  /** Keeps it beside those of others. */
  addOwn(partial: OwnPartial): void
}

interface Site {
  readonly options: RuntimeOptions
  readonly ports: RuntimePorts
  readonly threshold: ThresholdPorts
  readonly components: ThresholdPartComponents
  readonly pool: PartialPool
  readonly guard: PartialGuard
  readonly custody: Custody | null
  readonly certificates: Certificates
  readonly speech: Speech
  isStopped(): boolean
}

/** What only a member has. */
interface MemberSide {
  readonly keyholder: Keyholder
  readonly signatures: CeremonySignatures
  readonly transactions: SystemTransactions
}

export class ThresholdPart {
  readonly certificates: Certificates
  readonly #guard: PartialGuard
  readonly #pool: PartialPool
  readonly #certifier: Certifier
  readonly #member: MemberSide | null
  #stopped = false

  constructor(options: RuntimeOptions, ports: RuntimePorts, components: ThresholdPartComponents) {
    const threshold = present(ports.threshold, 'the ports of a part in the network’s keys')
    const { self } = options
    const { store } = ports
    const { onFailure } = components
    this.certificates = new Certificates(store, onFailure)
    this.#guard = new PartialGuard(store, onFailure)
    this.#pool = this.#createPool(options, ports, components)
    const site: Site = {
      options,
      ports,
      threshold,
      components,
      pool: this.#pool,
      guard: this.#guard,
      custody: self === null ? null : new Custody(self + 1, threshold.vault, onFailure),
      certificates: this.certificates,
      speech: createSpeech(options, ports, components.scope, this.#pool),
      isStopped: () => this.#stopped,
    }
    this.#certifier = createCertifier(site)
    this.#member = createMemberSide(site)
  }

  #createPool(
    { self }: RuntimeOptions,
    { checker, clock }: RuntimePorts,
    { scope }: ThresholdPartComponents,
  ): PartialPool {
    return new PartialPool({
      scope,
      self,
      checker,
      clock: steadily(clock),
      window: () => this.#certifier.window(),
      isAwaited: partial => this.#member?.signatures.isAwaited(partial) ?? false,
      onPartial: ({ purpose }) => {
        if (this.#stopped) return
        if (purpose === 'checkpoint') this.#certifier.onPartial()
        else this.#member?.signatures.onPartial()
      },
    })
  }

  /** A sequence that is on disk was executed again, before `begin`. */
  onExecutedAgain(): void {
    this.#member?.keyholder.followAgain()
  }

  /** Reads what was signed and certified before. @throws StorageError */
  async load(): Promise<void> {
    await this.#guard.load()
    await this.certificates.load()
  }

  begin(stable: Certificate | null): void {
    this.#member?.keyholder.start()
    if (stable !== null) this.#certifier.onStable(stable)
  }

  stop(): void {
    this.#stopped = true
    this.#certifier.stop()
    this.#member?.keyholder.stop()
  }

  sizes(): Sizes {
    return joinSizes({
      certificates: this.certificates.sizes(),
      certifier: { tasks: this.#certifier.tasks },
      partials: this.#pool.sizes(),
      keyholder: this.#member?.keyholder.sizes() ?? {},
    })
  }

  /** @param isCheckpoint members say what came out of it */
  onExecuted(sequence: number, isCheckpoint: boolean): void {
    this.#member?.keyholder.follow()
    this.#certifier.onExecuted(sequence, isCheckpoint)
  }

  onInstalled(): void {
    this.#member?.keyholder.follow()
    this.#certifier.onInstalled()
  }

  onStable(certificate: Certificate): void {
    if (!this.#stopped) this.#certifier.onStable(certificate)
  }

  onGossip(bytes: Uint8Array, from: PeerName, done: (verdict: Verdict) => void): void {
    this.#pool.onGossip(bytes, from, done)
  }

  /** By an operator of this member. False: this replica is no member. */
  order(operation: SystemOperation, done: (outcome: IntakeOutcome) => void): boolean {
    this.#member?.transactions.order(operation, done)
    return this.#member !== null
  }
}

function createSpeech(
  { self }: RuntimeOptions,
  { clock, network, signer }: RuntimePorts,
  scope: Scope,
  pool: PartialPool,
): Speech {
  // Above every number used before, as for envelopes.
  let number = clock.nowMs() * 1024
  const numbered = (partial: OwnPartial): MemberPartial => {
    number += 1
    return { ...partial, sender: present(self, 'a member'), number }
  }
  return {
    addOwn: partial => pool.add(numbered(partial)),
    publish(partial) {
      const sign = (bytes: Uint8Array): Uint8Array => present(signer, 'a member’s key').sign(bytes)
      network.publish('certificate', encodePartial(scope, numbered(partial), sign))
    },
  }
}

function createCertifier(site: Site): Certifier {
  const { options, ports, threshold, components, pool, guard, custody, certificates, speech } = site
  const { clock, logger, store } = ports
  const { scope, state, batches, askers, replica, onBusy, onContradicted } = components
  const { checkpointInterval, logWindow } = options.genesis.protocol
  const busyMaxMs = Math.min(BUSY_MAX_MS, options.replica.viewChangeTimeoutMs / PATIENCE_SHARE)
  return new Certifier(
    { scope, checkpointInterval, logWindow, busyMaxMs },
    {
      clock,
      logger,
      state,
      worker: threshold.worker,
      pool,
      guard,
      custody,
      certificates,
      askers,
      mayVote: () => replica().mayVote,
      isLoaded: () => batches.owed > 0,
      historyAfter: sequence => historyAfter(store, state, sequence),
      ...speech,
      onCertificate: certificate => threshold.onCertificate(certificate),
      onBusy,
      onContradicted,
    },
  )
}

function createMemberSide(site: Site): MemberSide | null {
  const { options, ports, threshold, components, pool, guard, custody, speech, isStopped } = site
  const { clock, logger, signer, curve = nobleCurve } = ports
  const { scope, state, intake, replica, membersThere } = components
  const { random, worker } = threshold
  const { self, genesis } = options
  if (self === null || signer === null || intake === null || custody === null) return null
  const times: ThresholdParameters = present(genesis.threshold, 'a network with keys')
  const onKept = (): void => keyholder.lookSoon()
  const part = new CeremonyPart(self + 1, { curve, random, custody, onKept })
  const signatures = new CeremonySignatures({
    scope,
    times,
    clock: steadily(clock),
    logger,
    custody,
    pool,
    guard,
    worker,
    ...speech,
    isStopped,
    onSignature: onKept,
  })
  const transactions = new SystemTransactions({
    scope,
    signer,
    random,
    clock,
    logger,
    state,
    submit: (system, done) => intake.submit(system, done),
    isAccepted: id => intake.isAccepted(id),
  })
  const mayAct = (): boolean => {
    const { mayVote, catchUpTarget, executedSequence } = replica()
    // Who is out of the view follows by fetching, and knows of nothing further only for a moment, again and again.
    return mayVote && catchUpTarget <= executedSequence
  }
  const areDealersThere = (): boolean => membersThere() >= quorum(genesis.members.length)
  const keyholder: Keyholder = new Keyholder(
    { self, times },
    { clock, logger, state, custody, guard, part, signatures, transactions, mayAct, areDealersThere },
  )
  return { keyholder, signatures, transactions }
}
