import type { ReplicaId } from '../pbft/types.ts'

/** What a signature is valid in: network, epoch and its members. */
export interface Scope {
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly epoch: number
  /** Ed25519 public keys by replica id, 32 bytes each. */
  readonly memberKeys: readonly Uint8Array[]
}

export function keyOf(scope: Scope, replica: ReplicaId): Uint8Array | undefined {
  return scope.memberKeys[replica]
}
