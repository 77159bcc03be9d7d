import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { assert } from '../lib/assert.ts'
import type { Logger } from '../lib/logger.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { Scope } from '../wire/scope.ts'
import { Auditor } from './auditor.ts'
import { Clients } from './clients.ts'
import { Clockwork } from './clockwork.ts'
import { Fates, messageSentences } from './fates.ts'
import { Faults } from './faults.ts'
import { createGround } from './ground.ts'
import { KeyEvents } from './key-events.ts'
import { askForKeys } from './key-requests.ts'
import { type Measurement, Measures } from './measurement.ts'
import type { Member } from './member.ts'
import { Misuse } from './misuse.ts'
import { SimNetwork } from './network.ts'
import { livenessBoundMs, type SimulationOptions } from './options.ts'
import { createMembers } from './population.ts'
import { Scheduler } from './scheduler.ts'
import { missingFrom } from './settling.ts'
import { type TroubleCounts, Troubles } from './troubles.ts'
import { type Undecided, type Violation, Watch } from './watch.ts'
import type { Witness } from './witness.ts'

/**
 * A whole network in one process from one number. In the first phase things go wrong, and what must never be is watched for at every
 * step; then faults stop (faulty members stay faulty), and everything that clients handed in must be executed everywhere within a
 * bound. The same options give the same running hash.
 */
export interface SimulationResult {
  readonly violations: readonly Violation[]
  /** Whether these hold was not found out. */
  readonly undecided: readonly Undecided[]
  /** The running hash. */
  readonly hash: string
  readonly virtualMs: number
  /** From the end of the faults until everything was in order. */
  readonly settledMs: number
  readonly steps: number
  readonly messages: number
  readonly sequences: number
  readonly views: number
  readonly crashes: number
  readonly wipes: number
  /** Transactions that were refused as they must be. */
  readonly refusals: number
  /** Messages, requests and answers that arrived damaged. */
  readonly corrupted: number
  /** How often a sentence about a message came true. */
  readonly sentences: number
  readonly troubles: TroubleCounts
  /** Within which the network must be in order again, each time. */
  readonly livenessBoundMs: number
  /** How long it took at most. */
  readonly longestSettlingMs: number
  /** What faulty members did, and how often: `behaviour: what`. */
  readonly lies: Readonly<Record<string, number>>
  /** What the log said of the network's keys, and how often: the type, and of what there are several, which. */
  readonly keyEvents: Readonly<Record<string, number>>
  readonly measurement: Measurement
}

export interface SimulationComponents {
  /** What members log, by member. */
  readonly loggerOf: (member: number, nowMs: () => number) => Logger
  readonly witnessOf?: (scope: Scope, nowMs: () => number) => Witness
  /** What computes on the curve of the network's key: a faster one gives the same world. Default: the reference. */
  readonly curve?: PublicCurve | undefined
}

/** @throws nothing for what members do wrong: that is in the result */
export async function simulate(
  options: SimulationOptions,
  components: SimulationComponents,
): Promise<SimulationResult> {
  const simulation = new Simulation(options, components)
  return simulation.run()
}

const LOOK_EVERY_MS = 50
const TICK_EVERY_MS = 150
const STEPS_MAX = 3_000_000
/** By then whoever was down is back. */
const RESTART_MS = 1_100
const SETTLE_ROUNDS = 2
/** How long a machine is down whose disk was exchanged. */
const ROLLED_BACK_MS = 200

class Simulation {
  readonly #options: SimulationOptions
  readonly #scheduler = new Scheduler()
  readonly #clockwork: Clockwork
  readonly #auditor = new Auditor()
  readonly #prng: Prng
  readonly #network: SimNetwork
  readonly #members: readonly Member[]
  readonly #clients: Clients
  readonly #faults: Faults
  readonly #troubles: Troubles
  readonly #fates: Fates
  readonly #misuse: Misuse
  readonly #watch: Watch
  readonly #executed = new Set<string>()
  readonly #lies = new Map<string, number>()
  readonly #keyEvents = new KeyEvents()
  readonly #measures = new Measures()
  #starts = 0
  #longestSettlingMs = 0

  constructor(options: SimulationOptions, { loggerOf, witnessOf, curve }: SimulationComponents) {
    this.#options = options
    this.#prng = createPrng(options.seed + 0x51)
    const scheduler = this.#scheduler
    const auditor = this.#auditor
    const ground = createGround(options)
    const witness = witnessOf?.(ground.scope, () => scheduler.nowMs)
    this.#clockwork = this.#createClockwork()
    this.#network = this.#createNetwork(witness)
    this.#members = createMembers(options, ground, {
      scheduler,
      network: this.#network,
      prng: this.#prng,
      auditor,
      witness,
      curve,
      loggerOf,
      tell: told => this.#watch.tell(told),
      onTransaction: id => {
        this.#executed.add(id)
        this.#measures.onExecuted(id, scheduler.nowMs)
      },
      onExecuted: (member, ids) => this.#clients.onExecuted(member, ids),
      onKeyEvent: (member, event) => this.#keyEvents.add(member, event),
      onLie: lie => this.#lies.set(lie, (this.#lies.get(lie) ?? 0) + 1),
      onRolledBack: id => this.#startLater(id),
      onBrokenDisk: id => this.#troubles.onBrokenDisk(this.#member(id)),
      onSyncedWrite: (id, answerMs) => this.#troubles.onSyncedWrite(this.#member(id), answerMs),
    })
    this.#clients = this.#createClients(ground.scope)
    this.#faults = new Faults(options, {
      scheduler,
      prng: this.#prng.fork(),
      network: this.#network,
      members: this.#members,
      start: member => this.#start(member),
      onWiped: member => this.#onWiped(member),
      onSecretsLost: ({ id }) => this.#watch.tell(checker => checker.onSecretsLost?.(id)),
    })
    this.#troubles = new Troubles(options, {
      scheduler,
      network: this.#network,
      members: this.#members,
      witness,
      primary: () => this.#watch.highestView % options.n,
      start: member => this.#start(member),
      wipe: member => this.#faults.wipe(member),
    })
    this.#fates = new Fates(messageSentences(options), {
      scope: ground.scope,
      seed: options.seed,
      nowMs: () => scheduler.nowMs,
    })
    this.#misuse = this.#createMisuse(ground.scope)
    this.#watch = new Watch(options, {
      scheduler,
      auditor,
      scope: ground.scope,
      reader: ground.reader,
      isFaulty: member => this.#members[member]?.isFaulty ?? false,
      isSubmitted: id => this.#clients.transaction(id) !== undefined,
    })
  }

  #createNetwork(witness: Witness | undefined): SimNetwork {
    return new SimNetwork(this.#options, {
      scheduler: this.#scheduler,
      prng: this.#prng.fork(),
      auditor: this.#auditor,
      witness,
      handlersOf: member => {
        const machine = this.#members[member]
        return machine?.isConnected ? machine.handlers : null
      },
      fateOf: letter => this.#fates.of(letter),
    })
  }

  #createClockwork(): Clockwork {
    return new Clockwork({
      scheduler: this.#scheduler,
      stepsMax: STEPS_MAX,
      isOver: () => this.#watch.violations.length > 0,
      onEndless: text => this.#watch.violate('liveness', text),
      onStart: ({ id }) => {
        this.#starts += 1
        this.#auditor.text(`start ${id}`)
      },
    })
  }

  #createClients(scope: Scope): Clients {
    const scheduler = this.#scheduler
    return new Clients(this.#options, {
      prng: this.#prng.fork(),
      scope,
      members: this.#members,
      scheduler,
      nowMs: () => scheduler.nowMs,
      loss: () => this.#network.loss,
      onHandedIn: id => this.#measures.onHandedIn(id, scheduler.nowMs),
      onAccepted: id => this.#watch.tell(checker => checker.onAccepted?.(id)),
      onTold: told => this.#watch.tell(checker => checker.onTold?.(told)),
      onOperation: operation => {
        this.#measures.onOperation(operation)
        this.#watch.tell(checker => checker.onOperation?.(operation))
      },
      onRead: read => {
        this.#measures.onRead(read)
        this.#watch.tell(checker => checker.onRead?.(read))
      },
    })
  }

  #createMisuse(scope: Scope): Misuse {
    const [scheduler, members] = [this.#scheduler, this.#members]
    const onAccepted = (member: number, fault: string): void =>
      this.#watch.violate('refusals', `member ${member} accepted what is ${fault}`)
    return new Misuse(this.#options, { scheduler, scope, members, onAccepted })
  }

  #startLater(id: ReplicaId): void {
    const member = this.#member(id)
    this.#scheduler.after(ROLLED_BACK_MS, () => {
      if (!member.isUp) this.#clockwork.startSoon([member])
    })
  }

  #start(member: Member): void {
    if (!this.#troubles.isDownForGood(member)) this.#clockwork.startSoon([member])
  }

  #member(id: ReplicaId): Member {
    const member = this.#members[id]
    assert(member !== undefined, 'every id belongs to a member')
    return member
  }

  #onWiped(member: Member): void {
    if (member.isFaulty) return
    this.#clients.forgetHolder(member.id)
    this.#watch.tell(checker => checker.onWiped?.(member.id))
  }

  async run(): Promise<SimulationResult> {
    await this.#clockwork.start(this.#members)
    this.#scheduler.every(LOOK_EVERY_MS, () => this.#watch.look(this.#correct()))
    if (this.#options.byzantine.length > 0) this.#scheduler.every(TICK_EVERY_MS, () => this.#tick())
    this.#scheduleClients()
    this.#clients.begin()
    this.#faults.begin()
    this.#troubles.begin()
    this.#misuse.begin()
    askForKeys(this.#options, { scheduler: this.#scheduler, members: this.#members })
    await this.#clockwork.until(this.#options.faultsMs)
    this.#faults.end()
    this.#troubles.end()
    this.#fates.end()
    const faultsEndMs = this.#scheduler.nowMs
    this.#clients.onFaultsEnd()
    this.#measures.onFaultsEnd(faultsEndMs)
    this.#watch.tell(checker => checker.onFaultsEnd?.(faultsEndMs))
    await this.#clockwork.until(faultsEndMs + RESTART_MS)
    if (this.#watch.violations.length === 0) await this.#settle()
    return this.#result(faultsEndMs)
  }

  /** What was handed in before is executed within the bound, and so is, each time, what comes after it. */
  async #settle(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      for (let i = 0; i < round; i++) this.#clients.submitNew()
      const fromMs = this.#scheduler.nowMs
      const untilMs = fromMs + livenessBoundMs(this.#options)
      const isSettled = await this.#clockwork.until(untilMs, () => this.#unsettled().length === 0)
      this.#longestSettlingMs = Math.max(this.#longestSettlingMs, this.#scheduler.nowMs - fromMs)
      if (isSettled) continue
      if (this.#watch.violations.length === 0) this.#watch.violate('liveness', this.#unsettled().join('; '))
      return
    }
    this.#end()
  }

  #end(): void {
    this.#clients.end()
    const runtimes = new Map<ReplicaId, ReplicaRuntime>()
    for (const member of this.#owed()) {
      if (member.runtime !== null) runtimes.set(member.id, member.runtime)
      this.#watch.tell(checker => checker.onDisk?.(member.id, member.disk))
    }
    this.#watch.tell(checker => checker.onEnd?.(runtimes))
  }

  #result(faultsEndMs: number): SimulationResult {
    const sequences = Math.max(0, ...this.#correct().map(({ runtime }) => runtime?.state.sequence ?? 0))
    return {
      violations: this.#watch.violations,
      undecided: this.#watch.undecided,
      hash: this.#auditor.digest(),
      virtualMs: Math.round(this.#scheduler.nowMs),
      settledMs: Math.round(this.#scheduler.nowMs - faultsEndMs),
      steps: this.#scheduler.steps,
      messages: this.#network.messages,
      sequences,
      views: this.#watch.highestView,
      crashes: this.#starts - this.#members.length,
      wipes: this.#faults.wiped,
      refusals: this.#misuse.refused,
      corrupted: this.#network.corrupted,
      sentences: this.#fates.count,
      troubles: this.#troubles.counts,
      livenessBoundMs: livenessBoundMs(this.#options),
      longestSettlingMs: Math.round(this.#longestSettlingMs),
      lies: Object.fromEntries(this.#lies),
      keyEvents: this.#keyEvents.counts,
      measurement: this.#measures.result(),
    }
  }

  #tick(): void {
    for (const member of this.#members) if (member.runtime !== null) member.tick()
  }

  #scheduleClients(): void {
    const { transactions, faultsMs, duplicateSubmits, bursts = 0 } = this.#options
    for (let i = 0; i < transactions; i++) {
      const drawn = this.#prng.next()
      const share = bursts === 0 ? drawn : Math.floor(drawn * bursts) / bursts
      this.#scheduler.after(share * faultsMs, () => {
        this.#clients.submitNew()
        if (this.#prng.chance(duplicateSubmits)) this.#clients.submitAgain()
      })
    }
  }

  #correct(): readonly Member[] {
    return this.#members.filter(member => !member.isFaulty)
  }

  /** Correct members that did not leave: to them liveness is owed. */
  #owed(): readonly Member[] {
    const left = new Set((this.#options.left ?? []).map(({ member }) => member))
    return this.#correct().filter(({ id }) => !left.has(id))
  }

  #unsettled(): readonly string[] {
    const [options, clients, executed] = [this.#options, this.#clients, this.#executed]
    return [...missingFrom({ options, clients, executed, correct: this.#owed() }), ...clients.unanswered]
  }
}
