import type { Prng } from '../lib/prng.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import type { Answer, PeerHandlers, RequestProtocol, Topic } from '../runtime/ports.ts'
import type { Auditor } from './auditor.ts'
import type { LatencyOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import type { Letter, Witness } from './witness.ts'

/**
 * Links between members: every message takes its own time, so they overtake each other; some are lost or come twice, and cut links
 * carry nothing in one direction or both. Requests travel the same links, and time out like real ones.
 */
export interface NetworkOptions {
  readonly n: number
  readonly latency: LatencyOptions
}

export interface NetworkComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly auditor: Auditor
  /** Who listens at a member now; null while it is down. */
  handlersOf(member: ReplicaId): PeerHandlers | null
  readonly witness?: Witness | undefined
}

export class SimNetwork {
  readonly #options: NetworkOptions
  readonly #components: NetworkComponents
  readonly #cut = new Set<number>()
  loss = 0
  duplication = 0
  #messages = 0
  #bytes = 0

  constructor(options: NetworkOptions, components: NetworkComponents) {
    this.#options = options
    this.#components = components
  }

  get messages(): number {
    return this.#messages
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Nothing goes from any of `from` to any of `to`. */
  cut(from: readonly number[], to: readonly number[]): void {
    for (const a of from) for (const b of to) if (a !== b) this.#cut.add(a * this.#options.n + b)
    this.#components.witness?.onEvent?.(null, `links cut: ${from.join(' ')} to ${to.join(' ')}`)
  }

  heal(): void {
    if (this.#cut.size > 0) this.#components.witness?.onEvent?.(null, 'links healed')
    this.#cut.clear()
  }

  connectedTo(member: ReplicaId): readonly ReplicaId[] {
    const connected: ReplicaId[] = []
    for (let other = 0; other < this.#options.n; other++) {
      const id = replicaId(other)
      if (other === member || this.#components.handlersOf(id) === null) continue
      if (this.#isCut(member, other) || this.#isCut(other, member)) continue
      connected.push(id)
    }
    return connected
  }

  send(from: ReplicaId, to: ReplicaId, topic: Topic, bytes: Uint8Array): void {
    this.#messages += 1
    this.#bytes += bytes.length
    const copies = this.#components.prng.chance(this.duplication) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      this.#travel({ from, to, kind: topic, bytes }, () => {
        this.#components.handlersOf(to)?.onGossip(topic, bytes, `member ${from}`, () => {})
      })
    }
  }

  /** @param done exactly once, with the answer or with a failure after `timeoutMs` at the latest */
  request(
    from: ReplicaId,
    to: ReplicaId,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    options: { readonly timeoutMs: number },
    done: (answer: Answer) => void,
  ): void {
    let isOpen = true
    const finish = (answer: Answer): void => {
      if (!isOpen) return
      isOpen = false
      cancel()
      done(answer)
    }
    const cancel = this.#components.scheduler.after(options.timeoutMs, () =>
      finish({ ok: false, failure: 'timed-out' }),
    )
    this.#travel({ from, to, kind: { request: protocol }, bytes }, () => {
      const handlers = this.#components.handlersOf(to)
      if (handlers === null) return
      handlers.onRequest(protocol, bytes, `member ${from}`, answer =>
        this.#travel({ from: to, to: from, kind: { answer: protocol }, bytes: answer }, () =>
          finish(answer === null ? { ok: false, failure: 'refused' } : { ok: true, bytes: answer }),
        ),
      )
    })
  }

  #travel(letter: Omit<Letter, 'delayMs'>, arrive: () => void): void {
    const { scheduler, prng, auditor, witness } = this.#components
    const { from, to } = letter
    const delayMs = this.#isCut(from, to) || prng.chance(this.loss) ? null : this.#drawDelayMs()
    witness?.onLetter?.({ ...letter, delayMs })
    if (delayMs === null) return
    scheduler.after(delayMs, () => {
      if (this.#isCut(from, to)) return
      auditor.number(scheduler.nowMs)
      auditor.number(from * 64 + to)
      arrive()
    })
  }

  #drawDelayMs(): number {
    const { prng } = this.#components
    const { minMs, maxMs, tail } = this.#options.latency
    const delayMs = minMs + prng.next() * (maxMs - minMs)
    return prng.chance(tail) ? delayMs * 20 * prng.next() : delayMs
  }

  #isCut(from: number, to: number): boolean {
    return this.#cut.has(from * this.#options.n + to)
  }
}
