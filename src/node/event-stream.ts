import { toHex } from '../lib/bytes.ts'
import { keys, numberIn, under } from '../runtime/keys.ts'
import type { Store } from '../runtime/ports.ts'
import { StoredSequence } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { NodeEvent, SequenceInfo } from './api.ts'

/**
 * Executed sequences as a stream that misses nothing: each subscriber has a cursor of its own into history on disk, so a slow one,
 * or one that comes back, reads on where it was; what history no longer holds is named as a gap. An event's id is its sequence.
 */
export interface EventStreamComponents {
  readonly store: Store
  /** Last executed. */
  latest(): number
}

interface Subscriber {
  next: number
  paused: boolean
  closed: boolean
  readonly listener: (event: NodeEvent) => boolean
}

/** Events given to one subscriber before the others have their turn. */
const EVENTS_PER_TURN = 64

export class EventStream {
  readonly #components: EventStreamComponents
  readonly #subscribers = new Set<Subscriber>()
  readonly #recent = new Map<number, SequenceInfo>()

  constructor(components: EventStreamComponents) {
    this.#components = components
  }

  subscribe(
    afterId: number | null,
    listener: (event: NodeEvent) => boolean,
  ): { close(): void; resume(): void } {
    const next = (afterId ?? this.#components.latest()) + 1
    const subscriber: Subscriber = { next, paused: false, closed: false, listener }
    this.#subscribers.add(subscriber)
    setImmediate(() => this.#deliver(subscriber))
    return {
      close: () => {
        subscriber.closed = true
        this.#subscribers.delete(subscriber)
      },
      resume: () => {
        if (!subscriber.paused) return
        subscriber.paused = false
        this.#deliver(subscriber)
      },
    }
  }

  onExecuted(): void {
    for (const subscriber of this.#subscribers) this.#deliver(subscriber)
  }

  /** One executed sequence from history; null when it is not there. */
  info(sequence: number): SequenceInfo | null {
    const bytes = this.#components.store.get(keys.executed(sequence))
    return bytes === undefined ? null : decodeInfo(bytes)
  }

  #deliver(subscriber: Subscriber): void {
    for (let given = 0; !subscriber.paused && !subscriber.closed; given++) {
      if (subscriber.next > this.#components.latest()) return
      if (given === EVENTS_PER_TURN) return void setImmediate(() => this.#deliver(subscriber))
      const info = this.#cached(subscriber.next)
      if (info === null) return this.#tellGap(subscriber)
      subscriber.next += 1
      if (!subscriber.listener({ id: info.sequence, type: 'executed', info })) subscriber.paused = true
    }
  }

  /** Subscribers that are up to date read the same event at the same time. */
  #cached(sequence: number): SequenceInfo | null {
    const known = this.#recent.get(sequence)
    if (known !== undefined) return known
    const info = this.info(sequence)
    if (info === null) return null
    this.#recent.set(sequence, info)
    if (this.#recent.size > EVENTS_PER_TURN)
      for (const oldest of this.#recent.keys()) {
        this.#recent.delete(oldest)
        break
      }
    return info
  }

  #tellGap(subscriber: Subscriber): void {
    subscriber.paused = true
    const range = { gte: keys.executed(subscriber.next), lt: under('executed/').lt, limit: 1 }
    this.#components.store.range(range, (error, entries) => {
      if (error !== null || subscriber.closed) return
      const first = entries[0]
      const to = first === undefined ? this.#components.latest() : numberIn(first[0]) - 1
      const from = subscriber.next
      subscriber.paused = false
      subscriber.next = to + 1
      if (to >= from && !subscriber.listener({ id: to, type: 'gap', from, to })) subscriber.paused = true
      this.#deliver(subscriber)
    })
  }
}

function decodeInfo(bytes: Uint8Array): SequenceInfo | null {
  const stored = decodeOr('executed-malformed', () => StoredSequence.decode(bytes))
  if (isRejection(stored) || stored.segment === undefined) return null
  const { sequence, proposalDigest, logTimeMs, receipts } = stored.segment
  return {
    sequence,
    digest: toHex(proposalDigest),
    historyDigest: toHex(stored.historyDigest),
    logTimeMs,
    view: stored.view,
    transactions: receipts.map(({ id, code }) => ({ id: toHex(id), code })),
  }
}
