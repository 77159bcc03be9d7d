import { silentLogger } from '../../lib/logger.ts'
import { createPrng, type Prng } from '../../lib/prng.ts'
import { type ReplicaId, replicaId } from '../../pbft/types.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import type { Scope } from '../../wire/scope.ts'
import { Auditor } from '../auditor.ts'
import type { Behaviour } from '../byzantine/behaviour.ts'
import { Clockwork } from '../clockwork.ts'
import { createGround, type Ground } from '../ground.ts'
import { Member, type MemberComponents } from '../member.ts'
import { livenessBoundMs, type SimulationOptions } from '../options.ts'
import { watchMember } from '../population.ts'
import { Scheduler } from '../scheduler.ts'
import { missingFrom } from '../settling.ts'
import { type Violation, Watch } from '../watch.ts'
import type { Witness } from '../witness.ts'
import { TwinLinks } from './links.ts'
import { GREETING_MS, twinsOptions, VIEW_MS } from './pace.ts'
import { machineIds, speakersOf, type TwinsScenario } from './scenario.ts'
import { TwinsWorkload } from './workload.ts'

/**
 * One scenario from end to end, on the production runtime: its views, each with its partition and with transactions at every machine;
 * then the network is whole, and everything that correct members accepted must be executed and certified by all of them, and so must be
 * what comes after. A twinned member counts as one faulty one. The same scenario gives the same running hash.
 */
export interface TwinsResult {
  readonly violations: readonly Violation[]
  /** The running hash. */
  readonly hash: string
  readonly virtualMs: number
  readonly steps: number
  readonly messages: number
  readonly sequences: number
  /** The highest view that a correct member came to. */
  readonly views: number
  /** Twinned members that a correct one found out. */
  readonly accused: number
  /** Views of the scenario in which a machine of their primary spoke in their own partition. */
  readonly primariesMet: readonly number[]
}

export interface TwinsComponents {
  /** Sees every letter, with machines by address in the place of members. */
  readonly witnessOf?: (scope: Scope, nowMs: () => number) => Witness
}

/** @throws nothing for what machines do wrong: that is in the result */
export async function runTwins(
  scenario: TwinsScenario,
  components: TwinsComponents = {},
): Promise<TwinsResult> {
  return new TwinsWorld(scenario, components).run()
}

const LOOK_EVERY_MS = 50
const STEPS_MAX = 200_000
/** A scenario is its own seed: all draw the same latencies. */
const SEED = 1
const SETTLE_ROUNDS = 2
/** A start numbers its envelopes from its clock: twins that began with one number would pass for repetitions of each other. */
const TWIN_SKEW_MS = 1

class TwinsWorld {
  readonly #scenario: TwinsScenario
  readonly #options: SimulationOptions
  readonly #scheduler = new Scheduler()
  readonly #clockwork = new Clockwork({
    scheduler: this.#scheduler,
    stepsMax: STEPS_MAX,
    isOver: () => this.#watch.violations.length > 0,
    onEndless: text => this.#watch.violate('liveness', text),
  })
  readonly #auditor = new Auditor()
  readonly #links: TwinLinks
  readonly #machines: readonly Member[]
  readonly #workload: TwinsWorkload
  readonly #watch: Watch
  readonly #executed = new Set<string>()
  readonly #accused = new Set<ReplicaId>()

  constructor(scenario: TwinsScenario, { witnessOf }: TwinsComponents) {
    const scheduler = this.#scheduler
    const auditor = this.#auditor
    const prng = createPrng(SEED)
    const { n, twinned } = scenario
    this.#scenario = scenario
    this.#options = twinsOptions(n, SEED)
    const ground = createGround(this.#options)
    const { latency } = this.#options
    const machines = (): readonly Member[] => this.#machines
    const witness = witnessOf?.(ground.scope, () => scheduler.nowMs)
    const parts = { scheduler, prng: prng.fork(), auditor, latency, machines, witness }
    this.#links = new TwinLinks(scenario, parts)
    this.#machines = this.#createMachines(ground, prng, witness)
    this.#workload = new TwinsWorkload({
      scope: ground.scope,
      nowMs: () => scheduler.nowMs,
      onTold: told => this.#watch.tell(checker => checker.onTold?.(told)),
    })
    this.#watch = new Watch(this.#options, {
      scheduler,
      auditor,
      scope: ground.scope,
      reader: ground.reader,
      isFaulty: member => twinned.includes(member),
      isSubmitted: id => this.#workload.transaction(id) !== undefined,
    })
  }

  #createMachines(ground: Ground, prng: Prng, witness: Witness | undefined): readonly Member[] {
    const shared = { reader: ground.reader, verdicts: new WeakMap() }
    return machineIds(this.#scenario).map((id, address) => {
      const signer = ground.signers[id] as Ground['signers'][number]
      const isTwin = this.#scenario.twinned.includes(id)
      const components: MemberComponents = {
        ...shared,
        ...watchMember(id, !isTwin, {
          tell: told => this.#watch.tell(told),
          onTransaction: name => this.#executed.add(name),
        }),
        scheduler: this.#scheduler,
        network: this.#links.of(address),
        prng: prng.fork(),
        signer,
        logger: silentLogger,
        behaviours: isTwin ? [twinOf(id)] : [],
        onRolledBack: () => {},
        onPublished: (topic, bytes) => {
          if (topic === 'consensus') this.#watch.tell(checker => checker.onPublished?.(id, bytes))
        },
        onSuspect: suspected => this.#onSuspect(id, suspected, isTwin),
        witness: witness && { onEvent: (_, text) => witness.onEvent?.(replicaId(address), text) },
      }
      const clockSkewMs = address < this.#scenario.n ? 0 : TWIN_SKEW_MS
      return new Member({ ...ground, id, simulation: this.#options, clockSkewMs }, components)
    })
  }

  #onSuspect(member: ReplicaId, suspected: ReplicaId, isTwin: boolean): void {
    if (isTwin) return
    this.#accused.add(suspected)
    this.#watch.tell(checker => checker.onSuspect?.(member, suspected))
  }

  async run(): Promise<TwinsResult> {
    await this.#clockwork.start(this.#machines)
    this.#scheduler.every(LOOK_EVERY_MS, () => this.#watch.look(this.#correct()))
    const { partitions } = this.#scenario
    await this.#clockwork.until(GREETING_MS)
    for (let view = 0; view < partitions.length; view++) {
      this.#links.hurry()
      this.#workload.submitTo(this.#machinesAt(speakersOf(this.#scenario, view)))
      this.#crashIn(view)
      await this.#clockwork.until(GREETING_MS + (view + 1) * VIEW_MS)
    }
    this.#silence()
    await this.#settle()
    return this.#result()
  }

  #machinesAt(addresses: readonly number[]): readonly Member[] {
    return addresses.flatMap(address => this.#machines[address] ?? [])
  }

  #crashIn(view: number): void {
    const { crash } = this.#scenario
    if (crash?.view !== view) return
    const machines = this.#machinesAt(crash.machines)
    this.#scheduler.after(VIEW_MS / 2, () => {
      for (const machine of machines) if (machine.isUp) machine.crash()
    })
    this.#scheduler.after(VIEW_MS, () => this.#clockwork.startSoon(machines))
  }

  #silence(): void {
    const { n, ending } = this.#scenario
    if (ending === 'one-falls-silent') for (const machine of this.#machines.slice(n)) machine.crash()
  }

  async #settle(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      if (round > 0) this.#workload.submitTo(this.#correct().slice(0, 1))
      const untilMs = this.#scheduler.nowMs + livenessBoundMs(this.#options)
      if (await this.#clockwork.until(untilMs, () => this.#missing().length === 0)) continue
      if (this.#watch.violations.length === 0) this.#watch.violate('liveness', this.#missing().join('; '))
      return
    }
    const runtimes = new Map<ReplicaId, ReplicaRuntime>()
    for (const { id, runtime } of this.#correct()) if (runtime !== null) runtimes.set(id, runtime)
    this.#watch.tell(checker => checker.onEnd?.(runtimes))
  }

  #correct(): readonly Member[] {
    return this.#machines.filter(machine => !machine.isFaulty)
  }

  #missing(): readonly string[] {
    const [options, clients, executed] = [this.#options, this.#workload, this.#executed]
    return missingFrom({ options, clients, executed, correct: this.#correct() })
  }

  #result(): TwinsResult {
    return {
      violations: this.#watch.violations,
      hash: this.#auditor.digest(),
      virtualMs: Math.round(this.#scheduler.nowMs),
      steps: this.#scheduler.steps,
      messages: this.#links.messages,
      sequences: Math.max(0, ...this.#correct().map(({ runtime }) => runtime?.state.sequence ?? 0)),
      views: this.#watch.highestView,
      accused: this.#accused.size,
      primariesMet: [...this.#links.primariesMet].sort((a, b) => a - b),
    }
  }
}

/** Says and does what a correct machine does; only that its twin hears it too. */
function twinOf(id: ReplicaId): Behaviour {
  return { publish: outgoing => [{ ...outgoing, to: [...outgoing.to, id] }] }
}
