import './polyfill.ts'
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'

/** Keys and PeerIds: a node is known on the network by the same Ed25519 key that names it as a member. */

/** @param seed 32 bytes */
export function privateKeyFromSeed(seed: Uint8Array): Promise<Ed25519PrivateKey> {
  return generateKeyPairFromSeed('Ed25519', seed)
}

/** @param publicKey 32 bytes @throws when it is no Ed25519 key */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(publicKey))
}

/** @param publicKey Ed25519, 32 bytes @returns the text by which libp2p names the peer */
export function peerNameOf(publicKey: Uint8Array): string {
  return peerIdOf(publicKey).toString()
}

/** @returns 32 bytes, or null when the peer is not named by an Ed25519 key */
export function ed25519KeyOf(peerId: PeerId): Uint8Array | null {
  return peerId.type === 'Ed25519' ? peerId.publicKey.raw : null
}
