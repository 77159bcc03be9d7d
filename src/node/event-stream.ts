import { toHex } from '../lib/bytes.ts'
import { diskNames, numberIn, under } from '../runtime/disk-names.ts'
import type { Store } from '../runtime/ports.ts'
import { StoredSequence } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { CertificateInfo, KeyEventInfo, NodeEvent, SequenceInfo } from './api.ts'
import type { KeyHistory } from './key-history.ts'

/**
 * Executed sequences as a stream that misses nothing: each subscriber has a cursor of its own into history on disk, so a slow one,
 * or one that comes back, reads on where it was; what history no longer holds is named as a gap. The id of an executed sequence is its
 * number. What it changed about the network's keys comes before it, under the id of the one before: whoever breaks off between the two
 * gets both again.
 */
export interface EventStreamComponents {
  readonly store: Store
  readonly keyHistory: KeyHistory
  /** Last executed. */
  latest(): number
}

interface Subscriber {
  next: number
  paused: boolean
  closed: boolean
  readonly listener: (event: NodeEvent) => boolean
}

interface ToldSequence {
  readonly info: SequenceInfo
  readonly keyEvents: readonly KeyEventInfo[]
}

/** Events given to one subscriber before the others have their turn. */
const EVENTS_PER_TURN = 64

export class EventStream {
  readonly #components: EventStreamComponents
  readonly #subscribers = new Set<Subscriber>()
  readonly #recent = new Map<number, ToldSequence>()

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

  /** To those who are up to date: it says nothing that is lost with it. */
  onCertificate(info: CertificateInfo): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.paused || subscriber.next <= this.#components.latest()) continue
      const event = { id: subscriber.next - 1, type: 'certificate', info } as const
      if (!subscriber.listener(event)) subscriber.paused = true
    }
  }

  /** One executed sequence from history; null when it is not there. */
  info(sequence: number): SequenceInfo | null {
    const bytes = this.#components.store.get(diskNames.executed(sequence))
    return bytes === undefined ? null : decodeInfo(bytes)
  }

  #deliver(subscriber: Subscriber): void {
    for (let given = 0; !subscriber.paused && !subscriber.closed; given++) {
      if (subscriber.next > this.#components.latest()) return
      if (given === EVENTS_PER_TURN) return void setImmediate(() => this.#deliver(subscriber))
      const sequence = this.#cached(subscriber.next)
      if (sequence === null) return this.#tellGap(subscriber)
      subscriber.next += 1
      if (!tell(subscriber, sequence)) subscriber.paused = true
    }
  }

  /** Subscribers that are up to date read the same event at the same time. */
  #cached(number: number): ToldSequence | null {
    const known = this.#recent.get(number)
    if (known !== undefined) return known
    const info = this.info(number)
    if (info === null) return null
    const sequence = { info, keyEvents: this.#components.keyHistory.at(number) }
    this.#recent.set(number, sequence)
    if (this.#recent.size > EVENTS_PER_TURN)
      for (const oldest of this.#recent.keys()) {
        this.#recent.delete(oldest)
        break
      }
    return sequence
  }

  #tellGap(subscriber: Subscriber): void {
    subscriber.paused = true
    const range = { gte: diskNames.executed(subscriber.next), lt: under('executed/').lt, limit: 1 }
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

/** All of a sequence, however soon the subscriber has had enough: the last answer counts. */
function tell({ listener }: Subscriber, { info, keyEvents }: ToldSequence): boolean {
  for (const event of keyEvents) listener({ id: info.sequence - 1, type: 'key', info: event })
  return listener({ id: info.sequence, type: 'executed', info })
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
