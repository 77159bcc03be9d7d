import { toHex } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import { DEFAULT_PROTOCOL, type Genesis, networkIdOf, orderedMembers } from '../membership/genesis.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import type { Signer } from '../runtime/ports.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { Scope } from '../wire/scope.ts'
import { Auditor } from './auditor.ts'
import type { Behaviour, Lair } from './byzantine/behaviour.ts'
import { BEHAVIOURS } from './byzantine/behaviours.ts'
import type { Checker, CheckerContext } from './checkers/checker.ts'
import { CHECKERS, type CheckerName } from './checkers/checkers.ts'
import { Clients } from './clients.ts'
import { Faults } from './faults.ts'
import { EPOCH_MS, Member } from './member.ts'
import { SimNetwork } from './network.ts'
import { livenessBoundMs, type SimulationOptions } from './options.ts'
import { Scheduler } from './scheduler.ts'
import { createStandInSigner } from './signatures.ts'

/**
 * A whole network in one process from one number. In the first phase things go wrong, and what must never be is watched for at every
 * step; then faults stop (faulty members stay faulty), and everything that clients handed in must be executed everywhere within a
 * bound. The same options give the same running hash.
 */
export interface SimulationResult {
  readonly violations: readonly Violation[]
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
}

export interface Violation {
  readonly checker: CheckerName
  readonly atMs: number
  readonly text: string
}

export interface SimulationComponents {
  /** What members log, by member. */
  readonly loggerOf: (member: number, nowMs: () => number) => Logger
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
const VIOLATIONS_MAX = 20
const STEPS_MAX = 3_000_000
/** By then whoever was down is back. */
const RESTART_MS = 1_100
const SETTLE_ROUNDS = 3

class Simulation {
  readonly #options: SimulationOptions
  readonly #scheduler = new Scheduler()
  readonly #auditor = new Auditor()
  readonly #prng: Prng
  readonly #network: SimNetwork
  readonly #members: readonly Member[]
  readonly #clients: Clients
  readonly #faults: Faults
  readonly #checkers: readonly Checker[]
  readonly #violations: Violation[] = []
  readonly #executed = new Set<string>()
  readonly #starting: Member[] = []
  #starts = 0
  #highestView = 0

  constructor(options: SimulationOptions, components: SimulationComponents) {
    this.#options = options
    this.#prng = createPrng(options.seed + 0x51)
    const { genesis, scope, signers } = createGround(options)
    const parts = { scheduler: this.#scheduler, prng: this.#prng.fork(), auditor: this.#auditor }
    this.#network = new SimNetwork(options, {
      ...parts,
      handlersOf: member => {
        const machine = this.#members[member]
        return machine?.runtime == null ? null : machine.handlers
      },
    })
    this.#members = signers.map((signer, i) =>
      this.#createMember(replicaId(i), signer, genesis, scope, components),
    )
    this.#clients = new Clients({
      prng: this.#prng.fork(),
      scope,
      members: this.#members,
      nowMs: () => this.#scheduler.nowMs,
      onTold: told => this.#tell(checker => checker.onTold?.(told)),
    })
    this.#faults = new Faults(options, {
      scheduler: this.#scheduler,
      prng: this.#prng.fork(),
      network: this.#network,
      members: this.#members,
      start: member => this.#starting.push(member),
      onWiped: member => this.#onWiped(member),
    })
    this.#checkers = this.#createCheckers(scope)
  }

  #createCheckers(scope: Scope): readonly Checker[] {
    return Object.entries(CHECKERS).map(([name, create]) => {
      const context: CheckerContext = {
        options: this.#options,
        scope,
        isFaulty: member => this.#members[member]?.isFaulty ?? false,
        isSubmitted: id => this.#clients.transaction(id) !== undefined,
        violation: text => this.#violate(name as CheckerName, text),
      }
      return create(context)
    })
  }

  #createMember(
    id: ReplicaId,
    signer: Signer,
    genesis: Genesis,
    scope: Scope,
    { loggerOf }: SimulationComponents,
  ): Member {
    const { clockSkewMs, byzantine, n } = this.#options
    const prng = this.#prng.fork()
    const lair: Lair = {
      self: id,
      others: Array.from({ length: n }, (_, other) => replicaId(other)).filter(other => other !== id),
      scope,
      signer,
      prng: prng.fork(),
      nowMs: () => EPOCH_MS + this.#scheduler.nowMs,
    }
    const names = byzantine.find(({ member }) => member === id)?.behaviours ?? []
    const behaviours = names.map((name): Behaviour => BEHAVIOURS[name](lair))
    const isFaulty = behaviours.length > 0
    const tell = (told: (checker: Checker) => void): void => {
      if (!isFaulty) this.#tell(told)
    }
    const skewMs = Math.floor((prng.next() * 2 - 1) * clockSkewMs)
    return new Member(
      { id, simulation: this.#options, genesis, scope, clockSkewMs: skewMs },
      {
        scheduler: this.#scheduler,
        network: this.#network,
        prng,
        signer,
        logger: loggerOf(id, () => this.#scheduler.nowMs),
        behaviours,
        onStart: runtime => tell(checker => checker.onStart?.(id, runtime)),
        onExecuted: executed =>
          tell(checker => {
            checker.onExecuted?.(id, executed)
            for (const { id: name, sequence, code } of executed.outcome.segment.receipts) {
              this.#executed.add(name)
              checker.onTold?.({ id: name, sequence, code })
            }
          }),
        onInstalled: certificate => tell(checker => checker.onInstalled?.(id, certificate)),
        onPublished: (topic, bytes) => {
          this.#auditor.bytes(bytes)
          if (topic === 'consensus') tell(checker => checker.onPublished?.(id, bytes))
        },
        onHeard: (topic, bytes) => {
          if (topic === 'consensus') tell(checker => checker.onHeard?.(id, bytes))
        },
        onSuspect: suspected => tell(checker => checker.onSuspect?.(id, suspected)),
        onFailure: error => tell(checker => checker.onFailure?.(id, error)),
      },
    )
  }

  #tell(tell: (checker: Checker) => void): void {
    for (const checker of this.#checkers) tell(checker)
  }

  #violate(checker: CheckerName, text: string): void {
    if (this.#violations.length >= VIOLATIONS_MAX) return
    this.#violations.push({ checker, atMs: Math.round(this.#scheduler.nowMs), text })
    this.#auditor.text(text)
  }

  #onWiped(member: Member): void {
    if (member.isFaulty) return
    this.#clients.forgetHolder(member.id)
    this.#tell(checker => checker.onWiped?.(member.id))
  }

  async run(): Promise<SimulationResult> {
    this.#starting.push(...this.#members)
    await this.#startWaiting()
    this.#scheduleLooks()
    if (this.#options.byzantine.length > 0) this.#scheduleTicks()
    this.#scheduleClients()
    this.#faults.begin()
    await this.#runUntil(this.#options.faultsMs, () => false)
    this.#faults.end()
    const faultsEndMs = this.#scheduler.nowMs
    await this.#runUntil(faultsEndMs + RESTART_MS, () => false)
    if (this.#violations.length === 0) await this.#settle()
    return this.#result(faultsEndMs)
  }

  /** What was handed in before is executed within the bound, and so is, each time, what comes after it. */
  async #settle(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      for (let i = 0; i < round; i++) this.#clients.submitNew()
      const untilMs = this.#scheduler.nowMs + livenessBoundMs(this.#options)
      if (await this.#runUntil(untilMs, () => this.#unsettled().length === 0)) continue
      if (this.#violations.length === 0) this.#violate('liveness', this.#unsettled().join('; '))
      return
    }
    this.#end()
  }

  #end(): void {
    const runtimes = new Map<ReplicaId, ReplicaRuntime>()
    for (const member of this.#correct()) if (member.runtime !== null) runtimes.set(member.id, member.runtime)
    this.#tell(checker => checker.onEnd?.(runtimes))
  }

  #result(faultsEndMs: number): SimulationResult {
    const sequences = Math.max(0, ...this.#correct().map(({ runtime }) => runtime?.state.sequence ?? 0))
    return {
      violations: this.#violations,
      hash: this.#auditor.digest(),
      virtualMs: Math.round(this.#scheduler.nowMs),
      settledMs: Math.round(this.#scheduler.nowMs - faultsEndMs),
      steps: this.#scheduler.steps,
      messages: this.#network.messages,
      sequences,
      views: this.#highestView,
      crashes: this.#starts - this.#members.length,
      wipes: this.#faults.wiped,
    }
  }

  /** @returns true as soon as `isDone`, asked from time to time; false at `untilMs` or after a violation */
  async #runUntil(untilMs: number, isDone: () => boolean): Promise<boolean> {
    let nextAskMs = this.#scheduler.nowMs
    while (this.#violations.length === 0) {
      if (!this.#scheduler.step(untilMs)) return isDone()
      if (this.#starting.length > 0) await this.#startWaiting()
      if (this.#scheduler.steps > STEPS_MAX) {
        this.#violate('liveness', `still busy after ${STEPS_MAX} steps`)
        return false
      }
      if (this.#scheduler.nowMs < nextAskMs) continue
      if (isDone()) return true
      nextAskMs = this.#scheduler.nowMs + LOOK_EVERY_MS
    }
    return false
  }

  async #startWaiting(): Promise<void> {
    for (const member of this.#starting.splice(0)) {
      if (member.isUp) continue
      this.#starts += 1
      this.#auditor.text(`start ${member.id}`)
      await member.start()
    }
  }

  #scheduleLooks(): void {
    this.#scheduler.after(LOOK_EVERY_MS, () => {
      for (const { id, runtime } of this.#correct()) {
        if (runtime === null) continue
        this.#highestView = Math.max(this.#highestView, runtime.replica().view)
        this.#tell(checker => checker.onLook?.(id, runtime))
      }
      this.#scheduleLooks()
    })
  }

  #scheduleTicks(): void {
    this.#scheduler.after(TICK_EVERY_MS, () => {
      for (const member of this.#members) if (member.runtime !== null) member.tick()
      this.#scheduleTicks()
    })
  }

  #scheduleClients(): void {
    const { transactions, faultsMs, duplicateSubmits } = this.#options
    for (let i = 0; i < transactions; i++) {
      this.#scheduler.after(this.#prng.next() * faultsMs, () => {
        this.#clients.submitNew()
        if (this.#prng.chance(duplicateSubmits)) this.#clients.submitAgain()
      })
    }
  }

  #correct(): readonly Member[] {
    return this.#members.filter(member => !member.isFaulty)
  }

  /** What is not in order yet: everything that clients handed in is to be executed by all correct members, and certified. */
  #unsettled(): readonly string[] {
    const missing: string[] = []
    const correct = this.#correct()
    const latest = Math.max(...correct.map(({ runtime }) => runtime?.state.sequence ?? 0))
    for (const { id, runtime } of correct) {
      if (runtime === null) {
        missing.push(`member ${id} is down`)
        continue
      }
      const replica = runtime.replica()
      const where = `member ${id} in view ${replica.view}${replica.viewActive ? '' : ' (wanted)'}`
      if (runtime.state.sequence < latest)
        missing.push(`${where} ends at ${runtime.state.sequence} of ${latest}`)
      else if (replica.lowWatermark < latest)
        missing.push(`${where} is certified to ${replica.lowWatermark} of ${latest}`)
      if (runtime.pendingTransactions > 0)
        missing.push(`${where}: ${runtime.pendingTransactions} transactions wait`)
      if (runtime.pendingBatches > 0) missing.push(`${where}: ${runtime.pendingBatches} batches wait`)
      if (replica.recovering && this.#options.byzantine.length === 0) missing.push(`${where} has no memory`)
    }
    for (const id of this.#clients.accepted.keys())
      if (!this.#executed.has(id) && !this.#isExpired(id))
        missing.push(`transaction ${id.slice(0, 8)} was accepted and not executed`)
    return missing
  }

  #isExpired(id: string): boolean {
    const transaction = this.#clients.transaction(id)
    if (transaction === undefined) return false
    return this.#correct().every(
      ({ runtime }) => runtime?.state.window.admission(transaction, runtime.state.logTimeMs) === 'expired',
    )
  }
}

function createGround(options: SimulationOptions) {
  const signers = Array.from({ length: options.n }, (_, i) =>
    createStandInSigner(`member ${options.seed}`, i),
  )
  const genesis: Genesis = {
    format: 'quorate-genesis/1',
    name: `simulation ${options.seed}`,
    createdMs: EPOCH_MS,
    members: signers.map(({ publicKey }, i) => ({ name: `member ${i}`, publicKey: toHex(publicKey) })),
    application: { module: 'key-value', options: {} },
    protocol: {
      ...DEFAULT_PROTOCOL,
      checkpointInterval: options.checkpointInterval,
      logWindow: options.logWindow,
      transactionWindowMs: options.transactionWindowMs,
    },
  }
  const members = orderedMembers(genesis)
  const ordered = members.map(
    ({ publicKey }) => signers.find(signer => toHex(signer.publicKey) === publicKey) as Signer,
  )
  const scope: Scope = {
    networkId: networkIdOf(genesis),
    epoch: 0,
    memberKeys: members.map(({ key }) => key),
  }
  return { genesis, scope, signers: ordered }
}
