import { assert } from '../../../lib/assert.ts'
import type { ReplicaConfig } from '../../../pbft/config.ts'
import type { Draft, Effect } from '../../../pbft/effect.ts'
import type { Event, Timer, TimerKind } from '../../../pbft/event.ts'
import { quorum } from '../../../pbft/quorum.ts'
import { Replica } from '../../../pbft/replica.ts'
import type { Certificate, CommittedEntry, Digest, ReplicaId, Verified } from '../../../pbft/types.ts'
import { CoreDisk } from './disk.ts'
import { batchesOf, type Histories, type History } from './histories.ts'
import type { Mint, Said } from './mint.ts'

/**
 * One machine: a core with what the runtime would do for it, at once and in memory. It keeps its records, executes, holds bodies, fetches
 * what it lacks, and knows when its timers are due. What it says is gathered until it has nothing more to do, and leaves in one letter.
 */
export interface MachineOptions {
  readonly config: ReplicaConfig
  readonly id: ReplicaId
  /** What is added to the time that it reads. Milliseconds. */
  readonly clockSkewMs: number
}

export interface MachineComponents {
  readonly mint: Mint
  readonly histories: Histories
  nowMs(): number
  /** One letter, to all that can hear it. */
  publish(letter: readonly Said[]): void
  spread(batch: Digest): void
  /** Machines that can be asked now. */
  near(): readonly CoreMachine[]
  /** For whoever reads along. */
  note(what: string): void
  readonly observer: MachineObserver
}

/** Told of what must be judged. */
export interface MachineObserver {
  onSaid(said: Said): void
  onExecuted(history: History): void
  onStable(certificate: Certificate): void
  onSuspect(suspected: ReplicaId): void
  /** It threw, and does nothing any more. */
  onFailure(error: unknown): void
}

/** `fetch`: ask again for what is missing; `spread`: show again what waits. */
type Alarm = TimerKind | 'fetch' | 'spread'

interface Running {
  readonly atMs: number
  /** Null for alarms that are none of the core's. */
  readonly timer: Timer | null
  readonly afterMs: number
}

/** What is missing is usually just late. */
const FETCH_MS = 10
const FETCH_AGAIN_MS = 100
const SPREAD_MS = 250
const SPREAD_MAX = 8
/** Executed sequences below the stable checkpoint that others may still ask for; whoever lacks more gets the state. */
const ENTRIES_BELOW_STABLE = 2
const EVENTS_AT_ONCE_MAX = 20_000

export class CoreMachine {
  readonly id: ReplicaId
  readonly #options: MachineOptions
  readonly #components: MachineComponents
  readonly #disk = new CoreDisk()
  readonly #entries = new Map<number, CommittedEntry>()
  readonly #bodies = new Set<Digest>()
  #history: History
  /** What a crash leaves of it: everything executed before something was last said. */
  #historyOnDisk: History
  #executed = new Set<Digest>()
  readonly #waiting = new Set<Digest>()
  #replica: Replica | null = null
  #starts = 0
  readonly #queue: Event[] = []
  readonly #timers = new Map<Alarm, Running>()
  readonly #heard = new Set<ReplicaId>()
  readonly #wanted = new Set<Digest>()
  #target = 0
  /** Whoever was asked last is not asked next. */
  #asked = 0
  #drafts: Draft[] = []
  #relayed: Said[] = []
  #isRunning = false
  view = 0
  viewActive = true

  constructor(options: MachineOptions, components: MachineComponents) {
    this.id = options.id
    this.#options = options
    this.#components = components
    this.#history = components.histories.genesis
    this.#historyOnDisk = this.#history
  }

  get isUp(): boolean {
    return this.#replica !== null
  }

  get isPrimary(): boolean {
    return this.view % this.#options.config.n === this.id
  }

  get history(): History {
    return this.#history
  }

  get stableSequence(): number {
    return this.#disk.stable?.statement.sequence ?? 0
  }

  /** Batches that it knows and has not executed. */
  get waiting(): ReadonlySet<Digest> {
    return this.#waiting
  }

  hasExecuted(batch: Digest): boolean {
    return this.#executed.has(batch)
  }

  start(): void {
    if (this.#replica !== null) return
    this.#replica = new Replica(this.#options.config)
    this.#starts += 1
    this.#executed = batchesOf(this.#history)
    this.#waiting.clear()
    for (const batch of this.#bodies) if (!this.#executed.has(batch)) this.#waiting.add(batch)
    const records = this.#disk.records(this.#history, this.#starts)
    this.view = records.view
    this.viewActive = records.viewActive
    this.#components.note(`starts in view ${this.view} with what was executed up to n${records.executed}`)
    const held = [...this.#waiting].map((batch): Event => ({ type: 'batch-available', digest: batch }))
    this.#submit({ type: 'recovered', records }, ...held)
    if (this.#waiting.size > 0) this.#setAlarm('spread', SPREAD_MS)
  }

  /** What was executed since it last said something may not be on disk. */
  crash(): void {
    this.#components.note('crashes')
    this.#stop()
    for (let n = this.#history.sequence; n > this.#historyOnDisk.sequence; n--) this.#entries.delete(n)
    this.#history = this.#historyOnDisk
  }

  /** The body of a batch, from a client or from another machine. */
  hold(batch: Digest): void {
    if (this.#replica === null || this.#bodies.has(batch)) return
    this.#bodies.add(batch)
    this.#waiting.add(batch)
    this.#wanted.delete(batch)
    if (!this.#timers.has('spread')) this.#setAlarm('spread', SPREAD_MS)
    this.#submit({ type: 'batch-available', digest: batch })
  }

  /** From a client: the others get it too. */
  accept(batch: Digest): void {
    if (this.#replica === null || this.#bodies.has(batch)) return
    this.#components.spread(batch)
    this.hold(batch)
  }

  hear(sender: ReplicaId, messages: readonly Verified[]): void {
    if (this.#replica === null) return
    this.#heard.add(sender)
    this.#submit(...messages.map((message): Event => ({ type: 'message', message })))
  }

  /** When the next alarm is due; infinity: never. */
  get alarmMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY
    for (const { atMs } of this.#timers.values()) if (atMs < earliestMs) earliestMs = atMs
    return earliestMs
  }

  /** Lets the earliest alarm ring; of those due at one time the one that was set first. */
  ring(): void {
    const dueMs = this.alarmMs
    for (const [alarm, running] of this.#timers) {
      if (running.atMs !== dueMs) continue
      this.#timers.delete(alarm)
      return this.#onAlarm(alarm, running)
    }
  }

  #onAlarm(alarm: Alarm, { timer, afterMs }: Running): void {
    if (alarm === 'spread') return this.#spreadAgain()
    if (alarm === 'fetch') return this.#ask()
    // Whoever is alone since its start cannot know whether the primary works.
    const isAlone = this.#heard.size + 1 < quorum(this.#options.config.n)
    if (timer === null) return
    if (alarm === 'progress' && isAlone) this.#setAlarm(alarm, afterMs, timer)
    else this.#submit({ type: 'timer-expired', timer })
  }

  #setAlarm(alarm: Alarm, afterMs: number, timer: Timer | null = null): void {
    this.#timers.delete(alarm)
    this.#timers.set(alarm, { atMs: this.#components.nowMs() + afterMs, timer, afterMs })
  }

  #spreadAgain(): void {
    let spread = 0
    for (const batch of this.#waiting) {
      if (spread++ === SPREAD_MAX) break
      this.#components.spread(batch)
    }
    if (this.#waiting.size > 0) this.#setAlarm('spread', SPREAD_MS)
  }

  #submit(...events: readonly Event[]): void {
    this.#queue.push(...events)
    this.#run()
  }

  #run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      for (let i = 0; i < EVENTS_AT_ONCE_MAX; i++) {
        const event = this.#queue.shift() ?? this.#flush()
        if (event === null) return this.#askSoon()
        for (const effect of this.#replica?.step(event) ?? []) this.#perform(effect)
      }
      throw new Error(`still busy after ${EVENTS_AT_ONCE_MAX} events`)
    } catch (error) {
      this.#stop()
      this.#components.observer.onFailure(error)
    } finally {
      this.#isRunning = false
    }
  }

  #stop(): void {
    this.#replica = null
    this.#queue.length = 0
    this.#drafts = []
    this.#relayed = []
    this.#timers.clear()
    this.#heard.clear()
    this.#wanted.clear()
    this.#target = 0
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        return this.#disk.write(effect.record)
      case 'send':
        return void this.#drafts.push(effect.draft)
      case 'relay':
        for (const proof of effect.proofs) {
          const said = this.#components.mint.find(proof)
          if (said !== undefined) this.#relayed.push(said)
        }
        return
      case 'fetch-batch':
        return this.#onBatchWanted(effect.digest)
      case 'execute':
        return this.#execute(effect.entry, effect.checkpoint)
      case 'fetch-state':
        this.#target = effect.target
        return
      case 'set-timer':
        return this.#setAlarm(effect.timer.kind, effect.afterMs, effect.timer)
      case 'cancel-timer':
        return void this.#timers.delete(effect.kind)
      case 'truncate-log':
        return this.#onStable(effect.certificate)
      case 'suspect':
        return this.#components.observer.onSuspect(effect.replica)
      case 'view-entered':
        this.view = effect.view
        this.viewActive = effect.active
    }
  }

  #onBatchWanted(batch: Digest): void {
    if (!this.#bodies.has(batch)) this.#wanted.add(batch)
    else
      this.#queue.push({ type: this.#executed.has(batch) ? 'batch-found' : 'batch-available', digest: batch })
  }

  #execute(entry: CommittedEntry, checkpoint: boolean): void {
    const { proposal } = entry
    const history = this.#components.histories.after(this.#history, proposal)
    this.#history = history
    this.#entries.set(proposal.sequence, entry)
    for (const batch of proposal.batchDigests) {
      assert(this.#bodies.has(batch), 'the body of a committed batch is here')
      this.#executed.add(batch)
      this.#waiting.delete(batch)
    }
    if (checkpoint) this.#disk.writeStatement(history.statement)
    this.#components.observer.onExecuted(history)
    const statement = checkpoint ? history.statement : null
    this.#queue.push({ type: 'executed', sequence: proposal.sequence, statement })
  }

  #onStable(certificate: Certificate): void {
    this.#disk.truncate(certificate)
    this.#historyOnDisk = this.#history
    for (const n of this.#entries.keys())
      if (n <= certificate.statement.sequence - ENTRIES_BELOW_STABLE) this.#entries.delete(n)
    this.#components.observer.onStable(certificate)
  }

  /** Everything that was persisted and said leaves together; our own messages come back to us. */
  #flush(): Event | null {
    const [drafts, relayed] = [this.#drafts, this.#relayed]
    if (drafts.length + relayed.length === 0) return null
    const { mint, observer, publish, nowMs } = this.#components
    this.#drafts = []
    this.#relayed = []
    this.#historyOnDisk = this.#history
    const letter: Said[] = []
    for (const draft of drafts) {
      const said = mint.sign(this.id, draft, nowMs() + this.#options.clockSkewMs)
      this.#disk.writeOwn(said.message)
      this.#queue.push({ type: 'message', message: said.message })
      letter.push(said)
      observer.onSaid(said)
    }
    publish([...letter, ...relayed])
    return this.#queue.shift() ?? null
  }

  #askSoon(): void {
    if (this.#needsToAsk() && !this.#timers.has('fetch')) this.#setAlarm('fetch', FETCH_MS)
  }

  #needsToAsk(): boolean {
    return this.#wanted.size > 0 || this.#target > this.#history.sequence
  }

  /** Bodies and sequences that are missing and that some machine near has. */
  #ask(): void {
    const near = this.#components.near()
    const named = this.#replica?.namedBatches() ?? new Set()
    for (const batch of [...this.#wanted]) {
      if (!named.has(batch)) this.#wanted.delete(batch)
      else if (near.some(other => other.#bodies.has(batch))) this.hold(batch)
    }
    const ahead = near.filter(other => other.#history.sequence > this.#history.sequence)
    const giver = ahead[this.#asked++ % ahead.length]
    if (giver !== undefined && this.#target > this.#history.sequence) this.#takeFrom(giver)
    if (this.#replica !== null && this.#needsToAsk()) this.#setAlarm('fetch', FETCH_AGAIN_MS)
  }

  #takeFrom(giver: CoreMachine): void {
    const wanted = this.#history.sequence + 1
    const stable = giver.#disk.stable
    this.#components.note(`fetches n${wanted} to n${this.#target}`)
    if (giver.#entries.has(wanted)) this.#takeEntries(giver, wanted)
    else if (stable !== null && stable.statement.sequence >= wanted) {
      this.#install(giver, stable)
      this.#takeEntries(giver, this.#history.sequence + 1)
    }
  }

  #takeEntries(giver: CoreMachine, from: number): void {
    for (let n = from; n <= this.#target && this.#replica !== null; n++) {
      const entry = giver.#entries.get(n)
      if (entry === undefined) return
      for (const batch of entry.proposal.batchDigests) this.#bodies.add(batch)
      this.#submit({ type: 'entry-fetched', entry })
    }
  }

  /** The state itself, where sequences are gone. */
  #install(giver: CoreMachine, certificate: Certificate): void {
    const history = this.#components.histories.named(certificate.statement.historyDigest)
    if (history === undefined || giver.#history.sequence < history.sequence) return
    this.#components.note(`takes over the state at n${history.sequence}`)
    this.#history = history
    this.#historyOnDisk = history
    this.#entries.clear()
    this.#executed = batchesOf(history)
    for (const batch of this.#executed) this.#bodies.add(batch)
    const obsoleteBatches = [...this.#waiting].filter(batch => this.#executed.has(batch))
    for (const batch of obsoleteBatches) this.#waiting.delete(batch)
    this.#components.observer.onExecuted(history)
    this.#submit({ type: 'state-installed', certificate, obsoleteBatches })
  }
}
