import type { Application } from '../application/contract.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import type { Logger } from '../lib/logger.ts'
import type { Genesis } from '../membership/genesis.ts'
import type { ReplicaConfig } from '../pbft/config.ts'
import type { Certificate, Proof, ReplicaId } from '../pbft/types.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import type { EnvelopeReader } from '../wire/verify.ts'
import type { Executed } from './execution.ts'
import type { Clock, PeerNetwork, SignatureChecker, Signer, Store, ThresholdWorker, Vault } from './ports.ts'
import type { Recorder } from './recorder.ts'

/** What a replica's runtime is told, and what it is bound to. */
export interface RuntimeOptions {
  readonly genesis: Genesis
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** By replica id. */
  readonly memberKeys: readonly Uint8Array[]
  /** Null for an observer. */
  readonly self: ReplicaId | null
  /** Names this start of the replica: a number that no other start had, so drawn at random. */
  readonly startNumber: number
  /** See `LoadOptions.firstStart`. */
  readonly firstStart: boolean
  readonly replica: Omit<ReplicaConfig, 'epoch' | 'n' | 'self' | 'checkpointInterval' | 'logWindow'>
  readonly batchTransactionsMax: number
  readonly batchBytesMax: number
  readonly batchDelayMs: number
  readonly pendingTransactionsMax: number
  readonly pendingBytesMax: number
  readonly historySequences: number
  readonly snapshotIntervalSequences: number
}

export interface RuntimePorts {
  readonly application: Application
  readonly clock: Clock
  readonly store: Store
  readonly network: PeerNetwork
  readonly checker: SignatureChecker
  /** Several replicas in one process may share one; each has its own unless told. */
  readonly reader?: EnvelopeReader
  /** Null for an observer. */
  readonly signer: Signer | null
  readonly logger: Logger
  onExecuted(executed: Executed): void
  /** The state jumped over sequences that were not executed here. */
  onInstalled(certificate: Certificate): void
  onSuspect(replica: ReplicaId, evidence: readonly [Proof, Proof]): void
  onView(view: number, active: boolean): void
  /** The replica stopped itself. */
  onFailure(error: Error): void
  /** Sees every step of the core. */
  readonly recorder?: Recorder | undefined
  /** For what the log says of the network's keys; the library's own unless told. */
  readonly curve?: PublicCurve | undefined
  /** Without it a replica follows what the log says of the network's keys and has no part in them, nor certificates by them. */
  readonly threshold?: ThresholdPorts | undefined
}

/** What a replica needs to have a part in the network's keys. */
export interface ThresholdPorts {
  /** An observer's stays empty. */
  readonly vault: Vault
  readonly worker: ThresholdWorker
  /** For secrets: of cryptographic quality. */
  readonly random: RandomBytes
  /** Complete, checked, and later than all before. */
  onCertificate(certificate: ThresholdCertificate): void
}
