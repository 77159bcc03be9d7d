import createKeyValue from '../application/key-value.ts'
import type { Logger } from '../lib/logger.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import { errorOf } from '../lib/thrown.ts'
import type { ReplicaId } from '../pbft/types.ts'
import { diskNames } from '../runtime/disk-names.ts'
import type { Executed } from '../runtime/execution.ts'
import type { RuntimePorts, ThresholdPorts } from '../runtime/options.ts'
import {
  type Clock,
  type PeerHandlers,
  type PeerNetwork,
  type Signer,
  StorageError,
  type Topic,
} from '../runtime/ports.ts'
import { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import type { EnvelopeReader } from '../wire/verify.ts'
import type { Behaviour, DiskTampering, OutgoingMessage } from './byzantine/behaviour.ts'
import { SimDisk } from './disk.ts'
import { EPOCH_MS } from './ground.ts'
import { createRandomBytes, createSimWorker, type Findings } from './keyring.ts'
import { Life } from './life.ts'
import { createRuntimeOptions, type MemberOptions } from './member-options.ts'
import type { SimNetwork } from './network.ts'
import type { StateReply, TransactionReply } from './replies.ts'
import type { Scheduler } from './scheduler.ts'
import { SealedVault } from './sealed-vault.ts'
import { createStandInChecker, type StandInVerdicts } from './signatures.ts'
import { type Witness, witnessChecks, witnessSignatures } from './witness.ts'

export interface MemberComponents {
  readonly scheduler: Scheduler
  /** The links that end in this machine. */
  readonly network: Pick<SimNetwork, 'send' | 'request' | 'connectedTo'>
  readonly prng: Prng
  readonly signer: Signer
  readonly reader: EnvelopeReader
  readonly verdicts: StandInVerdicts
  /** Absent: it has no part in the network's keys. */
  readonly findings?: Findings
  readonly logger: Logger
  /** Empty for a correct member. */
  readonly behaviours: readonly Behaviour[]
  /** The machine is down, and its disk is what a behaviour kept of it. */
  onRolledBack(): void
  onStart(runtime: ReplicaRuntime): void
  onExecuted(executed: Executed): void
  onInstalled: RuntimePorts['onInstalled']
  onPublished(topic: Topic, bytes: Uint8Array): void
  onHeard(topic: Topic, bytes: Uint8Array): void
  onSuspect: RuntimePorts['onSuspect']
  onFailure(error: Error): void
  /** It stopped itself because its disk no longer wrote, as it must. */
  onBrokenDisk?(): void
  /** A synced write is on its way, and answered after `answerMs`. */
  onSyncedWrite?(answerMs: number): void
  onCertificate?(certificate: ThresholdCertificate): void
  /** Puts something between a member and its part in the network's keys: for one that lies in it. */
  readonly twist?: ((ports: ThresholdPorts) => ThresholdPorts) | undefined
  readonly witness?: Witness | undefined
}

const SECRET_SALT = 0x5ec7e7

/** One machine: a disk that survives crashes, and the production runtime on it, whose ports end in the simulated world. */
export class Member {
  readonly id: ReplicaId
  readonly #options: MemberOptions
  readonly #components: MemberComponents
  readonly #disk: SimDisk
  /** Its secrets about the network's keys. */
  readonly vault: SealedVault
  /** Of its own, so that a world without a shared key draws what it always drew. */
  readonly #secretPrng: Prng
  #life: Life | null = null
  #clockOffsetMs = 0
  #starts = 0
  #isUsed = false
  #isForgetful = false

  constructor(options: MemberOptions, components: MemberComponents) {
    const { scheduler, prng } = components
    const { syncMs, slowSyncs, readMs = 0.01, vaultSyncMs = syncMs } = options.simulation
    this.id = options.id
    this.#options = options
    this.#components = components
    const writeMs = (sync: boolean): number => {
      if (!sync) return 0.01
      return prng.chance(slowSyncs) ? syncMs * 50 * prng.next() : syncMs * (0.5 + prng.next())
    }
    this.#disk = new SimDisk(
      { writeMs, readMs: () => readMs },
      {
        nowMs: () => scheduler.nowMs,
        after: (delayMs, run) => this.#life?.after(delayMs, run),
        onSyncedWrite: answerMs => components.onSyncedWrite?.(answerMs),
      },
    )
    this.#secretPrng = createPrng(SECRET_SALT + options.simulation.seed * 64 + options.id)
    this.vault = new SealedVault(
      { writeMs: () => vaultSyncMs * (0.5 + this.#secretPrng.next()) },
      { after: (delayMs, run) => this.#life?.after(delayMs, run) },
    )
  }

  get isUp(): boolean {
    return this.#life !== null
  }

  /** Has no memory, or is down and did not have it. */
  get isForgetful(): boolean {
    // What it regained is not its own before that is on disk.
    const mayForget = this.#isForgetful || this.#disk.isDurable(diskNames.amnesia)
    return mayForget || (this.#life?.runtime?.replica().recovering ?? false)
  }

  get isFaulty(): boolean {
    return this.#components.behaviours.length > 0
  }

  /** The running replica; null while the machine is down or starting, or its process stands still. */
  get runtime(): ReplicaRuntime | null {
    return this.isPaused ? null : (this.#life?.runtime ?? null)
  }

  /** What is sent to it arrives now, or when its process goes on. */
  get isConnected(): boolean {
    return this.#life?.runtime != null
  }

  get isPaused(): boolean {
    return this.#life?.isPaused ?? false
  }

  nowMs(): number {
    const { scheduler } = this.#components
    return Math.floor(EPOCH_MS + scheduler.nowMs + this.#options.clockSkewMs + this.#clockOffsetMs)
  }

  /** Resolves when the disk is read and the replica runs; virtual time stands still meanwhile. */
  async start(): Promise<void> {
    const life = new Life({
      scheduler: this.#components.scheduler,
      onThrown: error => this.#fail(life, error),
      onRan: () => this.#checkDisk(life),
    })
    this.#witness('starts')
    this.#life = life
    const runtime = this.#createRuntime(life)
    try {
      const loaded = await this.#disk.direct(() => runtime.prepare())
      this.#isUsed = true
      this.#isForgetful = false
      life.runtime = runtime
      for (const behaviour of this.#components.behaviours) behaviour.begin?.(runtime)
      this.#components.onStart(runtime)
      runtime.begin(loaded)
    } catch (error) {
      this.#fail(life, error)
    }
  }

  /** The process stands still: no timer fires and nothing is handled until `resume`; then everything is, in order. */
  pause(): void {
    this.#witness('stands still')
    this.#life?.pause()
  }

  resume(): void {
    if (this.isPaused) this.#witness('goes on')
    this.#life?.resume()
  }

  /** @param offsetMs how far it is from its usual time, besides its skew; timers do not notice */
  setClock(offsetMs: number): void {
    if (offsetMs !== this.#clockOffsetMs)
      this.#witness(`has its clock set to ${offsetMs} ms from its usual time`)
    this.#clockOffsetMs = offsetMs
  }

  get hasBrokenDisk(): boolean {
    return this.#disk.isBroken
  }

  /** No write succeeds until it is started again. */
  breakDisk(): void {
    this.#witness('can no longer write to its disk')
    this.#disk.breakDown()
  }

  /** @param factor by which everything on its disk takes longer from now on */
  slowDisk(factor: number): void {
    if (factor !== this.#disk.slowness)
      this.#witness(`has a disk that takes ${factor} times as long as usual`)
    this.#disk.slowness = factor
  }

  crash(): void {
    this.#witness('crashes')
    this.#end()
    this.#disk.crash(this.#components.prng)
    this.vault.crash(this.#secretPrng)
  }

  /** A crash that takes the disk with it. */
  wipe(): void {
    this.#witness('crashes and loses its disk')
    this.#end()
    this.#isForgetful = true
    this.#disk.wipe()
    this.vault.wipe()
  }

  /** A crash that takes the secrets with it, and nothing else. */
  loseVault(): void {
    this.#witness('crashes and loses its secrets')
    this.#end()
    this.#disk.crash(this.#components.prng)
    this.vault.wipe()
  }

  /** A crash that takes the disk with it and leaves the secrets, which lie elsewhere. */
  loseDisk(): void {
    this.#witness('crashes and loses its disk, not its secrets')
    this.#end()
    this.#isForgetful = true
    this.#disk.wipe()
    this.vault.crash(this.#secretPrng)
  }

  /** Names of what is in its vault. */
  get secrets(): readonly string[] {
    return this.vault.names()
  }

  #witness(event: string): void {
    this.#components.witness?.onEvent?.(this.id, event)
  }

  #end(): void {
    this.#life?.end()
    this.#life = null
  }

  readonly handlers: PeerHandlers = {
    onGossip: (topic, bytes, from, verdict) =>
      this.#runNow(runtime => {
        const { behaviours, onHeard } = this.#components
        for (const behaviour of behaviours) behaviour.hear?.(topic, bytes)
        onHeard(topic, bytes)
        if (behaviours.some(behaviour => behaviour.hides?.(topic, bytes) === true)) return
        runtime.onGossip(topic, bytes, from, verdict)
      }),
    onRequest: (protocol, bytes, from, respond) =>
      this.#runNow(runtime =>
        runtime.onRequest(protocol, bytes, from, answer => {
          let given: Uint8Array | null | undefined = answer
          for (const behaviour of this.#components.behaviours)
            if (behaviour.answer !== undefined && given !== undefined)
              given = behaviour.answer(protocol, bytes, given)
          if (given !== undefined) respond(given)
        }),
      ),
    onMemberConnected: () => {},
    onMemberDisconnected: () => {},
  }

  /** What faulty members say of their own accord. */
  tick(): void {
    for (const behaviour of this.#components.behaviours) {
      this.#send(behaviour.tick?.() ?? [])
      this.#tamper(behaviour.tamper?.() ?? null)
    }
  }

  /** What lies on its disk, by key. */
  get disk(): ReadonlyMap<string, Uint8Array> {
    return this.#disk.entries
  }

  /** What a client is told of its transaction; null: nothing. */
  tell(id: string, truth: TransactionReply): TransactionReply | null {
    let told: TransactionReply | null = truth
    for (const behaviour of this.#components.behaviours)
      if (told !== null && behaviour.tell !== undefined) told = behaviour.tell(id, told)
    return told
  }

  /** What a client that reads is shown; null: nothing. */
  show(key: string, truth: StateReply): StateReply | null {
    let shown: StateReply | null = truth
    for (const behaviour of this.#components.behaviours)
      if (shown !== null && behaviour.show !== undefined) shown = behaviour.show(key, shown)
    return shown
  }

  #tamper(tampering: DiskTampering | null): void {
    if (tampering === 'keep') this.#disk.keep()
    if (tampering !== 'roll-back') return
    this.#end()
    this.#disk.rollBack()
    this.#components.onRolledBack()
  }

  #runNow(run: (runtime: ReplicaRuntime) => void): void {
    const life = this.#life
    const runtime = life?.runtime ?? null
    if (life !== null && runtime !== null) life.run(() => run(runtime))
  }

  #checkDisk(life: Life): void {
    if (this.#disk.isRefused) this.#fail(life, new Error('the disk refused a write, and the replica went on'))
  }

  #fail(life: Life, error: unknown): void {
    if (life.isOver) return
    const isExpected = this.#disk.isRefused && error instanceof StorageError
    this.#witness('stops itself')
    this.#end()
    if (isExpected) this.#components.onBrokenDisk?.()
    else this.#components.onFailure(errorOf(error))
  }

  #createRuntime(life: Life): ReplicaRuntime {
    const { prng, signer, logger, witness, onExecuted, onInstalled, onSuspect } = this.#components
    const clock: Clock = {
      nowMs: () => this.nowMs(),
      after: (delayMs, expired) => life.after(delayMs, expired),
    }
    const isObserver = this.id >= this.#options.scope.memberKeys.length
    const checker = createStandInChecker(life, this.#components.verdicts, () => 0.1 + prng.next())
    return new ReplicaRuntime(
      createRuntimeOptions(this.#options, { startNumber: ++this.#starts, firstStart: !this.#isUsed }),
      {
        application: createKeyValue({}),
        clock,
        store: this.#disk,
        network: this.#createNetwork(life),
        checker: witnessChecks(this.id, checker, witness),
        signer: isObserver ? null : witnessSignatures(this.id, signer, witness),
        reader: this.#components.reader,
        logger,
        onExecuted,
        onInstalled,
        onSuspect,
        onView: () => {},
        onFailure: error => this.#fail(life, error),
        threshold: this.#createThreshold(life),
        curve: this.#components.findings?.curve,
      },
    )
  }

  #createThreshold(life: Life): ThresholdPorts | undefined {
    const { findings, onCertificate, twist, behaviours } = this.#components
    if (findings === undefined) return undefined
    const random = createRandomBytes(this.#secretPrng)
    const after = (delayMs: number, run: () => void): void => void life.after(delayMs, run)
    let ports: ThresholdPorts = {
      vault: this.vault,
      worker: createSimWorker({ after }, findings, random),
      random,
      onCertificate: certificate => onCertificate?.(certificate),
    }
    for (const behaviour of behaviours) ports = behaviour.twist?.(ports) ?? ports
    return twist?.(ports) ?? ports
  }

  #createNetwork(life: Life): PeerNetwork {
    const { network, onPublished } = this.#components
    const n = this.#options.simulation.n
    return {
      publish: (topic, bytes) => {
        if (life.isOver) return
        if (!this.isFaulty) onPublished(topic, bytes)
        const to = Array.from({ length: n }, (_, other) => other as ReplicaId).filter(
          other => other !== this.id,
        )
        let outgoing: readonly OutgoingMessage[] = [{ topic, to, bytes }]
        for (const { publish } of this.#components.behaviours)
          if (publish !== undefined) outgoing = outgoing.flatMap(publish)
        this.#send(outgoing)
      },
      request: (to, protocol, bytes, options, done) => {
        network.request(this.id, to, protocol, bytes, options, answer => {
          life.run(() => done(answer))
        })
      },
      connectedMembers: () => network.connectedTo(this.id),
    }
  }

  #send(outgoing: readonly OutgoingMessage[]): void {
    for (const { topic, to, bytes } of outgoing)
      for (const member of to) this.#components.network.send(this.id, member, topic, bytes)
  }
}
