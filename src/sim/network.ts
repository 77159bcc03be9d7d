import { createPrng, type Prng } from '../lib/prng.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import type { Answer, PeerHandlers, RequestProtocol, Topic } from '../runtime/ports.ts'
import type { Auditor } from './auditor.ts'
import { corrupt } from './corruption.ts'
import { drawDelayMs, type LatencyOptions } from './latency.ts'
import type { Scheduler } from './scheduler.ts'
import { drawSpread } from './spread.ts'
import type { Letter, Witness } from './witness.ts'

/**
 * Links between members: every message takes its own time, so they overtake each other; some are lost or come twice, and cut links
 * carry nothing in one direction or both. Requests travel the same links, and time out like real ones.
 */
export interface NetworkOptions {
  readonly seed: number
  readonly n: number
  readonly latency: LatencyOptions
}

export interface NetworkComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly auditor: Auditor
  /** What sentences say of a message; null: nothing. */
  fateOf?(letter: Omit<Letter, 'delayMs'>): Fate | null
  /** Who listens at a member now; null while it is down. */
  handlersOf(member: ReplicaId): PeerHandlers | null
  readonly witness?: Witness | undefined
}

/** What happens to one message on purpose. */
export interface Fate {
  readonly isLost: boolean
  /** On top of what the link takes. */
  readonly delayMs: number
  /** How often it comes, if it comes. */
  readonly copies: number
}

export const ORDINARY_FATE: Fate = { isLost: false, delayMs: 0, copies: 1 }
/** A message that is held back takes so much longer. */
const HELD_BACK_MIN_MS = 50
/** To three seconds. */
const HELD_BACK_DOUBLINGS_MAX = 5.9

/** For what not every world has. */
const RARE_SALT = 0x7b * 2 ** 32
const DAMAGE_SALT = 0x77 * 2 ** 32

export class SimNetwork {
  readonly #options: NetworkOptions
  readonly #components: NetworkComponents
  readonly #rarePrng: Prng
  readonly #damagePrng: Prng
  /** How many cuts lie over a link, by `from * n + to`. */
  readonly #cuts: Uint16Array
  #heals = 0
  loss = 0
  duplication = 0
  /** Of messages, 0 to 1, that come long after those sent later. */
  holdingBack = 0
  /** Of messages, requests and answers, 0 to 1, that arrive damaged. */
  corruption = 0
  #messages = 0
  #bytes = 0
  #corrupted = 0

  constructor(options: NetworkOptions, components: NetworkComponents) {
    this.#options = options
    this.#components = components
    this.#rarePrng = createPrng(options.seed + RARE_SALT)
    this.#damagePrng = createPrng(options.seed + DAMAGE_SALT)
    this.#cuts = new Uint16Array(options.n * options.n)
  }

  get messages(): number {
    return this.#messages
  }

  get corrupted(): number {
    return this.#corrupted
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Nothing goes from any of `from` to any of `to`. @returns ends this cut; twice or after `heal` does nothing */
  cut(from: readonly number[], to: readonly number[]): () => void {
    const links = from.flatMap(a => to.filter(b => a !== b).map(b => a * this.#options.n + b))
    const { witness } = this.#components
    const heals = this.#heals
    let isOver = false
    for (const link of links) this.#cuts[link] = (this.#cuts[link] ?? 0) + 1
    witness?.onEvent?.(null, `links cut: ${from.join(' ')} to ${to.join(' ')}`)
    return () => {
      if (isOver || heals !== this.#heals) return
      isOver = true
      for (const link of links) this.#cuts[link] = (this.#cuts[link] ?? 1) - 1
      witness?.onEvent?.(null, `links whole: ${from.join(' ')} to ${to.join(' ')}`)
    }
  }

  /** Ends every cut. */
  heal(): void {
    if (this.#cuts.some(cuts => cuts > 0)) this.#components.witness?.onEvent?.(null, 'links healed')
    this.#heals += 1
    this.#cuts.fill(0)
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
        this.#components.handlersOf(to)?.onGossip(topic, this.#arrived(bytes), `member ${from}`, () => {})
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
      handlers.onRequest(protocol, this.#arrived(bytes), `member ${from}`, answer =>
        this.#travel({ from: to, to: from, kind: { answer: protocol }, bytes: answer }, () =>
          finish(
            answer === null ? { ok: false, failure: 'refused' } : { ok: true, bytes: this.#arrived(answer) },
          ),
        ),
      )
    })
  }

  #travel(letter: Omit<Letter, 'delayMs'>, arrive: () => void): void {
    const fate = this.#components.fateOf?.(letter) ?? ORDINARY_FATE
    for (let i = 0; i < fate.copies; i++) this.#travelOnce(letter, fate, arrive)
  }

  #travelOnce(letter: Omit<Letter, 'delayMs'>, fate: Fate, arrive: () => void): void {
    const { scheduler, auditor, witness } = this.#components
    const { from, to } = letter
    const drawnMs = this.#drawDelayMs(from, to)
    const delayMs = drawnMs === null || fate.isLost ? null : drawnMs + fate.delayMs
    witness?.onLetter?.({ ...letter, delayMs })
    if (delayMs === null) return
    scheduler.after(delayMs, () => {
      if (this.#isCut(from, to)) return
      auditor.number(scheduler.nowMs)
      auditor.number(from * 128 + to)
      arrive()
    })
  }

  /** What is left of a message at its end. */
  #arrived(bytes: Uint8Array): Uint8Array {
    if (this.corruption === 0 || !this.#damagePrng.chance(this.corruption)) return bytes
    this.#corrupted += 1
    return corrupt(bytes, this.#damagePrng)
  }

  /** @returns null when the message is lost */
  #drawDelayMs(from: number, to: number): number | null {
    const { prng } = this.#components
    const rarePrng = this.#rarePrng
    if (this.#isCut(from, to) || prng.chance(this.loss)) return null
    const delayMs = drawDelayMs(this.#options.latency, from, to, { prng, rarePrng })
    if (this.holdingBack === 0 || !rarePrng.chance(this.holdingBack)) return delayMs
    return delayMs + drawSpread(rarePrng, HELD_BACK_MIN_MS, HELD_BACK_DOUBLINGS_MAX)
  }

  #isCut(from: number, to: number): boolean {
    return this.#cuts[from * this.#options.n + to] !== 0
  }
}
