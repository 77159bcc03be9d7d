import createKeyValue from '../application/key-value.ts'
import type { Logger } from '../lib/logger.ts'
import type { Prng } from '../lib/prng.ts'
import type { Genesis } from '../membership/genesis.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { Executed } from '../runtime/execution.ts'
import type { RuntimePorts } from '../runtime/options.ts'
import type { Clock, PeerHandlers, PeerNetwork, SignatureChecker, Signer, Topic } from '../runtime/ports.ts'
import { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { Scope } from '../wire/scope.ts'
import type { EnvelopeReader } from '../wire/verify.ts'
import type { Behaviour, DiskTampering, OutgoingMessage } from './byzantine/behaviour.ts'
import { SimDisk } from './disk.ts'
import { EPOCH_MS } from './ground.ts'
import type { SimNetwork } from './network.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import { createStandInChecker, type StandInVerdicts } from './signatures.ts'
import type { Witness } from './witness.ts'

export interface MemberOptions {
  readonly id: ReplicaId
  readonly simulation: SimulationOptions
  readonly genesis: Genesis
  readonly scope: Scope
  readonly clockSkewMs: number
}

export interface MemberComponents {
  readonly scheduler: Scheduler
  /** The links that end in this machine. */
  readonly network: Pick<SimNetwork, 'send' | 'request' | 'connectedTo'>
  readonly prng: Prng
  readonly signer: Signer
  readonly reader: EnvelopeReader
  readonly verdicts: StandInVerdicts
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
  onSuspect(suspected: ReplicaId): void
  onFailure(error: Error): void
  readonly witness?: Witness | undefined
}

/** One life of a member, from start to crash. Whatever was asked for in a life that is over comes to nothing. */
interface Life {
  isOver: boolean
  runtime: ReplicaRuntime | null
}

/** One machine: a disk that survives crashes, and the production runtime on it, whose ports end in the simulated world. */
export class Member {
  readonly id: ReplicaId
  readonly #options: MemberOptions
  readonly #components: MemberComponents
  readonly #disk: SimDisk
  #life: Life | null = null
  #starts = 0
  #isUsed = false
  #isForgetful = false

  constructor(options: MemberOptions, components: MemberComponents) {
    const { scheduler, prng } = components
    const { syncMs, slowSyncs } = options.simulation
    this.id = options.id
    this.#options = options
    this.#components = components
    const writeMs = (sync: boolean): number => {
      if (!sync) return 0.01
      return prng.chance(slowSyncs) ? syncMs * 50 * prng.next() : syncMs * (0.5 + prng.next())
    }
    this.#disk = new SimDisk(
      { writeMs },
      { nowMs: () => scheduler.nowMs, after: (delayMs, run) => this.#inThisLife(delayMs, run) },
    )
  }

  get isUp(): boolean {
    return this.#life !== null
  }

  /** Has no memory, or is down and did not have it. */
  get isForgetful(): boolean {
    return this.runtime?.replica().recovering ?? this.#isForgetful
  }

  get isFaulty(): boolean {
    return this.#components.behaviours.length > 0
  }

  /** The running replica; null while the machine is down or starting. */
  get runtime(): ReplicaRuntime | null {
    return this.#life?.runtime ?? null
  }

  nowMs(): number {
    return Math.floor(EPOCH_MS + this.#components.scheduler.nowMs + this.#options.clockSkewMs)
  }

  /** Resolves when the disk is read and the replica runs; virtual time stands still meanwhile. */
  async start(): Promise<void> {
    const life: Life = { isOver: false, runtime: null }
    this.#components.witness?.onEvent?.(this.id, 'starts')
    this.#life = life
    const runtime = this.#createRuntime(life)
    try {
      const loaded = await this.#disk.direct(() => runtime.prepare())
      this.#isUsed = true
      life.runtime = runtime
      this.#components.onStart(runtime)
      runtime.begin(loaded)
    } catch (error) {
      this.#components.onFailure(error instanceof Error ? error : new Error(String(error)))
      this.#end()
    }
  }

  crash(): void {
    this.#components.witness?.onEvent?.(this.id, 'crashes')
    this.#end()
    this.#disk.crash(this.#components.prng)
  }

  /** A crash that takes the disk with it. */
  wipe(): void {
    this.#components.witness?.onEvent?.(this.id, 'crashes and loses its disk')
    this.#end()
    this.#isForgetful = true
    this.#disk.wipe()
  }

  #end(): void {
    this.#isForgetful = this.isForgetful
    if (this.#life !== null) this.#life.isOver = true
    this.#life = null
  }

  readonly handlers: PeerHandlers = {
    onGossip: (topic, bytes, from, verdict) => {
      for (const behaviour of this.#components.behaviours) behaviour.hear?.(topic, bytes)
      if (this.runtime !== null) this.#components.onHeard(topic, bytes)
      if (this.#components.behaviours.some(behaviour => behaviour.hides?.(topic, bytes) === true)) return
      this.runtime?.onGossip(topic, bytes, from, verdict)
    },
    onRequest: (protocol, bytes, from, respond) => {
      this.runtime?.onRequest(protocol, bytes, from, answer => {
        let given: Uint8Array | null | undefined = answer
        for (const behaviour of this.#components.behaviours)
          if (behaviour.answer !== undefined && given !== undefined)
            given = behaviour.answer(protocol, bytes, given)
        if (given !== undefined) respond(given)
      })
    },
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

  #tamper(tampering: DiskTampering | null): void {
    if (tampering === 'keep') this.#disk.keep()
    if (tampering !== 'roll-back') return
    this.#end()
    this.#disk.rollBack()
    this.#components.onRolledBack()
  }

  #inThisLife(delayMs: number, run: () => void): () => void {
    const life = this.#life
    return this.#components.scheduler.after(delayMs, () => {
      if (life !== null && !life.isOver) run()
    })
  }

  #createRuntime(life: Life): ReplicaRuntime {
    const { simulation, genesis, scope } = this.#options
    const { prng, signer, logger, onExecuted, onInstalled, onSuspect, onFailure } = this.#components
    const clock: Clock = {
      nowMs: () => this.nowMs(),
      after: (delayMs, expired) => this.#inThisLife(delayMs, expired),
    }
    return new ReplicaRuntime(
      {
        genesis,
        networkId: scope.networkId,
        memberKeys: scope.memberKeys,
        self: this.id,
        startNumber: ++this.#starts,
        firstStart: !this.#isUsed,
        replica: {
          pipelineDepth: simulation.pipelineDepth,
          proposalBatchesMax: simulation.proposalBatchesMax,
          viewChangeTimeoutMs: simulation.viewChangeTimeoutMs,
          viewChangeTimeoutMaxMs: simulation.viewChangeTimeoutMaxMs,
          resendMs: simulation.resendMs,
          statusMs: simulation.statusMs,
          idleCheckpointMs: simulation.idleCheckpointMs,
        },
        batchTransactionsMax: simulation.batchTransactionsMax,
        batchBytesMax: 65_536,
        batchDelayMs: 5,
        pendingTransactionsMax: 1_000,
        pendingBytesMax: 10_000_000,
        historySequences: simulation.historySequences,
        snapshotIntervalSequences: simulation.snapshotIntervalSequences,
      },
      {
        application: createKeyValue({}),
        clock,
        store: this.#disk,
        network: this.#createNetwork(life),
        checker: this.#countChecks(
          createStandInChecker(
            { after: (delayMs, run) => this.#inThisLife(delayMs, run) },
            this.#components.verdicts,
            () => 0.1 + prng.next(),
          ),
        ),
        signer: this.#countSignatures(signer),
        reader: this.#components.reader,
        logger,
        onExecuted,
        onInstalled,
        onSuspect: replica => onSuspect(replica),
        onView: () => {},
        onFailure: error => {
          this.#end()
          onFailure(error)
        },
      },
    )
  }

  #countChecks(checker: SignatureChecker): SignatureChecker {
    const { witness } = this.#components
    if (witness?.onChecked === undefined) return checker
    return {
      check: (claims, done) => {
        witness.onChecked?.(this.id, claims.length)
        checker.check(claims, done)
      },
    }
  }

  #countSignatures(signer: Signer): Signer {
    const { witness } = this.#components
    if (witness?.onSigned === undefined) return signer
    return {
      publicKey: signer.publicKey,
      sign: bytes => {
        witness.onSigned?.(this.id)
        return signer.sign(bytes)
      },
    }
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
          if (!life.isOver) done(answer)
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
