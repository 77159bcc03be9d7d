import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Topic } from '../runtime/ports.ts'
import type { ProtocolNames } from './protocols.ts'
import { NetworkError } from './types.ts'

/** What we read of gossipsub beyond its published interface, in one place, so that a new version shows here first. */
interface GossipInternals {
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  readonly streamsInbound: ReadonlyMap<string, unknown>
  onPeerConnected(peer: PeerId, connection: Connection): void
  readonly score: {
    addPeer(peer: string): void
    removePeer(peer: string): void
    score(peer: string): number
    rejectInvalidMessage(peer: string, topic: string): void
  }
}

const internals = (gossip: GossipSub): GossipInternals => gossip as unknown as GossipInternals

export function scoreOf(gossip: GossipSub, peer: string): number {
  return internals(gossip).score.score(peer)
}

/** Can we send to the peer, and does it listen to the topic? */
export function isReachable(gossip: GossipSub, peer: string, topic: string): boolean {
  if (!internals(gossip).streamsOutbound.has(peer)) return false
  return gossip.getSubscribers(topic).some(subscriber => subscriber.toString() === peer)
}

/** Has gossip lost this peer in one direction although its connection is open? */
export function isZombie(gossip: GossipSub, peer: string): boolean {
  const { streamsInbound, streamsOutbound } = internals(gossip)
  return !streamsInbound.has(peer) || !streamsOutbound.has(peer)
}

/** As the registrar does once for each connection. Changes nothing for a peer that gossip has a stream to. */
export function introduceAgain(gossip: GossipSub, connection: Connection): void {
  internals(gossip).onPeerConnected(connection.remotePeer, connection)
}

/**
 * Scoring that is off by a slip of configuration looks like scoring that never strikes, so it is tried once at start.
 * @throws NetworkError when invalid messages cost nothing
 */
export function assertScoring(gossip: GossipSub, topics: ProtocolNames['topics']): void {
  const { score } = internals(gossip)
  for (const topic of Object.keys(topics) as Topic[]) {
    const probe = `probe of ${topic}`
    score.addPeer(probe)
    for (let i = 0; i < 10; i++) score.rejectInvalidMessage(probe, topics[topic])
    const reached = score.score(probe)
    score.removePeer(probe)
    if (reached > -1000)
      throw new NetworkError('SCORING_OFF', `gossip scoring is off: ten invalid messages cost ${reached}`)
  }
}
