import type { Prng } from '../../lib/prng.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import type { RequestProtocol, Signer, Topic } from '../../runtime/ports.ts'
import type { Scope } from '../../wire/scope.ts'

/**
 * A way to be faulty. A faulty member runs the production runtime and lies at its edge: what it publishes and answers passes
 * through its behaviours, one after the other, which drop, change, misdirect and sign anew with the member's own key.
 */
export interface Behaviour {
  /** What leaves instead of `outgoing`. */
  publish?(outgoing: OutgoingMessage): readonly OutgoingMessage[]
  /** @param answer what the runtime answers; null refuses */
  answer?(protocol: RequestProtocol, request: Uint8Array, answer: Uint8Array | null): Uint8Array | null
  /** What comes in, besides going to the runtime. */
  hear?(topic: Topic, bytes: Uint8Array): void
  /** Called a few times a second: what leaves without being asked for. */
  tick?(): readonly OutgoingMessage[]
}

export interface OutgoingMessage {
  readonly topic: Topic
  readonly to: readonly ReplicaId[]
  readonly bytes: Uint8Array
}

/** What a faulty member knows and has. */
export interface Lair {
  readonly self: ReplicaId
  readonly others: readonly ReplicaId[]
  readonly scope: Scope
  readonly signer: Signer
  readonly prng: Prng
  nowMs(): number
}

export type CreateBehaviour = (lair: Lair) => Behaviour
