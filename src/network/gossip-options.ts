import type { GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { sha256 } from '../crypto/hash.ts'
import { concatBytes, utf8 } from '../lib/bytes.ts'
import { TOPICS } from '../runtime/ports.ts'
import * as limits from './limits.ts'
import type { ProtocolNames } from './protocols.ts'

/** Gossipsub's many numbers. Mesh sizes follow the number of members; scores are for three topics. */

const SECOND_MS = 1000

/** Bytes of a message id. */
const MESSAGE_ID_BYTES = 20

/**
 * Invalid messages cost the square of their number, so honest noise is cheap and a flood is not: 5 cost 500 points, 10 cost
 * 2000, and they are forgotten in about five minutes. There is no reward that could outweigh them: first deliveries earn 8
 * at most. No penalty for silence (P3): in a stall nobody delivers, and the mesh must not dissolve when it is needed.
 */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  timeInMeshQuantum: SECOND_MS,
  timeInMeshCap: 1,
  firstMessageDeliveriesWeight: 1,
  firstMessageDeliveriesDecay: 0.794,
  firstMessageDeliveriesCap: 8,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: SECOND_MS,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.985,
} as const

export const SCORE_THRESHOLDS = {
  gossipThreshold: -500,
  publishThreshold: -1000,
  graylistThreshold: -2000,
  acceptPXThreshold: 1000,
  opportunisticGraftThreshold: 20,
} as const

/**
 * Few members are all connected to each other, and whoever publishes sends to every subscriber himself (floodPublish). A mesh on
 * top would send each message twice more to each of them. Whoever is not connected to the publisher hears of the message at
 * the next heartbeat (IHAVE) and asks for it.
 */
const NO_MESH: MeshSizes = { D: 0, Dlo: 0, Dhi: 0, Dscore: 0, Dout: 0 }

interface MeshSizes {
  readonly D: number
  readonly Dlo: number
  readonly Dhi: number
  readonly Dscore: number
  readonly Dout: number
}

/** @param n members */
export function meshSizes(n: number): MeshSizes {
  return n > 9 ? { D: 8, Dlo: 6, Dhi: 12, Dscore: 6, Dout: 3 } : NO_MESH
}

export function gossipMessageId(topic: string, data: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(topic), data)).subarray(0, MESSAGE_ID_BYTES)
}

export interface GossipFacts {
  readonly names: ProtocolNames
  readonly memberCount: number
  readonly loopback: boolean
  isMember(peer: string): boolean
}

export function gossipOptions({
  names,
  memberCount,
  loopback,
  isMember,
}: GossipFacts): Partial<GossipsubOpts> {
  const topics = TOPICS.map(topic => names.topics[topic])
  return {
    ...meshSizes(memberCount),
    Dlazy: 8,
    heartbeatInterval: 500,
    mcacheLength: 8,
    mcacheGossip: 4,
    seenTTL: limits.GOSSIP_SEEN_MS,
    floodPublish: true,
    batchPublish: true,
    fallbackToFloodsub: false,
    doPX: false,
    tagMeshPeers: false,
    emitSelf: false,
    asyncValidation: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    awaitRpcHandler: true,
    awaitRpcMessageHandler: false,
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: message => gossipMessageId(message.topic, message.data),
    allowedTopics: topics,
    maxTopicBytesPerPeer: 8 * 1024,
    idontwantMinDataSize: 16 * 1024,
    gossipsubIWantFollowupMs: 5 * SECOND_MS,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: limits.GOSSIP_FRAME_BYTES_MAX,
    maxOutboundBufferSize: limits.GOSSIP_WRITE_BUFFER_BYTES_MAX,
    decodeRpcLimits: {
      maxSubscriptions: 32,
      maxMessages: 256,
      maxControlMessages: 128,
      maxIhaveMessageIDs: 1024,
      maxIwantMessageIDs: 1024,
      maxIdontwantMessageIDs: 512,
      maxPeerInfos: 0,
    },
    scoreThresholds: SCORE_THRESHOLDS,
    scoreParams: {
      topics: Object.fromEntries(topics.map(topic => [topic, { ...TOPIC_SCORE }])),
      topicScoreCap: 40,
      appSpecificScore: peer => (isMember(peer) ? 10 : 0),
      appSpecificWeight: 10,
      IPColocationFactorWeight: -50,
      IPColocationFactorThreshold: 2,
      IPColocationFactorWhitelist: new Set(loopback ? ['127.0.0.1', '::1'] : []),
      behaviourPenaltyWeight: -10,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.9,
      decayInterval: SECOND_MS,
      decayToZero: 0.01,
      retainScore: 6 * 3600 * SECOND_MS,
    },
  }
}
