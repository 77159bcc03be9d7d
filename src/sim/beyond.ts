import type { Transaction } from '../application/contract.ts'
import { encodeSet } from '../application/key-value.ts'
import type { Logger } from '../lib/logger.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import { ConflictError, type ConflictReason } from '../pbft/conflict.ts'
import { Forensics } from '../pbft/forensics.ts'
import { faultyMax, quorum } from '../pbft/quorum.ts'
import { DiskSearch } from '../runtime/disk-search.ts'
import { type Evidence, encodeEvidence } from '../wire/evidence.ts'
import { transactionSigningBytes } from '../wire/transaction.ts'
import { Auditor } from './auditor.ts'
import { COLLUSION_PLANS, type Collusion } from './byzantine/den.ts'
import type { Checker } from './checkers/checker.ts'
import { type CulpritSearch, createCulpritSearch } from './checkers/culprits.ts'
import { Clockwork } from './clockwork.ts'
import { createGround, EPOCH_MS, type Ground } from './ground.ts'
import type { Member } from './member.ts'
import { SimNetwork } from './network.ts'
import { drawOptions, type SimulationOptions } from './options.ts'
import { createMembers } from './population.ts'
import { Scheduler } from './scheduler.ts'
import { createStandInSigner } from './signatures.ts'

/**
 * Worlds with more faulty members than f, who keep to one plan. Agreement may break, and nothing is owed to clients any more. What is owed:
 * whoever broke it can be named, nobody else can, and members that see two certificates which contradict each other stop.
 */
export interface BeyondOptions extends SimulationOptions {
  readonly collusion: Collusion
  /** The sides do not hear each other until the faults are over; colluding members hear both, or one after the other (`roll-back`). */
  readonly apart: boolean
}

export interface BeyondResult {
  readonly violations: readonly string[]
  /** Correct members had different histories. */
  readonly isBroken: boolean
  /** Members that are named, ascending. */
  readonly culprits: readonly number[]
  /** Those who can be named from what is on the disks of correct members in the end, ascending. */
  readonly namedFromDisks: readonly number[]
  /** One proof of each kind for each of them. */
  readonly evidence: readonly Evidence[]
  /** Correct members that stopped because of two proofs that contradict each other. */
  readonly stopped: ReadonlyMap<number, ConflictReason>
  readonly sequences: number
  readonly hash: string
}

const MEMBERS = [4, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7, 10] as const
/** After the faults: long enough for members that lag to be shown what others have. */
const TOGETHER_MS = 3_000
const TRANSACTION_EVERY_MS = 150
const TICK_EVERY_MS = 150
const RESTART_MS = 200
const CRASH_LOOK_MS = 100
const STEPS_MAX = 3_000_000
/** By then all who collude have their old disks, and have forgotten what they would tell the other side. */
const EXCHANGE_MS = 600

export function drawBeyond(seed: number): BeyondOptions {
  const prng = createPrng(seed + 0xbe7)
  const crashes = createPrng(seed + 0xbe72)
  const n = prng.pick(MEMBERS)
  const ids = prng.shuffle(Array.from({ length: n }, (_, id) => id))
  const count = prng.between(faultyMax(n) + 1, quorum(n) - 1)
  const colluding = ids.slice(0, count)
  const plan = prng.pick(COLLUSION_PLANS)
  const keepAtMs = prng.between(200, 1_500)
  const turnAtMs = keepAtMs + prng.between(300, 2_000)
  const drawn = drawOptions(seed, {
    n,
    byzantine: colluding.map(member => ({ member, behaviours: ['colluding'] })),
    faultsMs: turnAtMs + prng.between(3_000, 8_000),
    loss: prng.pick([0, 0, 0.02]),
    crashesPerSecond: crashes.pick([0, 0, 0.5]),
    wipes: crashes.pick([0, 0, 0.3]),
    partitions: false,
  })
  // Impatient members: in a short world there are many views.
  const viewChangeTimeoutMs = Math.max(300, 12 * drawn.latency.maxMs)
  return {
    ...drawn,
    viewChangeTimeoutMs,
    viewChangeTimeoutMaxMs: 4 * viewChangeTimeoutMs,
    resendMs: Math.max(100, Math.floor(viewChangeTimeoutMs / 4)),
    collusion: { plan, favoured: ids.slice(count, count + Math.ceil((n - count) / 2)), keepAtMs, turnAtMs },
    apart: plan === 'roll-back' || prng.chance(0.5),
  }
}

export function simulateBeyond(
  options: BeyondOptions,
  components: { readonly loggerOf: (member: number, nowMs: () => number) => Logger },
): Promise<BeyondResult> {
  return new BeyondWorld(options, components.loggerOf).run()
}

class BeyondWorld {
  readonly #options: BeyondOptions
  readonly #scheduler = new Scheduler()
  readonly #clockwork = new Clockwork({
    scheduler: this.#scheduler,
    stepsMax: STEPS_MAX,
    // Whoever broke the network is looked for to the end.
    isOver: () => false,
    onEndless: text => this.#violations.push(text),
  })
  readonly #auditor = new Auditor()
  readonly #prng: Prng
  readonly #ground: Ground
  readonly #network: SimNetwork
  readonly #members: readonly Member[]
  readonly #search: CulpritSearch
  readonly #violations: string[] = []
  readonly #stopped = new Map<number, ConflictReason>()
  #isOver = false
  #nonce = 0

  constructor(options: BeyondOptions, loggerOf: (member: number, nowMs: () => number) => Logger) {
    this.#options = options
    this.#prng = createPrng(options.seed + 0xbe71)
    this.#ground = createGround(options)
    const scheduler = this.#scheduler
    const auditor = this.#auditor
    this.#network = new SimNetwork(options, {
      scheduler,
      prng: this.#prng.fork(),
      auditor,
      handlersOf: member => {
        const machine = this.#members[member]
        return machine?.runtime == null ? null : machine.handlers
      },
    })
    this.#search = createCulpritSearch({
      options,
      scope: this.#ground.scope,
      reader: this.#ground.reader,
      isFaulty: member => this.#members[member]?.isFaulty ?? false,
      violation: text => this.#violations.push(text),
    })
    const watched: Checker = {
      ...this.#search,
      onFailure: (member, error) => this.#onFailure(member, error),
    }
    this.#members = createMembers(options, this.#ground, {
      scheduler,
      network: this.#network,
      prng: this.#prng,
      auditor,
      loggerOf,
      tell: told => told(watched),
      onTransaction: () => {},
      onExecuted: () => {},
      onLie: () => {},
      onRolledBack: id => this.#startLater(id),
    })
  }

  /** To stop because of contradicting proofs is what is asked of a member here, and to stay so. */
  #onFailure(member: number, error: Error): void {
    const isConflict = error instanceof ConflictError
    if (isConflict && !this.#isOver) this.#stopped.set(member, error.reason)
    else if (!isConflict) this.#violations.push(`member ${member} stopped itself: ${error.message}`)
  }

  /** Whoever stopped on a disk does not start on it again. */
  async #startStopped(): Promise<void> {
    this.#isOver = true
    for (const id of this.#stopped.keys()) {
      const member = this.#members[id]
      await member?.start()
      if (member?.isUp) this.#violations.push(`member ${id} had stopped, and starts again`)
    }
  }

  #startLater(id: number): void {
    const member = this.#members[id]
    if (member === undefined) return
    this.#scheduler.after(RESTART_MS, () => this.#clockwork.startSoon([member]))
  }

  async run(): Promise<BeyondResult> {
    const { faultsMs, loss, collusion } = this.#options
    await this.#clockwork.start(this.#members)
    this.#scheduler.every(TICK_EVERY_MS, () => this.#tick())
    this.#scheduleTransactions()
    if (this.#options.crashesPerSecond > 0) this.#scheduleCrashes()
    this.#network.loss = loss
    this.#part()
    if (collusion.plan === 'roll-back') {
      await this.#clockwork.until(collusion.turnAtMs)
      this.#isolate(this.#side(true), this.#everybody)
      await this.#clockwork.until(collusion.turnAtMs + EXCHANGE_MS)
      this.#network.heal()
      this.#isolate(this.#side(true), this.#everybody)
    }
    await this.#clockwork.until(faultsMs)
    this.#network.loss = 0
    this.#network.heal()
    await this.#clockwork.until(faultsMs + TOGETHER_MS)
    this.#search.conclude()
    await this.#startStopped()
    return this.#result()
  }

  #result(): BeyondResult {
    const { isBroken, culprits, charges } = this.#search
    return {
      violations: this.#violations,
      isBroken,
      culprits,
      namedFromDisks: this.#searchDisks(),
      evidence: charges.map(encodeEvidence),
      stopped: this.#stopped,
      sequences: Math.max(0, ...this.#members.map(({ runtime }) => runtime?.state.sequence ?? 0)),
      hash: this.#auditor.digest(),
    }
  }

  #searchDisks(): readonly number[] {
    const { scope } = this.#ground
    const { n, logWindow } = this.#options
    const forensics = new Forensics({ epoch: scope.epoch, n, logWindow })
    const search = new DiskSearch(scope, forensics)
    for (const { disk, isFaulty } of this.#members)
      if (!isFaulty) for (const [key, value] of disk) search.take(key, value)
    return forensics.culprits
  }

  #side(isFavoured: boolean): readonly number[] {
    const { favoured } = this.#options.collusion
    return this.#members
      .filter(({ id, isFaulty }) => !isFaulty && favoured.includes(id) === isFavoured)
      .map(({ id }) => id)
  }

  /** A `roll-back` begins with the favoured side alone with the colluding ones; otherwise these talk to both. */
  #part(): void {
    if (!this.#options.apart) return
    const isRollBack = this.#options.collusion.plan === 'roll-back'
    this.#isolate(this.#side(false), isRollBack ? this.#everybody : this.#side(true))
  }

  get #everybody(): readonly number[] {
    return this.#members.map(({ id }) => id)
  }

  #isolate(some: readonly number[], from: readonly number[]): void {
    const others = from.filter(id => !some.includes(id))
    this.#network.cut(some, others)
    this.#network.cut(others, some)
  }

  #tick(): void {
    for (const member of this.#members) if (member.runtime !== null) member.tick()
  }

  /** Correct members fall down as elsewhere, and now and then lose their disks: what they forgot they may contradict. */
  #scheduleCrashes(): void {
    const { crashesPerSecond, faultsMs, wipes } = this.#options
    this.#scheduler.after(CRASH_LOOK_MS, () => {
      if (this.#scheduler.nowMs < faultsMs) this.#scheduleCrashes()
      if (!this.#prng.chance((crashesPerSecond * CRASH_LOOK_MS) / 1_000)) return
      const member = this.#prng.pick(this.#members.filter(({ isFaulty }) => !isFaulty))
      if (!member.isUp) return
      if (this.#prng.chance(wipes)) {
        member.wipe()
        this.#search.onWiped?.(member.id)
      } else member.crash()
      this.#scheduler.after(RESTART_MS * (1 + 3 * this.#prng.next()), () =>
        this.#clockwork.startSoon([member]),
      )
    })
  }

  #scheduleTransactions(): void {
    this.#scheduler.after(2 * TRANSACTION_EVERY_MS * this.#prng.next(), () => {
      const member = this.#prng.pick(this.#members)
      member.runtime?.submit([this.#sign()], () => {})
      this.#scheduleTransactions()
    })
  }

  #sign(): Transaction {
    const { networkId } = this.#ground.scope
    const signer = createStandInSigner('client', 0)
    const unsigned = {
      client: signer.publicKey,
      timestampMs: Math.floor(EPOCH_MS + this.#scheduler.nowMs),
      nonce: this.#nonce++,
      operation: encodeSet(`key ${this.#prng.between(0, 4)}`, `value ${this.#nonce}`),
    }
    const signature = signer.sign(transactionSigningBytes(networkId, unsigned))
    return { ...unsigned, signature }
  }
}
