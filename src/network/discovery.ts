import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { withPeer } from './addresses.ts'
import type { Node } from './libp2p-node.ts'
import * as limits from './limits.ts'

/**
 * Where is a peer? First what we remember, then what the DHT says. Answers of the DHT are hints from strangers: they cost a
 * dial at most, because the secure channel proves who answers.
 */

/** @returns whether a connection stands */
export async function dialKnown(node: Node, peer: PeerId): Promise<boolean> {
  const known = await node.peerStore.get(peer).catch(() => null)
  if (known === null || known.addresses.length === 0) return false
  return dial(node, peer)
}

/** Asks the network, past our own memory. @returns whether a connection stands */
export async function dialFound(node: Node, peer: PeerId): Promise<boolean> {
  const addresses = await findAddresses(node, peer)
  return addresses.length > 0 && dial(node, addresses)
}

export async function dial(node: Node, target: PeerId | Multiaddr | Multiaddr[]): Promise<boolean> {
  try {
    await node.dial(target, { signal: AbortSignal.timeout(limits.DIAL_TIMEOUT_MS) })
    return true
  } catch {
    return false
  }
}

/** Collects from all who answer, because the first may remember an address that the peer has left. */
async function findAddresses(node: Node, peer: PeerId): Promise<Multiaddr[]> {
  const found = new Map<string, Multiaddr>()
  try {
    const signal = AbortSignal.timeout(limits.FIND_PEER_TIMEOUT_MS)
    for await (const event of node.services.dht.findPeer(peer, { useCache: false, signal })) {
      if (event.name !== 'FINAL_PEER') continue
      for (const address of event.peer.multiaddrs) {
        const full = withPeer(address, peer)
        found.set(full.toString(), full)
        if (found.size >= limits.FOUND_ADDRESSES_MAX) return [...found.values()]
      }
    }
  } catch {
    // Nobody knew, or not in time: what was found until then still counts.
  }
  return [...found.values()]
}

const FORGOTTEN_TAGS = ['kad-', 'keep-alive']

/**
 * Before the start: kad-dht fills its table from peers tagged in the store, past every filter, and libp2p re-dials what is
 * tagged to be kept alive. A poisoned table would survive a restart, so it starts empty; addresses are kept.
 */
export async function forgetTags(node: Node): Promise<void> {
  for (const peer of await node.peerStore.all()) {
    const tags = [...peer.tags.keys()].filter(tag => FORGOTTEN_TAGS.some(prefix => tag.startsWith(prefix)))
    if (tags.length === 0) continue
    await node.peerStore.merge(peer.id, { tags: Object.fromEntries(tags.map(tag => [tag, undefined])) })
  }
}

/** Peers learned from answers of the DHT are free to invent, so the surplus is dropped; `keeps` are members and whoever is connected. */
export async function pruneStore(
  node: Node,
  peersMax: number,
  keeps: (peer: PeerId) => boolean,
): Promise<void> {
  const peers = await node.peerStore.all()
  const surplus = peers.filter(({ id }) => !id.equals(node.peerId) && !keeps(id)).slice(peersMax)
  for (const { id } of surplus) await node.peerStore.delete(id)
}
