import { describeMessage } from '../../../pbft/describe.ts'
import { type Digest, digest } from '../../../pbft/types.ts'
import { Auditor } from '../../auditor.ts'
import type { CheckerName } from '../../checkers/checkers.ts'
import { livenessBoundMs, type SimulationOptions } from '../../options.ts'
import type { Violation } from '../../watch.ts'
import { GREETING_MS, twinsOptions, VIEW_MS } from '../pace.ts'
import type { TwinsResult } from '../run-twins.ts'
import { machineIds, speakersOf, type TwinsScenario } from '../scenario.ts'
import { Histories } from './histories.ts'
import { Judges } from './judges.ts'
import { CoreLinks, type Mail } from './links.ts'
import { CoreMachine } from './machine.ts'
import { createOrderlyMail, createShuffledMail } from './mail.ts'
import { Mint, type Said } from './mint.ts'

/**
 * One scenario on the core alone, for walking through very many: the same views, partitions, losses, crashes and transactions as on the
 * production runtime, without wire, disk and clients. What is said arrives at once; time goes on to the next timer when nothing is on its way.
 */
export interface TwinsCoreOptions {
  /** Letters arrive in an order that is drawn from it; null: as they were sent. */
  readonly shuffleSeed?: number | null
  /** Is told what was said and what happened, one line each. */
  readonly onLine?: (line: string) => void
}

/** @throws nothing for what machines do wrong: that is in the result */
export function runTwinsOnCore(scenario: TwinsScenario, options: TwinsCoreOptions = {}): TwinsResult {
  return new CoreWorld(scenario, options).run()
}

const LETTERS_MAX = 200_000
const SETTLE_ROUNDS = 2
const VIOLATIONS_MAX = 20
/** The second machines' clocks: so twins say different things also where they say them of the same batches. */
const TWIN_SKEW_MS = 1
/** What the members' clocks show when a scenario begins: nothing but a null request is said to be of time 0. */
const EPOCH_MS = 1_000
const TIME_WIDTH = 10
const LAST_ADDRESS_FACTOR = 64

class CoreWorld {
  readonly #scenario: TwinsScenario
  readonly #options: SimulationOptions
  readonly #onLine: ((line: string) => void) | null
  readonly #mail: Mail
  readonly #links: CoreLinks
  readonly #judges: Judges
  /** By address. */
  readonly #machines: readonly CoreMachine[]
  readonly #correct: readonly CoreMachine[]
  readonly #auditor = new Auditor()
  readonly #violations: Violation[] = []
  readonly #handedIn = new Set<Digest>()
  /** What machines got the last time. */
  #latest: readonly Digest[] = []
  #batches = 0
  #letters = 0
  #alarms = 0
  #nowMs = 0

  constructor(scenario: TwinsScenario, { shuffleSeed = null, onLine }: TwinsCoreOptions) {
    this.#scenario = scenario
    this.#options = twinsOptions(scenario.n, 1)
    this.#onLine = onLine ?? null
    this.#mail = shuffleSeed === null ? createOrderlyMail() : createShuffledMail(shuffleSeed)
    const nowMs = (): number => this.#nowMs
    this.#links = new CoreLinks(scenario, { mail: this.#mail, nowMs, machines: () => this.#machines })
    this.#judges = new Judges(scenario, { violation: (checker, text) => this.#violate(checker, text) })
    this.#machines = this.#createMachines()
    this.#correct = this.#machines.filter(machine => !this.#isTwin(machine))
  }

  #createMachines(): readonly CoreMachine[] {
    const [mint, histories, links] = [new Mint(), new Histories(), this.#links]
    const { n } = this.#scenario
    return machineIds(this.#scenario).map((id, address) => {
      const config = { ...this.#options, epoch: 0, n, self: id }
      const clockSkewMs = EPOCH_MS + (address < n ? 0 : TWIN_SKEW_MS)
      return new CoreMachine(
        { config, id, clockSkewMs },
        {
          mint,
          histories,
          nowMs: () => this.#nowMs,
          publish: letter => this.#publish(address, letter),
          spread: batch => links.spread(address, batch),
          note: what => this.#line(`${address} **`, what),
          near: () => this.#machinesAt(links.nearTo(address)),
          observer: this.#judges.observe(id),
        },
      )
    })
  }

  run(): TwinsResult {
    for (const machine of this.#machines) machine.start()
    this.#runUntil(GREETING_MS)
    for (let view = 0; view < this.#scenario.partitions.length; view++) {
      this.#links.hurry()
      this.#handIn(speakersOf(this.#scenario, view))
      this.#runView(view)
    }
    this.#silence()
    this.#settle()
    return this.#result()
  }

  /** Who crashes does so in the middle, and comes back at the end. */
  #runView(view: number): void {
    const { crash } = this.#scenario
    const crashing = crash?.view === view ? crash.machines : []
    if (crashing.length > 0) this.#runUntil(GREETING_MS + (view + 0.5) * VIEW_MS)
    for (const machine of this.#machinesAt(crashing)) machine.crash()
    this.#runUntil(GREETING_MS + (view + 1) * VIEW_MS)
    for (const machine of this.#machinesAt(crashing)) machine.start()
  }

  /** Each gets a batch of its own, and one that another got the last time. */
  #handIn(addresses: readonly number[]): void {
    const before = this.#latest
    this.#latest = addresses.map(() => digest(`b${this.#batches++}`))
    for (const [i, address] of addresses.entries()) {
      const machine = this.#machines[address]
      if (machine?.isUp !== true) continue
      for (const batch of [this.#latest[i], before[(i + 1) % before.length]]) {
        if (batch === undefined) continue
        machine.accept(batch)
        if (!this.#isTwin(machine)) this.#handedIn.add(batch)
      }
    }
  }

  #silence(): void {
    const { n, ending } = this.#scenario
    if (ending === 'one-falls-silent') for (const machine of this.#machines.slice(n)) machine.crash()
  }

  #settle(): void {
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      if (round > 0) this.#handIn([this.#machines.findIndex(machine => !this.#isTwin(machine))])
      const untilMs = this.#nowMs + livenessBoundMs(this.#options)
      if (this.#runUntil(untilMs, () => this.#missing().length === 0)) continue
      if (this.#violations.length === 0) this.#violate('liveness', this.#missing().join('; '))
      return
    }
  }

  /** @returns true as soon as `isDone` when nothing is on its way; false at `untilMs` or after a violation */
  #runUntil(untilMs: number, isDone: () => boolean = () => false): boolean {
    for (;;) {
      this.#deliver()
      if (this.#violations.length > 0) return false
      if (isDone()) return true
      const [machine, atMs] = this.#nextAlarm()
      if (machine === null || atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        return false
      }
      this.#nowMs = Math.max(this.#nowMs, atMs)
      this.#alarms += 1
      machine.ring()
    }
  }

  #deliver(): void {
    for (let letter = this.#mail.take(); letter !== undefined; letter = this.#mail.take()) {
      if (this.#violations.length > 0) continue
      this.#letters += 1
      if (this.#letters > LETTERS_MAX) this.#violate('liveness', `still busy after ${LETTERS_MAX} letters`)
      this.#auditor.number(letter.from * LAST_ADDRESS_FACTOR + letter.to)
      const [sender, machine] = [this.#machines[letter.from], this.#machines[letter.to]]
      if ('batch' in letter) machine?.hold(letter.batch)
      else if (sender !== undefined) machine?.hear(sender.id, letter.messages)
    }
    this.#auditor.number(this.#nowMs)
  }

  /** Of those due at one time that of the first machine. */
  #nextAlarm(): readonly [machine: CoreMachine | null, atMs: number] {
    let next: CoreMachine | null = null
    let nextMs = Number.POSITIVE_INFINITY
    for (const machine of this.#machines) {
      const { alarmMs } = machine
      if (alarmMs >= nextMs) continue
      next = machine
      nextMs = alarmMs
    }
    return [next, nextMs]
  }

  #publish(address: number, letter: readonly Said[]): void {
    const receivers = this.#links.publish(address, letter)
    if (this.#onLine === null) return
    const texts = letter.map(({ message: { sender, message } }) => {
      const again = sender === this.#machines[address]?.id ? '' : `again ${sender}'s `
      return `${again}${describeMessage(message)}`
    })
    this.#line(`${address} ->`, `${texts.join('; ')}  [${receivers.join(', ')}]`)
  }

  #line(who: string, what: string): void {
    this.#onLine?.(`${(this.#nowMs / 1_000).toFixed(4).padStart(TIME_WIDTH)}  ${who}  ${what}`)
  }

  #machinesAt(addresses: readonly number[]): readonly CoreMachine[] {
    return addresses.flatMap(address => this.#machines[address] ?? [])
  }

  #isTwin({ id }: CoreMachine): boolean {
    return this.#scenario.twinned.includes(id)
  }

  /** What is owed when the network is whole, as `missingFrom` asks it of whole replicas. @returns a sentence each */
  #missing(): readonly string[] {
    const correct = this.#correct
    const latest = Math.max(...correct.map(({ history }) => history.sequence))
    const entered = Math.max(...correct.map(({ view, viewActive }) => (viewActive ? view : 0)))
    const missing: string[] = []
    for (const { id, isUp, history, stableSequence, waiting, view, viewActive } of correct) {
      const where = `member ${id} in view ${view}${viewActive ? '' : ' (wanted)'}`
      if (!isUp) missing.push(`${where} is down`)
      if (history.sequence < latest) missing.push(`${where} ends at ${history.sequence} of ${latest}`)
      else if (stableSequence < latest)
        missing.push(`${where} is certified to ${stableSequence} of ${latest}`)
      if (waiting.size > 0) missing.push(`${where}: ${waiting.size} batches wait`)
      if (view < entered || (view === entered && !viewActive))
        missing.push(`${where} is not in view ${entered}`)
    }
    const [first] = correct
    for (const batch of this.#handedIn)
      if (first?.hasExecuted(batch) !== true) missing.push(`batch ${batch} was handed in and not executed`)
    return missing
  }

  #violate(checker: CheckerName, text: string): void {
    if (this.#violations.length >= VIOLATIONS_MAX) return
    this.#violations.push({ checker, atMs: Math.round(this.#nowMs), text })
    this.#line('*   ', `${checker}: ${text}`)
    this.#auditor.text(text)
  }

  #result(): TwinsResult {
    const correct = this.#correct
    return {
      violations: this.#violations,
      hash: this.#auditor.digest(),
      virtualMs: Math.round(this.#nowMs),
      steps: this.#letters + this.#alarms,
      messages: this.#letters,
      sequences: Math.max(0, ...correct.map(({ history }) => history.sequence)),
      views: Math.max(0, ...correct.map(({ view }) => view)),
      accused: this.#judges.accused.size,
      primariesMet: this.#links.primariesMet,
    }
  }
}
