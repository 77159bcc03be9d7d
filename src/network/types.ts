/** What the network is made of and what it offers: values in, values out, nothing of libp2p. */
import type { Registry } from 'prom-client'
import type { NetGroupProvider } from '../defence/netgroup.ts'
import type { Logger } from '../lib/logger.ts'
import type { Clock, PeerHandlers, PeerNetwork } from '../runtime/ports.ts'

export interface NetworkOptions {
  /** Ed25519 seed of this node's identity, 32 bytes. Its public key gives the PeerId. */
  readonly identitySeed: Uint8Array
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** Ed25519 public keys of the members, 32 bytes each; the position is the ReplicaId. */
  readonly members: readonly Uint8Array[]
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/4001`; port 0 takes a free one. */
  readonly listen: readonly string[]
  /** Multiaddrs that peers are told instead of those that we listen on; empty: what we listen on. */
  readonly announce: readonly string[]
  /** Multiaddrs of any peers that are up, with or without `/p2p/<PeerId>`. Our own is skipped. */
  readonly bootstrap: readonly string[]
  /** Expected scrypt evaluations that a peer must have spent: `ProtocolParameters.admissionEffort`. */
  readonly admissionEffort: number
  /** Folder for the peer store and the solved ticket; null keeps both in memory. Made when missing. */
  readonly directory: string | null
  /** Spread and dial private and loopback addresses too: for a LAN or one machine. */
  readonly privateAddresses: boolean
  /** Raises the caps of loopback addresses, so that a whole network fits on one machine. */
  readonly loopback: boolean
}

export interface NetworkComponents {
  readonly logger: Logger
  readonly clock: Clock
  /** Unpredictable bytes. */
  readonly randomBytes: (length: number) => Uint8Array
  /** Tells which addresses count together; the default is by prefix. */
  readonly netGroups?: NetGroupProvider
  /** Metrics of libp2p and gossipsub are registered here. */
  readonly registry?: Registry
  /** Ends the search for a ticket, which may take minutes, with its reason. */
  readonly signal?: AbortSignal | undefined
}

export interface ConnectedPeer {
  readonly peerId: string
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly member: number | null
  /** Gossip score: 0 is neutral, below -2000 nothing is taken from the peer. */
  readonly score: number | null
  readonly connectedSinceMs: number
}

/** Peers as the node sees them: the port of the replica, and what an operator wants to know. */
export interface Network extends PeerNetwork {
  readonly peerId: string
  /** PeerIds of the members, by ReplicaId. */
  readonly memberPeerIds: readonly string[]
  /** Listens and begins to look for the members. Once. @throws NetworkError when an address cannot be listened on */
  start(handlers: PeerHandlers): Promise<void>
  /** Closes all connections. Idempotent. */
  stop(): Promise<void>
  /** What other peers can dial, with `/p2p/`. */
  listenAddresses(): readonly string[]
  /** Peers that passed the door. */
  peers(): readonly ConnectedPeer[]
}

/** The world refused: a port in use, a folder that cannot be written. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: 'LISTEN_FAILED' | 'BAD_ADDRESS' | 'STORE_FAILED' | 'SCORING_OFF'
  constructor(code: NetworkError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
