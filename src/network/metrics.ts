import { Counter, Gauge, type Registry } from 'prom-client'
import type { GossipCounts } from './gossip.ts'
import type { ConnectedPeer } from './types.ts'

/** Our own counts in Prometheus form; libp2p registers its own beside them. Read when scraped, so counting costs nothing. */

const GOSSIP_HELP: Readonly<Record<keyof GossipCounts, readonly [name: string, help: string]>> = {
  published: ['quorate_gossip_published_total', 'Messages that this node published.'],
  publishedBytes: ['quorate_gossip_published_bytes_total', 'Bytes of messages that this node published.'],
  received: ['quorate_gossip_received_total', 'Messages received by gossip, each once.'],
  receivedBytes: ['quorate_gossip_received_bytes_total', 'Bytes of messages received by gossip, each once.'],
  accepted: ['quorate_gossip_accepted_total', 'Messages accepted and relayed.'],
  ignored: ['quorate_gossip_ignored_total', 'Messages dropped at no cost to the sender.'],
  rejected: ['quorate_gossip_rejected_total', 'Messages dropped that any relay could see to be wrong.'],
}

export function registerCounts(
  registry: Registry,
  counts: Readonly<GossipCounts>,
  peers: () => readonly ConnectedPeer[],
): void {
  for (const [key, [name, help]] of Object.entries(GOSSIP_HELP)) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(counts[key as keyof GossipCounts])
      },
    })
  }
  new Gauge({
    name: 'quorate_peers',
    help: 'Peers that passed the door.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const connected = peers()
      const members = connected.filter(peer => peer.member !== null).length
      this.set({ kind: 'member' }, members)
      this.set({ kind: 'stranger' }, connected.length - members)
    },
  })
}
