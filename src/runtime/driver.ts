import { RateLimiter } from '../defence/rate-limiter.ts'
import { InvariantError, unreachable } from '../lib/assert.ts'
import type { Logger } from '../lib/logger.ts'
import { joinSizes, type Sizes } from '../lib/sizes.ts'
import type { ReplicaConfig } from '../pbft/config.ts'
import type { ConsensusRecord, Draft, Effect } from '../pbft/effect.ts'
import type { Event, TimerKind } from '../pbft/event.ts'
import { Replica, type ReplicaView } from '../pbft/replica.ts'
import type {
  Certificate,
  CommittedEntry,
  Digest,
  Proof,
  ReplicaId,
  Sequence,
  Statement,
} from '../pbft/types.ts'
import { ATTACHMENTS_MAX } from '../wire/limits.ts'
import type { Clock, Store, StoreOperation } from './ports.ts'
import type { Recorder } from './recorder.ts'
import { recordOperations } from './records.ts'
import { type Outgoing, type SignedOutgoing, weightOf } from './signing.ts'

/**
 * Runs the core: events in, one at a time, effects out in order. What a step persists and says is gathered and flushed together: signed,
 * written with one sync, then published and given back to the core. While a flush is on its way to disk the core goes on, and what
 * it says meanwhile leaves with the next flush; so the load itself decides how much one sync and one signature carry.
 */
export interface DriverPorts {
  readonly clock: Clock
  readonly store: Store
  readonly logger: Logger
  /** Null for an observer, which says nothing. */
  readonly outgoing: Pick<Outgoing, 'sign'> | null
  publish(bytes: Uint8Array): void
  /** Were so many members heard since our start that they and we make a quorum? */
  isQuorumHeard(): boolean
  /** The primary is about to be suspected: what waits no longer is to be said first. */
  beforeAccusing(): void
  /** @returns the statement, when `checkpoint` asks for it */
  execute(entry: CommittedEntry, checkpoint: boolean): Statement | null
  fetchBatch(digest: Digest): void
  fetchState(executed: Sequence, target: Sequence): void
  onStable(certificate: Certificate): void
  onSuspect(replica: ReplicaId, evidence: readonly [Proof, Proof]): void
  onView(view: number, active: boolean): void
  /** The replica cannot go on: a failed write or a broken invariant. Called once. */
  onFailure(error: Error): void
  readonly recorder?: Recorder | undefined
}

type TimerExpired = Extract<Event, { readonly type: 'timer-expired' }>

/** Steps in one go before the event loop may turn. */
const STEPS_PER_TURN_MAX = 512
const LINGER_MS = 4
/** Sent again for the sake of one member: at once a NEW-VIEW of any size, then votes for those who lag. */
const RELAY_BYTES_RATE = { perSecond: 131_072, burst: 4_194_304 }
const RELAY_MEMBERS_MAX = 1_024
const STATUSES_WAITING_MAX = 256

export class Driver {
  readonly #replica: Replica
  readonly #ports: DriverPorts
  readonly #queue: Event[] = []
  readonly #timers = new Map<TimerKind, { readonly event: TimerExpired; readonly cancel: () => void }>()
  #records: ConsensusRecord[] = []
  #drafts: Draft[] = []
  #relayed: Proof[] = []
  readonly #relayRate = new RateLimiter(RELAY_BYTES_RATE, RELAY_MEMBERS_MAX)
  #viewOnDisk = 0
  #running = false
  #flushing = false
  #lingered = false
  #cancelLinger: (() => void) | null = null
  #turnScheduled = false
  #stopped = false

  constructor(config: ReplicaConfig, ports: DriverPorts) {
    this.#replica = new Replica(config)
    this.#ports = ports
    ports.recorder?.begin(config)
  }

  view(): ReplicaView {
    return this.#replica.view()
  }

  sizes(): Sizes {
    const own = {
      queue: this.#queue.length,
      timers: this.#timers.size,
      records: this.#records.length,
      drafts: this.#drafts.length,
      relayed: this.#relayed.length,
    }
    return joinSizes({ core: this.#replica.sizes(), driver: own })
  }

  /** The view that a start would find: no later than the core's, whose record may be on its way. */
  get viewOnDisk(): number {
    return this.#viewOnDisk
  }

  namedBatches(): ReadonlySet<Digest> {
    return this.#replica.namedBatches()
  }

  /** Hands an event to the core, now or after those before it. */
  submit(event: Event): void {
    if (this.#stopped) return
    if (event.type === 'recovered') this.#viewOnDisk = event.records.view
    this.#queue.push(event)
    this.#run()
  }

  /** Runs `act` between events, when none waits: for what changes the state that waiting events build on. */
  whenIdle(act: () => void): void {
    if (this.#stopped) return
    if (this.#queue.length === 0 && !this.#running) return act()
    this.#ports.clock.after(1, () => this.whenIdle(act))
  }

  /** No further step, timer or message. What is on its way to disk still arrives there. */
  stop(): void {
    this.#stopped = true
    this.#queue.length = 0
    for (const { cancel } of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#cancelLinger?.()
  }

  #run(): void {
    if (this.#running || this.#turnScheduled) return
    this.#running = true
    try {
      for (let steps = 0; !this.#stopped; steps++) {
        if (this.#queue.length === 0) this.#flush()
        if (this.#queue.length === 0) return
        if (steps === STEPS_PER_TURN_MAX) return this.#continueNextTurn()
        const event = this.#queue.shift() as Event
        if (event.type === 'timer-expired' && !this.#isDue(event)) continue
        for (const effect of this.#step(event)) this.#perform(effect)
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new InvariantError(String(error)))
    } finally {
      this.#running = false
    }
  }

  #step(event: Event): readonly Effect[] {
    const { recorder } = this.#ports
    try {
      const effects = this.#replica.step(event)
      recorder?.onStep(event, effects)
      return effects
    } catch (error) {
      if (error instanceof Error) recorder?.onThrown(event, error)
      throw error
    }
  }

  #continueNextTurn(): void {
    this.#turnScheduled = true
    this.#ports.clock.after(0, () => {
      this.#turnScheduled = false
      this.#run()
    })
  }

  #perform(effect: Effect): void {
    const ports = this.#ports
    switch (effect.type) {
      case 'persist':
        this.#records.push(effect.record)
        return
      case 'send':
        return this.#say(effect.draft)
      case 'relay':
        return this.#relay(effect)
      case 'fetch-batch':
        return ports.fetchBatch(effect.digest)
      case 'execute': {
        const { sequence } = effect.entry.proposal
        const statement = ports.execute(effect.entry, effect.checkpoint)
        this.#queue.push({ type: 'executed', sequence, statement })
        return
      }
      case 'fetch-state':
        return ports.fetchState(effect.executed, effect.target)
      case 'set-timer':
        return this.#setTimer(effect)
      case 'cancel-timer':
        return this.#cancelTimer(effect.kind)
      case 'truncate-log':
        this.#forgetRecords(effect.certificate.statement.sequence)
        return ports.onStable(effect.certificate)
      case 'suspect':
        return ports.onSuspect(effect.replica, effect.evidence)
      case 'view-entered':
        return ports.onView(effect.view, effect.active)
      default:
        return unreachable(effect)
    }
  }

  /** Of statuses that wait for a slow disk the youngest are enough, and whoever asked in vain asks again. */
  #say(draft: Draft): void {
    this.#drafts.push(draft)
    const isStatus = (waiting: Draft): boolean => waiting.type === 'status'
    if (!isStatus(draft) || this.#drafts.length <= STATUSES_WAITING_MAX) return
    if (this.#drafts.filter(isStatus).length <= STATUSES_WAITING_MAX) return
    this.#drafts.splice(this.#drafts.findIndex(isStatus), 1)
  }

  /**
   * What one member claims to lack costs all members the bytes, so each has its share and no more. What one envelope cannot carry is
   * asked for again.
   */
  #relay({ to, proofs: lacked }: Extract<Effect, { readonly type: 'relay' }>): void {
    const proofs = lacked.slice(0, ATTACHMENTS_MAX - this.#relayed.length)
    const bytes = proofs.reduce((sum, proof) => sum + weightOf(proof).bytes, 0)
    if (this.#relayRate.take(String(to), this.#ports.clock.nowMs(), bytes)) this.#relayed.push(...proofs)
  }

  #setTimer(effect: Extract<Effect, { readonly type: 'set-timer' }>): void {
    const { timer, afterMs } = effect
    this.#cancelTimer(timer.kind)
    const event: TimerExpired = { type: 'timer-expired', timer }
    const cancel = this.#ports.clock.after(afterMs, () => {
      // Whoever is still alone since its start cannot know whether the primary works, and accuses it for nothing.
      if (timer.kind !== 'progress') return this.submit(event)
      if (!this.#ports.isQuorumHeard()) return this.#setTimer(effect)
      this.whenIdle(() => {
        this.#ports.beforeAccusing()
        this.submit(event)
      })
    })
    this.#timers.set(timer.kind, { event, cancel })
  }

  #cancelTimer(kind: TimerKind): void {
    this.#timers.get(kind)?.cancel()
    this.#timers.delete(kind)
  }

  /** False when the timer was cancelled or set anew while its event waited behind others. */
  #isDue(event: TimerExpired): boolean {
    if (this.#timers.get(event.timer.kind)?.event !== event) return false
    this.#timers.delete(event.timer.kind)
    return true
  }

  /** What waits for the disk and is no longer needed there: written later, it would outlive those that are deleted now. */
  #forgetRecords(stable: Sequence): void {
    this.#records = this.#records.filter(record => {
      const covered = sequenceOf(record)
      return covered === null || covered > stable
    })
  }

  #flush(): void {
    if (this.#flushing || this.#stopped) return
    if (this.#records.length + this.#drafts.length + this.#relayed.length === 0) return
    if (this.#mayLinger()) return
    const operations: StoreOperation[] = this.#records.flatMap(recordOperations)
    const written = this.#records.reduce(
      (latest, record) => (record.type === 'view' ? record.view : latest),
      this.#viewOnDisk,
    )
    const signed = this.#ports.outgoing?.sign(this.#drafts, this.#relayed, this.#viewOnDisk) ?? null
    this.#records = []
    this.#drafts = []
    this.#relayed = []
    if (signed !== null) operations.push(...signed.operations)
    if (operations.length === 0) return this.#release(signed)
    this.#flushing = true
    this.#ports.store.write(operations, { sync: true }, error => {
      this.#flushing = false
      if (error !== null) return this.#fail(error)
      if (this.#stopped) return
      this.#viewOnDisk = written
      this.#release(signed)
    })
  }

  /**
   * Nobody waits for a CHECKPOINT alone: it stays a moment, and leaves with the next vote if one comes by then. Under a steady load
   * that is a quarter of all envelopes, each of which costs every member a signature check and a disk write.
   */
  #mayLinger(): boolean {
    const isUrgent =
      this.#records.length + this.#relayed.length > 0 ||
      this.#drafts.some(({ type }) => type !== 'checkpoint')
    if (isUrgent || this.#lingered) {
      this.#lingered = false
      return false
    }
    this.#cancelLinger ??= this.#ports.clock.after(LINGER_MS, () => {
      this.#cancelLinger = null
      this.#lingered = this.#drafts.length > 0
      this.#run()
    })
    return true
  }

  /** On disk, or nothing that must be: it may be said, to others and to ourselves. */
  #release(signed: SignedOutgoing | null): void {
    if (signed !== null) {
      for (const bytes of signed.envelopes) this.#ports.publish(bytes)
      for (const message of signed.messages) this.#queue.push({ type: 'message', message })
    }
    if (!this.#running) this.#run()
  }

  #fail(error: Error): void {
    if (this.#stopped) return
    this.stop()
    this.#ports.onFailure(error)
  }
}

/** The sequence that a record is about; null for one that stands for itself. */
function sequenceOf(record: ConsensusRecord): Sequence | null {
  if (record.type === 'accepted') return record.prePrepare.message.proposal.sequence
  return record.type === 'prepared' ? record.certificate.proposal.sequence : null
}
