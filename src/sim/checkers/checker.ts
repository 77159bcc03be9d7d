import type { KeyEvent, KeyState } from '../../membership/key-state.ts'
import type { Certificate, Proof, ReplicaId } from '../../pbft/types.ts'
import type { Executed } from '../../runtime/execution.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import type { Scope } from '../../wire/scope.ts'
import type { ThresholdCertificate } from '../../wire/statement.ts'
import type { SharedReader } from '../common-reader.ts'
import type { SimulationOptions } from '../options.ts'
import type { ReceiptReply } from '../replies.ts'
import type { RegisterOperation } from './linearizability.ts'

/**
 * One thing that must hold, always. A checker sees what correct members do and what clients are told, and reports what must not
 * be; it changes nothing. Faulty members are not shown to it, except as those whom others suspect.
 */
export interface Checker {
  /** A member read its disk and is about to begin. */
  onStart?(member: ReplicaId, runtime: ReplicaRuntime): void
  onExecuted?(member: ReplicaId, executed: Executed): void
  onInstalled?(member: ReplicaId, certificate: Certificate): void
  /** An envelope leaves a correct member. */
  onPublished?(member: ReplicaId, bytes: Uint8Array): void
  /** A partial signature leaves a correct member. */
  onPartial?(member: ReplicaId, bytes: Uint8Array): void
  /** What the log says of the network's keys, as a correct member reads it. */
  onKeyEvent?(member: ReplicaId, event: KeyEvent): void
  /** A correct member has a certificate by the network's key. */
  onCertificate?(member: ReplicaId, certificate: ThresholdCertificate): void
  /** An envelope reaches a correct member that is up; the same bytes, not a copy, as were published. */
  onHeard?(member: ReplicaId, bytes: Uint8Array): void
  /** @param evidence that the member has for it */
  onSuspect?(member: ReplicaId, suspected: ReplicaId, evidence?: readonly [Proof, Proof]): void
  /** A member stopped itself. */
  onFailure?(member: ReplicaId, error: Error): void
  /** The disk of a correct member is lost. */
  onWiped?(member: ReplicaId): void
  /** The secrets of a correct member about the network's keys are lost. */
  onSecretsLost?(member: ReplicaId): void
  /** A correct member told a client that it has this transaction on disk. */
  onAccepted?(id: string): void
  /** A client was told by a correct member that its transaction is committed there. */
  onTold?(told: Told): void
  /** A client that waits has its answer, or gave up. */
  onOperation?(operation: ClientOperation): void
  /** A client that reads believes what it was shown. */
  onRead?(read: ClientRead): void
  /** From time to time, for each correct member that is up. */
  onLook?(member: ReplicaId, runtime: ReplicaRuntime): void
  /** As often. @param secrets by name: what is in its vault, and would outlast a crash */
  onSecrets?(member: ReplicaId, keys: KeyState, secrets: ReadonlyMap<string, Uint8Array>): void
  /** From now on nothing goes wrong but what faulty members do. @param nowMs virtual */
  onFaultsEnd?(nowMs: number): void
  /** Before `onEnd`: what lies on the disk of a correct member, by key. */
  onDisk?(member: ReplicaId, disk: ReadonlyMap<string, Uint8Array>): void
  /** All is over and quiet; every correct member is up. */
  onEnd?(members: ReadonlyMap<ReplicaId, ReplicaRuntime>): void
}

export interface Told {
  readonly id: string
  readonly sequence: number
  readonly code: number
}

/** One thing that a client did through the order, as it saw it. Times are virtual milliseconds. */
export interface ClientOperation {
  readonly client: number
  readonly key: string
  /** With what the client was answered. */
  readonly operation: RegisterOperation
  /** The transaction. */
  readonly id: string
  readonly invokedMs: number
  /** Null: it was never answered. */
  readonly returnedMs: number | null
  /** What f+1 members told alike; null: nothing. */
  readonly receipt: ReceiptReply | null
}

/** What a client read beside the order. */
export interface ClientRead {
  readonly client: number
  readonly key: string
  readonly value: string | null
  /** The value is the one after this sequence. */
  readonly sequence: number
  /** `certified`: proved from a certificate. `equal`: shown alike by f+1 members. */
  readonly how: 'certified' | 'equal'
  /** The highest sequence that the client knew of before. */
  readonly seenBefore: number
  readonly invokedMs: number
  readonly returnedMs: number
}

export interface CheckerContext {
  readonly options: SimulationOptions
  readonly scope: Scope
  readonly reader: SharedReader
  isFaulty(member: ReplicaId): boolean
  /** Signed by a client of this world. */
  isSubmitted(id: string): boolean
  /** What a clock without skew shows. Milliseconds since 1970. */
  nowMs(): number
  violation(text: string): void
  /** Whether something holds was not found out: that must be seen, too. */
  undecided(text: string): void
}

export type CreateChecker = (context: CheckerContext) => Checker
