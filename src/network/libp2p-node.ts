import './polyfill.ts'
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { type Identify, identify } from '@libp2p/identify'
import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import {
  type KadDHT,
  type KadDHTInit,
  kadDHT,
  passthroughMapper,
  removePrivateAddressesMapper,
} from '@libp2p/kad-dht'
import { type Ping, ping } from '@libp2p/ping'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { type TCPOptions, tcp } from '@libp2p/tcp'
import type { LevelDatastore } from 'datastore-level'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Registry } from 'prom-client'
import { assert } from '../lib/assert.ts'
import { coalescing } from './coalesce.ts'
import { type Admission, behindTheDoor, type StreamWatch } from './gated.ts'
import type { Gater } from './gater.ts'
import { type GossipFacts, gossipOptions } from './gossip-options.ts'
import * as limits from './limits.ts'
import { fewerWindowUpdates } from './window-updates.ts'

export interface NodeServices extends Record<string, unknown> {
  readonly identify: Identify
  readonly ping: Ping
  readonly dht: KadDHT
  readonly gossip: GossipSub
}
export type Node = Libp2p<NodeServices>

export interface NodeOptions {
  readonly privateKey: Ed25519PrivateKey
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly privateAddresses: boolean
  readonly gossip: GossipFacts
}

export interface NodeComponents {
  readonly gater: Gater
  readonly admission: Admission
  readonly datastore: LevelDatastore | null
  readonly registry: Registry | undefined
  readonly watchGossip: StreamWatch
  readonly watchDht: StreamWatch
}

const TCP_OPTIONS: TCPOptions = {
  backlog: limits.LISTEN_BACKLOG,
  maxConnections: limits.CONNECTIONS_MAX,
  inboundSocketInactivityTimeout: 60_000,
  outboundSocketInactivityTimeout: 60_000,
  dialOpts: { noDelay: true, keepAlive: true },
  listenOpts: { noDelay: true, keepAlive: true },
}

const YAMUX_OPTIONS: Parameters<typeof yamux>[0] = {
  maxInboundStreams: limits.STREAMS_PER_CONNECTION_MAX,
  maxOutboundStreams: limits.STREAMS_PER_CONNECTION_MAX,
  maxMessageSize: 64 * 1024,
  maxEarlyStreams: 10,
  enableKeepAlive: true,
  keepAliveInterval: 30_000,
  streamOptions: {
    initialStreamWindowSize: 256 * 1024,
    maxStreamWindowSize: 16 * 1024 * 1024,
    inactivityTimeout: 120_000,
    maxReadBufferLength: limits.STREAM_READ_BUFFER_BYTES_MAX,
    maxWriteBufferLength: limits.STREAM_WRITE_BUFFER_BYTES_MAX,
  },
}

/** @param loopback a whole network on one machine: its nodes all dial from one address */
function connectionLimits(loopback: boolean): Libp2pOptions['connectionManager'] {
  return {
    maxConnections: limits.CONNECTIONS_MAX,
    maxParallelDials: 16,
    maxDialQueueLength: 128,
    maxPeerAddrsToDial: limits.FOUND_ADDRESSES_MAX,
    dialTimeout: limits.DIAL_TIMEOUT_MS,
    addressDialTimeout: limits.DIAL_TIMEOUT_MS,
    inboundUpgradeTimeout: 5_000,
    outboundStreamProtocolNegotiationTimeout: 2_000,
    inboundStreamProtocolNegotiationTimeout: 2_000,
    connectionCloseTimeout: 1_000,
    maxIncomingPendingConnections: loopback ? 64 : limits.PENDING_INBOUND_MAX,
    inboundConnectionThreshold: loopback ? 200 : 5,
    // Our supervisor re-dials; nobody is kept alive by a tag that he can earn.
    reconnectRetries: 0,
    maxParallelReconnects: 1,
  }
}

/** kad-dht for looking up peers by PeerId, under the network's own name. */
function dhtOptions(protocol: string, privateAddresses: boolean): KadDHTInit {
  return {
    protocol,
    clientMode: false,
    kBucketSize: 20,
    alpha: 4,
    disjointPaths: 4,
    prefixLength: 6,
    querySelfInterval: 300_000,
    initialQuerySelfInterval: 1_000,
    allowQueryWithZeroPeers: true,
    maxInboundStreams: 4,
    maxOutboundStreams: 8,
    incomingMessageTimeout: 10_000,
    peerInfoMapper: privateAddresses ? passthroughMapper : removePrivateAddressesMapper,
  }
}

/**
 * The one place where libp2p is put together. Every limit is written out; where a default would serve, it stands here all the
 * same, because a default that moves is a limit that nobody chose. Identify, ping, DHT and gossip stand behind the door;
 * identify runs when we say so, after the hello, and with it begins all that the other modules do with a peer.
 */
export function createNode(options: NodeOptions, components: NodeComponents): Promise<Node> {
  const { admission, datastore, registry } = components
  const { prefix, kad } = options.gossip.names
  return createLibp2p<NodeServices>({
    start: false,
    privateKey: options.privateKey,
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    nodeInfo: { name: 'quorate', version: '1', userAgent: 'quorate/1' },
    connectionGater: components.gater,
    connectionManager: connectionLimits(options.gossip.loopback),
    connectionMonitor: {
      enabled: true,
      protocolPrefix: prefix,
      pingInterval: 10_000,
      // A replica under full load may take seconds to answer; only the dead are cut.
      pingTimeout: { minTimeout: 10_000, maxTimeout: 30_000 },
      abortConnectionOnPingFailure: true,
    },
    peerStore: { maxAddressAge: limits.ADDRESS_AGE_MS_MAX, maxPeerAge: limits.ADDRESS_AGE_MS_MAX },
    ...(datastore === null ? {} : { datastore }),
    ...(registry === undefined
      ? {}
      : {
          metrics: prometheusMetrics({
            registry,
            preserveExistingMetrics: true,
            collectDefaultMetrics: false,
          }),
        }),
    transports: [tcp(TCP_OPTIONS)],
    connectionEncrypters: [coalescing(noise())],
    streamMuxers: [fewerWindowUpdates(yamux(YAMUX_OPTIONS))],
    services: {
      identify: parts =>
        identify({
          protocolPrefix: prefix,
          timeout: limits.IDENTIFY_TIMEOUT_MS,
          maxMessageSize: 8 * 1024,
          maxInboundStreams: 1,
          maxOutboundStreams: 1,
          maxObservedAddresses: 4,
          runOnConnectionOpen: false,
        })(behindTheDoor(parts, admission)),
      ping: parts =>
        ping({ protocolPrefix: prefix, maxInboundStreams: 2, maxOutboundStreams: 1, timeout: 5_000 })(
          behindTheDoor(parts, admission),
        ),
      dht: parts =>
        lookupsOnly(
          kadDHT(dhtOptions(kad, options.privateAddresses))(
            behindTheDoor(parts, admission, components.watchDht),
          ),
        ),
      gossip: parts =>
        gossipsub(gossipOptions(options.gossip))(behindTheDoor(parts, admission, components.watchGossip)),
    },
  })
}

/**
 * Takes from the DHT server what would let strangers write to our disk without bound: we only look up peers. Such requests
 * then end as unknown messages. kad-dht has no option for it.
 */
function lookupsOnly(dht: KadDHT): KadDHT {
  const { handlers } = (dht as unknown as { rpc: { handlers: Record<string, unknown> } }).rpc
  for (const name of ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS']) {
    assert(name in handlers, `kad-dht has no handler ${name}: its layout changed`)
    delete handlers[name]
  }
  return dht
}
