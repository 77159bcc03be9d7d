import type { Prng } from '../../lib/prng.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import type { ThresholdPorts } from '../../runtime/options.ts'
import type { RequestProtocol, Signer, Topic } from '../../runtime/ports.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import type { Scope } from '../../wire/scope.ts'
import type { StateReply, TransactionReply } from '../replies.ts'
import type { Den } from './den.ts'
import type { Elsewhere } from './elsewhere.ts'

/**
 * A way to be faulty. A faulty member runs the production runtime and lies at its edge: what it publishes and answers passes
 * through its behaviours, one after the other, which drop, change, misdirect and sign anew with the member's own key.
 */
export interface Behaviour {
  /** What leaves instead of `outgoing`. */
  publish?(outgoing: OutgoingMessage): readonly OutgoingMessage[]
  /**
   * @param answer what the runtime answers; null refuses
   * @returns what is answered instead; undefined: nothing, ever
   */
  answer?(
    protocol: RequestProtocol,
    request: Uint8Array,
    answer: Uint8Array | null,
  ): Uint8Array | null | undefined
  /** What comes in, besides going to the runtime. */
  hear?(topic: Topic, bytes: Uint8Array): void
  /** What comes in and is kept from the runtime. */
  hides?(topic: Topic, bytes: Uint8Array): boolean
  /** Called a few times a second: what leaves without being asked for. */
  tick?(): readonly OutgoingMessage[]
  /** Called as often: what happens to the disk. */
  tamper?(): DiskTampering | null
  /** A runtime begins, after each start. */
  begin?(runtime: ReplicaRuntime): void
  /** @returns what its part in the network's keys is given instead of `ports` */
  twist?(ports: ThresholdPorts): ThresholdPorts
  /** @returns what a client is told of its transaction instead of `truth`; null: nothing */
  tell?(id: string, truth: TransactionReply): TransactionReply | null
  /** @returns what a client that reads is shown instead of `truth`; null: nothing */
  show?(key: string, truth: StateReply): StateReply | null
}

/** `keep`: what is on the disk now is remembered. `roll-back`: the machine falls down and comes back with what was remembered last. */
export type DiskTampering = 'keep' | 'roll-back'

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
  /** Shared by all who collude. */
  readonly den: Den
  readonly elsewhere: Elsewhere
  /** The shortest time for which members wait for a primary. */
  readonly viewChangeTimeoutMs: number
  nowMs(): number
  /** For an envelope that the runtime did not sign, and that others must not take for one that they have seen. */
  nextNumber(): number
  /** Writes down what was done, so that a behaviour that does nothing is noticed. */
  did(what: string): void
}

export type CreateBehaviour = (lair: Lair) => Behaviour
