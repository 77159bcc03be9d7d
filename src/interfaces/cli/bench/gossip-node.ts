/** A node with nothing but gossip, for measuring the round trip. */
import { randomBytes } from 'node:crypto'
import { silentLogger } from '../../../lib/logger.ts'
import { createNetwork } from '../../../network/create-network.ts'
import type { Network } from '../../../network/types.ts'
import type { Clock } from '../../../runtime/ports.ts'

export interface GossipNodeOptions {
  readonly seed: Uint8Array
  readonly networkId: Uint8Array
  readonly members: readonly Uint8Array[]
  readonly bootstrap: readonly string[]
}

const clock: Clock = {
  nowMs: Date.now,
  after(delayMs, expired) {
    const timer = setTimeout(expired, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Listens on a free port of this machine. @param onMessage is given the node, to answer through */
export async function startGossipNode(
  options: GossipNodeOptions,
  onMessage: (network: Network) => void,
): Promise<Network> {
  const { seed, networkId, members, bootstrap } = options
  const network = await createNetwork(
    {
      identitySeed: seed,
      networkId,
      members,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      bootstrap,
      admissionEffort: 1,
      directory: null,
      privateAddresses: true,
      loopback: true,
    },
    { logger: silentLogger, clock, randomBytes },
  )
  await network.start({
    onGossip(_topic, _bytes, _from, verdict) {
      verdict('accept')
      onMessage(network)
    },
    onRequest: (_protocol, _bytes, _from, respond) => respond(null),
    onMemberConnected: () => {},
    onMemberDisconnected: () => {},
  })
  return network
}
