import './polyfill.ts'
import { type GossipSub, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { RateLimiter } from '../defence/rate-limiter.ts'
import type { Logger } from '../lib/logger.ts'
import { errorOf } from '../lib/thrown.ts'
import {
  type Clock,
  type PeerHandlers,
  type PeerName,
  TOPICS,
  type Topic,
  type Verdict,
} from '../runtime/ports.ts'
import * as limits from './limits.ts'
import type { ProtocolNames } from './protocols.ts'

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

export interface GossipCounts {
  published: number
  publishedBytes: number
  received: number
  receivedBytes: number
  accepted: number
  ignored: number
  rejected: number
}

/** Messages of one peer that wait for a verdict. */
interface Pending {
  messages: number
  bytes: number
}

/**
 * Gossip, from topics to verdicts. Messages are delivered from the validator, where each arrives once; the handler is called in
 * the same turn, and a verdict that it gives at once costs no wait. Messages that wait for a verdict are counted for each
 * peer, so that one peer cannot fill the memory with what is slow to check.
 */
export class Gossip {
  readonly counts: GossipCounts = {
    published: 0,
    publishedBytes: 0,
    received: 0,
    receivedBytes: 0,
    accepted: 0,
    ignored: 0,
    rejected: 0,
  }
  readonly #names: ProtocolNames
  readonly #gossipsub: GossipSub
  readonly #logger: Logger
  readonly #meter: GossipMeter
  readonly #pending = new Map<PeerName, Pending>()

  constructor(
    names: ProtocolNames,
    components: { readonly gossipsub: GossipSub; readonly meter: GossipMeter; readonly logger: Logger },
  ) {
    this.#names = names
    this.#gossipsub = components.gossipsub
    this.#meter = components.meter
    this.#logger = components.logger
  }

  /** After the start of libp2p and before the first dial: a topic joined late does not count peers that were there. */
  start(handlers: PeerHandlers): void {
    for (const topic of TOPICS) {
      const name = this.#names.topics[topic]
      this.#gossipsub.topicValidators.set(name, (peer, message) =>
        this.#judge(topic, peer, message.data, handlers),
      )
      this.#gossipsub.subscribe(name)
    }
  }

  publish(topic: Topic, bytes: Uint8Array): void {
    if (bytes.length > limits.TOPIC_BYTES_MAX[topic]) {
      this.#logger.error({ topic, bytes: bytes.length }, 'message too large for gossip, not published')
      return
    }
    this.counts.published += 1
    this.counts.publishedBytes += bytes.length
    this.#gossipsub.publish(this.#names.topics[topic], bytes).catch((error: Error) => {
      this.#logger.debug({ topic, error: error.message }, 'not published')
    })
  }

  #judge(
    topic: Topic,
    peer: PeerId,
    bytes: Uint8Array,
    handlers: PeerHandlers,
  ): TopicValidatorResult | Promise<TopicValidatorResult> {
    this.counts.received += 1
    this.counts.receivedBytes += bytes.length
    const name = peer.toString()
    if (bytes.length > limits.TOPIC_BYTES_MAX[topic]) return this.#count('reject', name)
    const pending = this.#pending.get(name) ?? { messages: 0, bytes: 0 }
    if (isFull(pending, bytes.length)) return this.#count('ignore', name)
    let early: Verdict | null = null
    let late: ((verdict: Verdict) => void) | null = null
    try {
      handlers.onGossip(topic, bytes, name, verdict => {
        if (late === null) early ??= verdict
        else late(verdict)
      })
    } catch (error) {
      // Gossipsub would take a defect of ours for an ignored message; it must stop the replica instead.
      queueMicrotask(() => {
        throw error
      })
      return this.#count('ignore', name)
    }
    if (early !== null) return this.#count(early, name)
    this.#pending.set(name, pending)
    pending.messages += 1
    pending.bytes += bytes.length
    return new Promise(resolve => {
      late = verdict => {
        pending.messages -= 1
        pending.bytes -= bytes.length
        if (pending.messages === 0) this.#pending.delete(name)
        resolve(this.#count(verdict, name))
      }
    })
  }

  #count(verdict: Verdict, name: PeerName): TopicValidatorResult {
    if (verdict !== 'accept') this.#meter.chargeUseless(name)
    if (verdict === 'accept') this.counts.accepted += 1
    else if (verdict === 'ignore') this.counts.ignored += 1
    else this.counts.rejected += 1
    return RESULTS[verdict]
  }
}

function isFull({ messages, bytes }: Pending, more: number): boolean {
  const { GOSSIP_PENDING_PER_PEER_MAX, GOSSIP_PENDING_BYTES_PER_PEER_MAX } = limits
  return messages >= GOSSIP_PENDING_PER_PEER_MAX || bytes + more > GOSSIP_PENDING_BYTES_PER_PEER_MAX
}

/** Pauses an inbound gossip stream that exceeds the bytes of its peer, for as long as it takes to pay them off. */
export class GossipMeter {
  readonly #limiters = {
    member: new RateLimiter(limits.GOSSIP_BYTES_RATE.member, limits.KEYS_OF_LIMITERS_MAX),
    stranger: new RateLimiter(limits.GOSSIP_BYTES_RATE.stranger, limits.KEYS_OF_LIMITERS_MAX),
  }
  readonly #clock: Clock
  readonly #isMember: (peer: PeerName) => boolean

  constructor(clock: Clock, isMember: (peer: PeerName) => boolean) {
    this.#clock = clock
    this.#isMember = isMember
  }

  #limiterOf(peer: PeerName): RateLimiter {
    return this.#isMember(peer) ? this.#limiters.member : this.#limiters.stranger
  }

  /** A message that was read for nothing; its peer's next bytes wait the longer. */
  chargeUseless(peer: PeerName): void {
    this.#limiterOf(peer).charge(peer, this.#clock.nowMs(), limits.GOSSIP_USELESS_BYTES)
  }

  watch = (stream: Stream, connection: Connection): void => {
    const peer = connection.remotePeer.toString()
    const limiter = this.#limiterOf(peer)
    stream.addEventListener('message', event => {
      const pauseMs = limiter.charge(peer, this.#clock.nowMs(), event.data.byteLength)
      if (pauseMs === 0 || stream.readStatus !== 'readable') return
      stream.pause()
      this.#clock.after(pauseMs, () => {
        if (stream.readStatus === 'paused') resume(stream)
      })
    })
  }
}

/** A paused stream does not learn that its connection is gone: resuming it then throws, out of a timer. */
function resume(stream: Stream): void {
  try {
    stream.resume()
  } catch (error) {
    stream.abort(errorOf(error))
  }
}
