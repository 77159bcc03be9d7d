import type { Connection, Stream } from '@libp2p/interface'
import type { NetGroupProvider } from '../defence/netgroup.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { equalBytes } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import type { Clock, PeerName } from '../runtime/ports.ts'
import { groupsOf } from './addresses.ts'
import { FrameStream } from './frame-stream.ts'
import type { Admission } from './gated.ts'
import { decodeHello, decodeVerdict, encodeVerdict, HELLO_VERSION, type HelloVerdict } from './hello.ts'
import { ed25519KeyOf } from './identity.ts'
import * as limits from './limits.ts'
import type { TicketChecker } from './ticket-checker.ts'

export interface DoorOptions {
  readonly protocol: string
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** Our own hello, encoded. */
  readonly hello: Uint8Array
  isMember(peer: PeerName): boolean
}

export interface DoorComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly tickets: TicketChecker
  readonly netGroups: NetGroupProvider
}

interface Visit {
  readonly connection: Connection
  greeting: boolean
  /** The peer's ticket is good: what it asks is served. */
  theyPassed: boolean
  /** The peer also let us in: we may ask. */
  inside: boolean
  readonly cancelTimer: () => void
  readonly waiters: { resolve(): void; reject(error: Error): void }[]
}

/**
 * The door of the network. Whoever dialled opens the hello stream; both say hello at once, check the other's ticket and
 * answer with a verdict. A peer is served from the moment that its ticket is found good, and asked from the moment that it
 * let us in. Whoever is not inside `HELLO_TIMEOUT_MS` after connecting is disconnected. State is kept for each open
 * connection and goes with it, so it is bounded by the slots.
 */
export class Door implements Admission {
  readonly #options: DoorOptions
  readonly #components: DoorComponents
  readonly #visits = new Map<string, Visit>()
  readonly #perPeer = new RateLimiter(limits.HELLO_RATE_PER_PEER, limits.KEYS_OF_LIMITERS_MAX)
  readonly #total = new RateLimiter(limits.HELLO_RATE_TOTAL, 1)
  readonly #onInside: (connection: Connection) => void

  constructor(options: DoorOptions, components: DoorComponents, onInside: (connection: Connection) => void) {
    this.#options = options
    this.#components = components
    this.#onInside = onInside
  }

  isAdmitted(connection: Connection): boolean {
    return this.#visits.get(connection.id)?.theyPassed ?? false
  }

  isInside(connection: Connection): boolean {
    return this.#visits.get(connection.id)?.inside ?? false
  }

  whenAdmitted(connection: Connection, signal?: AbortSignal): Promise<void> {
    const visit = this.#visit(connection)
    if (visit.inside) return Promise.resolve()
    if (connection.status !== 'open') return Promise.reject(new Error('disconnected'))
    return new Promise((resolve, reject) => {
      visit.waiters.push({ resolve, reject })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  onOpen(connection: Connection): void {
    const visit = this.#visit(connection)
    if (connection.direction === 'inbound' || visit.greeting) return
    visit.greeting = true
    connection
      .newStream([this.#options.protocol], { signal: AbortSignal.timeout(limits.HELLO_TIMEOUT_MS) })
      .then(stream => this.#greet(stream, visit))
      .catch((error: Error) => this.#refuse(visit, `no hello: ${error.message}`))
  }

  onClose(connection: Connection): void {
    const visit = this.#visits.get(connection.id)
    if (visit === undefined) return
    this.#visits.delete(connection.id)
    visit.cancelTimer()
    for (const waiter of visit.waiters) waiter.reject(new Error('disconnected before the hello was done'))
  }

  /** Handler of the hello protocol: one for each connection, and only from whoever dialled. */
  onStream(stream: Stream, connection: Connection): void {
    const visit = this.#visit(connection)
    if (connection.direction === 'outbound' || visit.greeting) {
      stream.abort(new Error('unexpected hello'))
      return
    }
    visit.greeting = true
    this.#greet(stream, visit).catch((error: Error) => this.#refuse(visit, `hello failed: ${error.message}`))
  }

  /** A stream may arrive before the event that announces its connection. */
  #visit(connection: Connection): Visit {
    const known = this.#visits.get(connection.id)
    if (known !== undefined) return known
    const visit: Visit = {
      connection,
      greeting: false,
      theyPassed: false,
      inside: false,
      cancelTimer: this.#components.clock.after(limits.HELLO_TIMEOUT_MS, () => {
        if (!visit.inside) this.#refuse(visit, 'hello timed out')
      }),
      waiters: [],
    }
    // A connection that closed meanwhile will not be announced again.
    if (connection.status === 'open') this.#visits.set(connection.id, visit)
    else visit.cancelTimer()
    return visit
  }

  async #greet(stream: Stream, visit: Visit): Promise<void> {
    const frames = new FrameStream(stream, limits.HELLO_BYTES_MAX)
    const read = { bytesMax: limits.HELLO_BYTES_MAX, timeoutMs: limits.HELLO_TIMEOUT_MS }
    frames.write(this.#options.hello)
    const verdict = await this.#judge(await frames.read(read), visit.connection)
    visit.theyPassed = verdict === 'welcome'
    frames.write(encodeVerdict(verdict))
    if (verdict !== 'welcome') {
      this.#refuse(visit, verdict)
      return
    }
    const theirs = decodeVerdict(await frames.read({ ...read, bytesMax: 1 }))
    if (theirs !== 'welcome') {
      this.#refuse(visit, `refused by the peer: ${theirs ?? 'unknown reason'}`)
      return
    }
    frames.close(limits.HELLO_TIMEOUT_MS)
    this.#enter(visit)
  }

  async #judge(bytes: Uint8Array, connection: Connection): Promise<HelloVerdict> {
    const hello = decodeHello(bytes)
    if (hello === null) return 'malformed'
    if (hello.version !== HELLO_VERSION) return 'other-version'
    if (!equalBytes(hello.networkId, this.#options.networkId)) return 'other-network'
    const peer = connection.remotePeer.toString()
    const nowMs = this.#components.clock.nowMs()
    if (!this.#perPeer.take(peer, nowMs) || !this.#total.take('all', nowMs)) return 'rate-limited'
    const peerKey = ed25519KeyOf(connection.remotePeer)
    const groups = groupsOf(connection.remoteAddr, this.#components.netGroups)
    if (peerKey === null || groups === null) return 'malformed'
    const member = this.#options.isMember(peer)
    const refusal = await this.#components.tickets.check(hello.ticket, { peerKey, member, groups })
    if (refusal === null) return 'welcome'
    this.#components.logger.debug({ peer, refusal }, 'ticket refused')
    return refusal === 'rate-limited' || refusal === 'busy' ? refusal : 'wrong-ticket'
  }

  #enter(visit: Visit): void {
    if (visit.connection.status !== 'open') return
    visit.inside = true
    visit.cancelTimer()
    for (const waiter of visit.waiters.splice(0)) waiter.resolve()
    this.#onInside(visit.connection)
  }

  #refuse(visit: Visit, reason: string): void {
    visit.theyPassed = false
    visit.cancelTimer()
    const { connection } = visit
    if (connection.status !== 'open') return
    const peer = connection.remotePeer.toString()
    this.#components.logger.info(
      { peer, address: connection.remoteAddr.toString(), reason },
      'peer turned away at the door',
    )
    // Closing waits for what was written, so that the peer learns why.
    connection.close({ signal: AbortSignal.timeout(500) }).catch((error: Error) => connection.abort(error))
  }
}
