import type { Connection, Stream } from '@libp2p/interface'
import { CircuitBreaker } from '../defence/circuit-breaker.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { concatBytes } from '../lib/bytes.ts'
import {
  type Answer,
  type Clock,
  type PeerHandlers,
  type PeerName,
  REQUEST_PROTOCOLS,
  type RequestFailure,
  type RequestProtocol,
} from '../runtime/ports.ts'
import { FrameError, FrameStream } from './frame-stream.ts'
import { type Admission, admittedOnly } from './gated.ts'
import type { Node } from './libp2p-node.ts'
import * as limits from './limits.ts'
import type { ProtocolNames } from './protocols.ts'

/** First byte of an answer; the position is the byte on the wire, so new ones are appended. */
const STATUSES = ['ok', 'refused', 'rate-limited', 'too-large'] as const
type Status = (typeof STATUSES)[number]

export interface RequestComponents {
  readonly node: Node
  readonly admission: Admission
  readonly clock: Clock
  /** 0 to 1 */
  readonly random: () => number
  isMember(peer: PeerName): boolean
}

/**
 * One question and one answer on a stream of its own: a frame each, the answer's first byte a status. What we serve is bounded
 * for each peer by rate and by streams, and in total; what we ask is given up after its time-out, and a peer that keeps
 * failing is left alone for a while.
 */
export class Requests {
  readonly #names: ProtocolNames
  readonly #components: RequestComponents
  readonly #limiters = new Map<string, RateLimiter>()
  readonly #breaker = new CircuitBreaker(limits.REQUEST_BREAKER)
  readonly #inFlight = new Map<string, number>()
  readonly #refusals = new RateLimiter(limits.REQUEST_REFUSALS_RATE, limits.KEYS_OF_LIMITERS_MAX)
  readonly #servedOf = new Map<PeerName, number>()
  readonly #served = { member: 0, stranger: 0 }

  constructor(names: ProtocolNames, components: RequestComponents) {
    this.#names = names
    this.#components = components
    for (const protocol of REQUEST_PROTOCOLS) {
      for (const kind of ['member', 'stranger'] as const) {
        const rate = limits.REQUEST_RATE[protocol][kind]
        this.#limiters.set(`${protocol} ${kind}`, new RateLimiter(rate, limits.KEYS_OF_LIMITERS_MAX))
      }
    }
  }

  async start(handlers: PeerHandlers): Promise<void> {
    for (const protocol of REQUEST_PROTOCOLS) {
      const serve = (stream: Stream, connection: Connection): void => {
        this.#serve(protocol, stream, connection, handlers).catch((error: Error) => stream.abort(error))
      }
      await this.#components.node.handle(
        this.#names.requests[protocol],
        admittedOnly(serve, this.#components.admission),
        {
          maxInboundStreams: limits.REQUEST_STREAMS_MAX,
          maxOutboundStreams: limits.REQUEST_STREAMS_MAX,
        },
      )
    }
  }

  /** @param connection null when there is none; `done` is called exactly once and never before this returns */
  request(
    connection: Connection | null,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    options: { readonly timeoutMs: number },
    done: (answer: Answer) => void,
  ): void {
    const key = `${protocol} ${connection?.remotePeer.toString()}`
    const failure = this.#refuseToAsk(connection, protocol, key, bytes)
    if (failure !== null || connection === null) {
      queueMicrotask(() => done({ ok: false, failure: failure ?? 'not-connected' }))
      return
    }
    this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1)
    this.#ask(connection, protocol, bytes, options.timeoutMs)
      .catch((error: Error): Answer => ({ ok: false, failure: failureOf(error) }))
      .then(answer => {
        this.#settle(key, answer)
        done(answer)
      })
  }

  /** A peer that came back starts with a clean slate. */
  forgive(peer: PeerName): void {
    for (const protocol of REQUEST_PROTOCOLS) this.#breaker.forget(`${protocol} ${peer}`)
  }

  #refuseToAsk(
    connection: Connection | null,
    protocol: RequestProtocol,
    key: string,
    bytes: Uint8Array,
  ): RequestFailure | null {
    if (connection === null) return 'not-connected'
    if (bytes.length > limits.REQUEST_BYTES_MAX[protocol]) return 'too-large'
    if ((this.#inFlight.get(key) ?? 0) >= limits.REQUEST_STREAMS_MAX) return 'rate-limited'
    return this.#breaker.allow(key, this.#components.clock.nowMs()) ? null : 'broken'
  }

  async #ask(
    connection: Connection,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    timeoutMs: number,
  ): Promise<Answer> {
    const deadlineMs = this.#components.clock.nowMs() + timeoutMs
    const stream = await connection.newStream([this.#names.requests[protocol]], {
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answerBytesMax = limits.ANSWER_BYTES_MAX[protocol] + 1
    const frames = new FrameStream(stream, answerBytesMax)
    frames.write(bytes)
    const leftMs = Math.max(1, deadlineMs - this.#components.clock.nowMs())
    const frame = await frames.read({ bytesMax: answerBytesMax, timeoutMs: leftMs })
    frames.close(limits.REQUEST_SERVE_TIMEOUT_MS)
    const status = STATUSES[frame[0] ?? 255]
    if (status === 'ok') return { ok: true, bytes: frame.subarray(1) }
    return { ok: false, failure: status ?? 'broken' }
  }

  #settle(key: string, answer: Answer): void {
    const left = (this.#inFlight.get(key) ?? 1) - 1
    if (left <= 0) this.#inFlight.delete(key)
    else this.#inFlight.set(key, left)
    const failed = !answer.ok && (answer.failure === 'timed-out' || answer.failure === 'broken')
    if (failed) this.#breaker.failed(key, this.#components.clock.nowMs(), this.#components.random())
    else this.#breaker.succeeded(key)
  }

  async #serve(
    protocol: RequestProtocol,
    stream: Stream,
    connection: Connection,
    handlers: PeerHandlers,
  ): Promise<void> {
    const from = connection.remotePeer.toString()
    const requestBytesMax = limits.REQUEST_BYTES_MAX[protocol]
    const frames = new FrameStream(stream, requestBytesMax)
    if (!this.#mayServe(protocol, from)) return this.#refuse(frames, connection)
    this.#countServed(from, 1)
    try {
      const request = await frames.read({
        bytesMax: requestBytesMax,
        timeoutMs: limits.REQUEST_READ_TIMEOUT_MS,
      })
      const answer = await this.#handle(protocol, request, from, handlers)
      if (answer === null) this.#answer(frames, 'refused')
      else if (answer.length > limits.ANSWER_BYTES_MAX[protocol]) this.#answer(frames, 'too-large')
      else this.#answer(frames, 'ok', answer)
    } finally {
      this.#countServed(from, -1)
    }
  }

  #mayServe(protocol: RequestProtocol, from: PeerName): boolean {
    const kind = this.#kindOf(from)
    if ((this.#servedOf.get(from) ?? 0) >= limits.REQUESTS_SERVED_PER_PEER_MAX) return false
    if (this.#served[kind] >= limits.REQUESTS_SERVED_MAX[kind]) return false
    return this.#limiters.get(`${protocol} ${kind}`)?.take(from, this.#components.clock.nowMs()) === true
  }

  /** An answer costs little, a stream costs more: whoever opens them against all refusals is a flood. */
  #refuse(frames: FrameStream, connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (this.#refusals.take(peer, this.#components.clock.nowMs())) this.#answer(frames, 'rate-limited')
    else connection.abort(new Error('too many requests'))
  }

  #countServed(from: PeerName, difference: 1 | -1): void {
    this.#served[this.#kindOf(from)] += difference
    const count = (this.#servedOf.get(from) ?? 0) + difference
    if (count === 0) this.#servedOf.delete(from)
    else this.#servedOf.set(from, count)
  }

  #kindOf(peer: PeerName): 'member' | 'stranger' {
    return this.#components.isMember(peer) ? 'member' : 'stranger'
  }

  #handle(
    protocol: RequestProtocol,
    request: Uint8Array,
    from: PeerName,
    handlers: PeerHandlers,
  ): Promise<Uint8Array | null> {
    return new Promise(resolve => {
      const cancel = this.#components.clock.after(limits.REQUEST_SERVE_TIMEOUT_MS, () => resolve(null))
      handlers.onRequest(protocol, request, from, answer => {
        cancel()
        resolve(answer)
      })
    })
  }

  #answer(frames: FrameStream, status: Status, bytes: Uint8Array = new Uint8Array()): void {
    frames.write(concatBytes(Uint8Array.of(STATUSES.indexOf(status)), bytes))
    frames.close(limits.REQUEST_SERVE_TIMEOUT_MS)
  }
}

function failureOf(error: Error): RequestFailure {
  if (error instanceof FrameError && error.code === 'too-large') return 'too-large'
  const timedOut = error instanceof FrameError ? error.code === 'timed-out' : error.name === 'TimeoutError'
  return timedOut ? 'timed-out' : 'broken'
}
