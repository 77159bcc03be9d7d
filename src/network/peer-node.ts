import type { Connection, Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { LevelDatastore } from 'datastore-level'
import type { NetGroupProvider } from '../defence/netgroup.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { present } from '../lib/assert.ts'
import { messageOf } from '../lib/thrown.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { Answer, PeerHandlers, RequestProtocol, Topic } from '../runtime/ports.ts'
import { forgetTags, pruneStore } from './discovery.ts'
import { Door } from './door.ts'
import type { StreamWatch } from './gated.ts'
import { Gater } from './gater.ts'
import { Gossip, GossipMeter } from './gossip.ts'
import { assertScoring, introduceAgain, isReachable, isZombie, scoreOf } from './gossip-internals.ts'
import { SCORE_THRESHOLDS } from './gossip-options.ts'
import { createNode, type Node } from './libp2p-node.ts'
import * as limits from './limits.ts'
import type { MemberTable } from './member-table.ts'
import { registerCounts } from './metrics.ts'
import type { ProtocolNames } from './protocols.ts'
import { Requests } from './requests.ts'
import { Supervisor } from './supervisor.ts'
import type { TicketChecker } from './ticket-checker.ts'
import {
  type ConnectedPeer,
  type Network,
  type NetworkComponents,
  NetworkError,
  type NetworkOptions,
} from './types.ts'

export interface PeerNodeOptions extends Omit<NetworkOptions, 'bootstrap'> {
  readonly names: ProtocolNames
  readonly privateKey: Ed25519PrivateKey
  readonly bootstrap: readonly Multiaddr[]
  /** Our own hello, encoded. */
  readonly hello: Uint8Array
}

export interface PeerNodeComponents extends NetworkComponents {
  readonly netGroups: NetGroupProvider
  readonly members: MemberTable
  readonly tickets: TicketChecker
  readonly datastore: LevelDatastore | null
}

/** How often we look whether a member that passed the door can be reached by gossip already. */
const REACH_POLL_MS = 10

/**
 * A running libp2p node with what stands around it: door, gossip, requests, supervisor. A connection goes through four states:
 * open, inside (hello done), identified (the modules know it), reachable (gossip flows). A member is announced as connected
 * in the last, so that what is published then arrives.
 */
export class PeerNode implements Network {
  readonly peerId: string
  readonly memberPeerIds: readonly string[]
  readonly #options: PeerNodeOptions
  readonly #components: PeerNodeComponents
  readonly #node: Node
  readonly #door: Door
  readonly #gater: Gater
  readonly #gossip: Gossip
  readonly #requests: Requests
  readonly #supervisor: Supervisor
  /** Members announced as connected, with the connection that was announced. */
  readonly #announced = new Map<ReplicaId, string>()
  readonly #identified = new WeakSet<Connection>()
  #handlers: PeerHandlers | null = null
  #cancelReconcile: () => void = () => {}
  #cancelPrune: () => void = () => {}
  #stopping: Promise<void> | null = null

  static async create(options: PeerNodeOptions, components: PeerNodeComponents): Promise<PeerNode> {
    const { members, netGroups, clock, logger, tickets } = components
    const late: { self: PeerNode | null } = { self: null }
    const self = (): PeerNode => present(late.self, 'the node')
    const nowMs = (): number => clock.nowMs()
    const facts = {
      ...options,
      ourPeerId: members.ourPeerId,
      memberCount: members.count,
      isMember: members.isMember,
    }
    const connectionsOf: ConstructorParameters<typeof Gater>[1]['connectionsOf'] = peer =>
      self().#node.getConnections(peer)
    const gater = new Gater(facts, { logger, nowMs, netGroups, connectionsOf })
    const door = new Door(
      {
        protocol: options.names.hello,
        networkId: options.networkId,
        hello: options.hello,
        isMember: members.isMember,
      },
      { clock, logger, tickets, netGroups },
      connection => self().#onInside(connection),
    )
    const meter = new GossipMeter(clock, members.isMember)
    const node = await createNode(
      { ...options, gossip: facts },
      {
        gater,
        admission: door,
        datastore: components.datastore,
        registry: components.registry,
        watchGossip: meter.watch,
        watchDht: dhtMeter(nowMs),
      },
    )
    late.self = new PeerNode(options, components, { node, door, gater, meter })
    return late.self
  }

  private constructor(
    options: PeerNodeOptions,
    components: PeerNodeComponents,
    parts: { readonly node: Node; readonly door: Door; readonly gater: Gater; readonly meter: GossipMeter },
  ) {
    const { clock, logger, members } = components
    const random = (): number => (components.randomBytes(1)[0] ?? 0) / 256
    this.#options = options
    this.#components = components
    this.#node = parts.node
    this.#door = parts.door
    this.#gater = parts.gater
    this.#gossip = new Gossip(options.names, {
      gossipsub: parts.node.services.gossip,
      meter: parts.meter,
      logger,
    })
    this.#requests = new Requests(options.names, {
      node: parts.node,
      admission: parts.door,
      clock,
      random,
      isMember: members.isMember,
    })
    this.#supervisor = new Supervisor(
      { members: members.others(), bootstrap: options.bootstrap, memberLinks: memberLinks(members) },
      { node: parts.node, clock, logger, random, isInside: connection => parts.door.isInside(connection) },
    )
    this.peerId = members.ourPeerId
    this.memberPeerIds = members.peerIds.map(String)
    if (components.registry !== undefined)
      registerCounts(components.registry, this.#gossip.counts, () => this.peers())
  }

  async start(handlers: PeerHandlers): Promise<void> {
    this.#handlers = handlers
    const node = this.#node
    node.addEventListener('connection:open', event => this.#door.onOpen(event.detail))
    node.addEventListener('connection:close', event => this.#onClose(event.detail))
    await forgetTags(node)
    await node.handle(
      this.#options.names.hello,
      (stream, connection) => this.#door.onStream(stream, connection),
      {
        maxInboundStreams: 1,
        maxOutboundStreams: 1,
      },
    )
    await this.#requests.start(handlers)
    await this.#listen()
    assertScoring(node.services.gossip, this.#options.names.topics)
    this.#gossip.start(handlers)
    this.#supervisor.start()
    this.#reconcileLater()
    this.#pruneLater()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown()
    return this.#stopping
  }

  listenAddresses(): readonly string[] {
    return this.#node.getMultiaddrs().map(String)
  }

  peers(): readonly ConnectedPeer[] {
    return this.#inside().map(connection => {
      const peerId = connection.remotePeer.toString()
      return {
        peerId,
        address: connection.remoteAddr.toString(),
        direction: connection.direction,
        member: this.#components.members.indexOf(peerId),
        score: scoreOf(this.#node.services.gossip, peerId),
        connectedSinceMs: connection.timeline.open,
      }
    })
  }

  publish(topic: Topic, bytes: Uint8Array): void {
    if (this.#stopping === null) this.#gossip.publish(topic, bytes)
  }

  request(
    to: ReplicaId,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    options: { readonly timeoutMs: number },
    done: (answer: Answer) => void,
  ): void {
    const peer = this.#components.members.peerIds[to]
    const open = peer === undefined ? [] : this.#node.getConnections(peer)
    const connection = open.find(candidate => this.#door.isInside(candidate)) ?? null
    this.#requests.request(connection, protocol, bytes, options, done)
  }

  connectedMembers(): readonly ReplicaId[] {
    return [...this.#announced.keys()].sort((a, b) => a - b)
  }

  async #listen(): Promise<void> {
    try {
      await this.#node.start()
    } catch (error) {
      const addresses = this.#options.listen.join(', ')
      await this.stop()
      const message = `cannot listen on ${addresses}: ${listenProblems(error)}`
      throw new NetworkError('LISTEN_FAILED', message, { cause: error })
    }
  }

  async #shutDown(): Promise<void> {
    this.#supervisor.stop()
    this.#cancelReconcile()
    this.#cancelPrune()
    await this.#node.stop()
    await this.#components.datastore?.close()
  }

  #inside(): Connection[] {
    return this.#node.getConnections().filter(connection => this.#door.isInside(connection))
  }

  #onInside(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    this.#components.logger.debug({ peer, address: connection.remoteAddr.toString() }, 'peer passed the door')
    this.#requests.forgive(peer)
    this.#node.services.identify
      .identify(connection)
      .then(() => this.#identified.add(connection))
      .catch((error: Error) => {
        this.#components.logger.info(
          { peer, error: error.message },
          'peer does not identify itself, disconnected',
        )
        connection.abort(error)
      })
    this.#supervisor.onInside(connection)
    this.#announceWhenReachable(connection)
  }

  #announceWhenReachable(connection: Connection): void {
    const member = this.#components.members.indexOf(connection.remotePeer.toString())
    if (member === null || connection.status !== 'open' || this.#announced.get(member) === connection.id)
      return
    if (
      !isReachable(
        this.#node.services.gossip,
        connection.remotePeer.toString(),
        this.#options.names.topics.consensus,
      )
    ) {
      this.#components.clock.after(REACH_POLL_MS, () => this.#announceWhenReachable(connection))
      return
    }
    this.#announced.set(member, connection.id)
    this.#handlers?.onMemberConnected(member)
  }

  #onClose(connection: Connection): void {
    const wasInside = this.#door.isInside(connection)
    this.#door.onClose(connection)
    this.#supervisor.onClose(connection, wasInside)
    const member = this.#components.members.indexOf(connection.remotePeer.toString())
    if (member === null || this.#announced.get(member) !== connection.id) return
    this.#announced.delete(member)
    this.#handlers?.onMemberDisconnected(member)
  }

  /**
   * Gossipsub can lose a peer whose connection stays open, and tries a stream only once. It is told of the peer again, which opens our
   * stream; the other side has to open its own. When that does not help, closing the connection lets both sides begin anew. Not
   * before the peer is identified: until then it is only slow, and to begin anew would make it slower.
   */
  #reconcileLater(lost: ReadonlyMap<string, number> = new Map()): void {
    this.#cancelReconcile = this.#components.clock.after(limits.SUPERVISE_INTERVAL_MS, () => {
      const nowMs = this.#components.clock.nowMs()
      const stillLost = new Map<string, number>()
      for (const connection of this.#inside()) {
        const peer = connection.remotePeer.toString()
        if (this.#castOut(connection)) continue
        if (!this.#identified.has(connection) || !isZombie(this.#node.services.gossip, peer)) continue
        introduceAgain(this.#node.services.gossip, connection)
        const sinceMs = lost.get(connection.id) ?? nowMs
        stillLost.set(connection.id, sinceMs)
        if (nowMs - sinceMs < limits.GOSSIP_STREAM_GRACE_MS) continue
        this.#components.logger.warn({ peer }, 'no gossip with a connected peer, disconnected')
        connection.abort(new Error('no gossip stream'))
      }
      this.#reconcileLater(stillLost)
    })
  }

  /** A member is only no longer heard: its place is its own, and it may be repaired. @returns whether the peer had to go */
  #castOut(connection: Connection): boolean {
    const peer = connection.remotePeer.toString()
    const score = scoreOf(this.#node.services.gossip, peer)
    if (score >= SCORE_THRESHOLDS.graylistThreshold || this.#components.members.isMember(peer)) return false
    this.#components.logger.warn({ peer, score }, 'a stranger sent too much that is wrong, disconnected')
    this.#gater.castOut(peer)
    connection.abort(new Error('cast out'))
    return true
  }

  #pruneLater(): void {
    this.#cancelPrune = this.#components.clock.after(limits.PRUNE_INTERVAL_MS, () => {
      const keeps = (peer: PeerId): boolean =>
        this.#components.members.isMember(peer.toString()) || this.#node.getConnections(peer).length > 0
      pruneStore(this.#node, limits.PEERS_REMEMBERED_MAX, keeps).catch((error: Error) => {
        this.#components.logger.warn({ error: error.message }, 'peer store not pruned')
      })
      this.#pruneLater()
    })
  }
}

/** libp2p tells its failures with advice for programmers and a stack for each address; a person needs one line of each. */
function listenProblems(error: unknown): string {
  const message = messageOf(error)
  const problems = [...message.matchAll(/^\s+\/\S+: (?:Error: )?(.+)$/gm)].map(([, problem]) => problem)
  return problems.length > 0 ? problems.join('; ') : (message.split('\n')[0] ?? '')
}

/** One of f+1 members is honest; a member wants all. */
function memberLinks(members: MemberTable): number {
  if (members.ourIndex !== null) return members.count
  const faultyMax = Math.floor((members.count - 1) / 3)
  return Math.min(members.count, Math.max(faultyMax + 1, limits.OBSERVER_LINKS_MIN))
}

/** Cuts a DHT stream whose peer asks too much; chunks are counted, which only errs against whoever sends in crumbs. */
function dhtMeter(nowMs: () => number): StreamWatch {
  const requests = new RateLimiter(limits.DHT_RPC_RATE, limits.KEYS_OF_LIMITERS_MAX)
  const bytes = new RateLimiter(limits.DHT_BYTES_RATE, limits.KEYS_OF_LIMITERS_MAX)
  return (stream, connection) => {
    const peer = connection.remotePeer.toString()
    stream.addEventListener('message', ({ data }) => {
      if (requests.take(peer, nowMs()) && bytes.take(peer, nowMs(), data.byteLength)) return
      stream.abort(new Error('too many DHT requests'))
    })
  }
}
