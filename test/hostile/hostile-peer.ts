import '../../src/network/polyfill.ts'
import { randomBytes } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Connection, Ed25519PrivateKey, Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { encodeTicket, type PowTicket, type TicketClaim } from '../../src/crypto/pow-ticket.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { FrameStream } from '../../src/network/frame-stream.ts'
import { gossipMessageId } from '../../src/network/gossip-options.ts'
import { encodeHello, encodeVerdict, HELLO_VERSION, type Hello, VERDICTS } from '../../src/network/hello.ts'
import { privateKeyFromSeed } from '../../src/network/identity.ts'
import { type ProtocolNames, protocolNames } from '../../src/network/protocols.ts'
import { solveTicket } from '../../src/network/ticket-work.ts'
import { type RequestProtocol, TOPICS, type Topic } from '../../src/runtime/ports.ts'
import { PATIENCE_MS, pause, until } from '../processes/support/until.ts'

/**
 * A real libp2p peer that follows no rule but those it needs to be heard: it publishes any bytes, checks nothing, relays nothing
 * on its own account, and keeps what it hears.
 */
export interface Heard {
  readonly topic: Topic
  readonly bytes: Uint8Array
}

export interface HostileOptions {
  readonly networkId: Uint8Array
  /** 32 bytes; default random. */
  readonly seed?: Uint8Array
  readonly role?: 'observer' | 'member'
}

/** Messages kept of what was heard. */
const HEARD_MAX = 4_000

export class HostilePeer {
  readonly heard: Heard[] = []
  readonly names: ProtocolNames
  readonly peerId: string
  readonly node: Libp2p<{ gossip: GossipSub }>
  readonly #options: HostileOptions
  readonly #key: Ed25519PrivateKey

  static async start(options: HostileOptions): Promise<HostilePeer> {
    const names = protocolNames(options.networkId)
    const key = await privateKeyFromSeed(options.seed ?? new Uint8Array(randomBytes(32)))
    const node = await createLibp2p({
      privateKey: key,
      addresses: { listen: [] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { reconnectRetries: 0 },
      services: {
        identify: identify({ protocolPrefix: names.prefix }),
        gossip: gossipsub({
          globalSignaturePolicy: 'StrictNoSign',
          allowPublishToZeroTopicPeers: true,
          fallbackToFloodsub: false,
          floodPublish: true,
          emitSelf: false,
          ignoreDuplicatePublishError: true,
          msgIdFn: message => gossipMessageId(message.topic, message.data),
          maxOutboundBufferSize: 64 * 2 ** 20,
        }),
      },
    })
    return new HostilePeer(options, names, key, node)
  }

  private constructor(
    options: HostileOptions,
    names: ProtocolNames,
    key: Ed25519PrivateKey,
    node: Libp2p<{ gossip: GossipSub }>,
  ) {
    this.#options = options
    this.#key = key
    this.names = names
    this.node = node
    this.peerId = node.peerId.toString()
    const topicOf = new Map<string, Topic>(TOPICS.map(topic => [names.topics[topic], topic]))
    for (const name of topicOf.keys()) node.services.gossip.subscribe(name)
    node.services.gossip.addEventListener('gossipsub:message', ({ detail }) => {
      const topic = topicOf.get(detail.msg.topic)
      if (topic !== undefined && this.heard.length < HEARD_MAX)
        this.heard.push({ topic, bytes: detail.msg.data })
    })
  }

  /** Bytes of envelopes or batches heard so far. */
  heardOn(topic: Topic): readonly Uint8Array[] {
    return this.heard.filter(heard => heard.topic === topic).map(({ bytes }) => bytes)
  }

  /** A ticket that is right for this peer and network, but for what is changed. */
  ticket(changes: Partial<TicketClaim> = {}): Promise<PowTicket> {
    const { networkId, role = 'observer' } = this.#options
    const claim: TicketClaim = {
      networkId,
      peerKey: this.#key.publicKey.raw,
      role,
      memberKey: role === 'member' ? this.#key.publicKey.raw : new Uint8Array(32),
      epoch: 0,
      beacon: networkId,
      effort: 1,
      ...changes,
    }
    return solveTicket(claim, this.#key, {
      logger: silentLogger,
      randomBytes: length => new Uint8Array(randomBytes(length)),
      nowMs: Date.now,
    })
  }

  dial(address: string): Promise<Connection> {
    return this.node.dial(multiaddr(address), { signal: AbortSignal.timeout(PATIENCE_MS) })
  }

  /** Connects and says hello. @returns what the other side thought of it */
  async enter(address: string, ticket: PowTicket, changes: Partial<Hello> = {}): Promise<string> {
    const { networkId, role = 'observer' } = this.#options
    const hello = { version: HELLO_VERSION, networkId, role, ticket: encodeTicket(ticket), ...changes }
    return this.enterWith(address, encodeHello(hello))
  }

  /** @param hello any bytes */
  async enterWith(address: string, hello: Uint8Array): Promise<string> {
    const connection = await this.dial(address)
    const stream = await connection.newStream([this.names.hello])
    const frames = new FrameStream(stream, 4_096)
    frames.write(hello)
    await frames.read({ bytesMax: 4_096, timeoutMs: PATIENCE_MS })
    // Whoever turned us away has closed the stream, and his verdict is here already.
    if (stream.writeStatus === 'writable') frames.write(encodeVerdict('welcome'))
    const verdict = await frames.read({ bytesMax: 1, timeoutMs: PATIENCE_MS }).catch(() => null)
    return verdict === null ? 'hung up' : (VERDICTS[verdict[0] ?? 255] ?? 'unknown')
  }

  /** Inside at all of them, and heard by their gossip. */
  async enterAll(addresses: readonly string[]): Promise<void> {
    const ticket = await this.ticket()
    for (const address of addresses) await this.#enterPatiently(address, ticket)
    await until('gossip with all', () => this.#subscribers() >= addresses.length)
  }

  /** Whoever takes too long over its hello is hung up on, and a busy machine makes us: then we knock again, as others do. */
  async #enterPatiently(address: string, ticket: PowTicket): Promise<void> {
    const verdict = await until(`a verdict of ${address}`, async () => {
      const heard = await this.enter(address, ticket).catch(() => 'hung up')
      if (heard !== 'hung up') return heard
      await pause(1_000)
      return null
    })
    if (verdict !== 'welcome') throw new Error(`turned away: ${verdict}`)
  }

  #subscribers(): number {
    return this.node.services.gossip.getSubscribers(this.names.topics.consensus).length
  }

  async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
    await this.node.services.gossip.publish(this.names.topics[topic], bytes).catch(() => {})
  }

  connectionTo(peerId: string): Connection | undefined {
    return this.node.getConnections().find(({ remotePeer }) => remotePeer.toString() === peerId)
  }

  /** @returns the status byte of the answer, or null when there was none */
  async ask(
    connection: Connection,
    protocol: RequestProtocol,
    frame: Uint8Array,
    timeoutMs = PATIENCE_MS,
  ): Promise<{ readonly status: number; readonly bytes: number } | null> {
    try {
      const stream = await connection.newStream([this.names.requests[protocol]], {
        signal: AbortSignal.timeout(timeoutMs),
      })
      const frames = new FrameStream(stream, 5_000_000)
      frames.write(frame)
      const answer = await frames.read({ bytesMax: 5_000_000, timeoutMs })
      frames.close(1_000)
      return { status: answer[0] ?? 255, bytes: answer.length - 1 }
    } catch {
      return null
    }
  }

  /** A stream on which nothing is said unless the caller does. */
  open(connection: Connection, protocol: string): Promise<Stream> {
    return connection.newStream([protocol], { signal: AbortSignal.timeout(3_000) })
  }

  async stop(): Promise<void> {
    await this.node.stop()
  }
}

/** Bytes on the bare port, without Noise. @returns when the victim has hung up, or after `openMs` */
export function shoutAt(address: string, bytes: Uint8Array, openMs: number): Promise<void> {
  const [, , host = '', , port = ''] = address.split('/')
  return new Promise(resolve => {
    const socket = connectTcp({ host, port: Number(port) })
    const timer = setTimeout(() => socket.destroy(), openMs)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.write(bytes)
  })
}
