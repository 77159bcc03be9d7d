import type { PeerId } from '@libp2p/interface'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import type { PeerName } from '../runtime/ports.ts'
import { peerIdOf, peerNameOf } from './identity.ts'

/** Members by PeerId and by place: both follow from their public keys. */
export class MemberTable {
  readonly ourPeerId: PeerName
  /** Null for an observer. */
  readonly ourIndex: ReplicaId | null
  readonly peerIds: readonly PeerId[]
  readonly #indexes: ReadonlyMap<PeerName, ReplicaId>

  /** @param keys Ed25519, 32 bytes each, in the order of the replicas */
  constructor(keys: readonly Uint8Array[], ourKey: Uint8Array) {
    this.peerIds = keys.map(peerIdOf)
    this.#indexes = new Map(this.peerIds.map((peer, index) => [peer.toString(), replicaId(index)]))
    this.ourPeerId = peerNameOf(ourKey)
    this.ourIndex = this.indexOf(this.ourPeerId)
  }

  indexOf(peer: PeerName): ReplicaId | null {
    return this.#indexes.get(peer) ?? null
  }

  isMember = (peer: PeerName): boolean => this.#indexes.has(peer)

  get count(): number {
    return this.peerIds.length
  }

  /** All but ourselves. */
  others(): readonly PeerId[] {
    return this.peerIds.filter((_, index) => index !== this.ourIndex)
  }
}
