/** What a running node offers to its interfaces (HTTP, CLI, dashboard): values in, values out, nothing of libp2p or LevelDB. */
import type { QueryAnswer, Refusal, Result, Transaction, TransactionId } from '../application/contract.ts'
import type { KeyEvent } from '../membership/key-state.ts'
import type { CeremonyKind } from '../membership/system-operation.ts'
import type { Certificate } from '../pbft/types.ts'
import type { Handover, ThresholdCertificate } from '../wire/statement.ts'
import type { NodeProofs } from './proofs.ts'
import type { ThreadTrouble } from './threshold-worker.ts'

export type SubmitOutcome =
  /** On disk here and on its way; `state` tells whether it was executed before. */
  | { readonly accepted: true; readonly id: TransactionId; readonly state: 'accepted' | 'committed' }
  | { readonly accepted: false; readonly id: TransactionId; readonly refusal: Refusal }

export type TransactionStatus =
  | { readonly state: 'unknown'; readonly id: TransactionId }
  /** Held here, not executed yet. */
  | { readonly state: 'accepted'; readonly id: TransactionId }
  | {
      readonly state: 'committed'
      readonly id: TransactionId
      readonly sequence: number
      readonly position: number
      readonly logTimeMs: number
      readonly result: Result
    }
  /** Its timestamp left the window before it was ordered: it will never be executed. Submit anew. */
  | { readonly state: 'expired'; readonly id: TransactionId }

export interface MemberStatus {
  readonly index: number
  readonly name: string
  readonly peerId: string
  readonly publicKey: string
  readonly self: boolean
  readonly connected: boolean
  /** Milliseconds since 1970 of the last message signed by this member; null: never heard. */
  readonly lastHeardMs: number | null
  /** What this member last said that it executed; null: never heard. */
  readonly executedSequence: number | null
  readonly view: number | null
}

/** Why nothing commits although there is work, or would be no point in waiting. */
export interface Stall {
  readonly code: 'QUORUM_LOST' | 'VIEW_CHANGE' | 'CATCHING_UP' | 'RECOVERING' | 'PRIMARY_SILENT'
  /** One sentence for people. */
  readonly message: string
  /** Indices of members that are not heard. */
  readonly missing: readonly number[]
  readonly sinceMs: number
}

export interface NodeStatus {
  readonly networkId: string
  readonly networkName: string
  readonly role: 'member' | 'observer'
  readonly index: number | null
  readonly name: string
  readonly peerId: string
  readonly state: 'starting' | 'recovering' | 'ready' | 'stopping' | 'failed'
  readonly epoch: number
  readonly n: number
  readonly faultyMax: number
  readonly quorum: number
  readonly view: number
  readonly viewActive: boolean
  readonly primary: number
  /** Last executed sequence. */
  readonly sequence: number
  readonly stableSequence: number
  readonly certifiedSequence: number
  readonly logTimeMs: number
  readonly pendingTransactions: number
  readonly pendingBatches: number
  readonly executedTransactions: number
  readonly stall: Stall | null
  /** Null: the network has none, nor shall have one. */
  readonly sharedKey: SharedKeySummary | null
  readonly listenAddresses: readonly string[]
  readonly connections: number
  readonly application: string
}

export interface PeerInfo {
  readonly peerId: string
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly member: number | null
  readonly score: number | null
  readonly connectedSinceMs: number
}

export interface SequenceInfo {
  readonly sequence: number
  readonly digest: string
  readonly historyDigest: string
  readonly logTimeMs: number
  readonly view: number
  readonly transactions: readonly { readonly id: TransactionId; readonly code: number }[]
}

export interface StateAnswer {
  readonly key: string
  readonly answer: QueryAnswer
  /** Root of the application's state that the proof leads to, hexadecimal. */
  readonly applicationRoot: string
  /** The last sequence executed when the answer was made. */
  readonly sequence: number
  readonly certificate: Certificate | null
}

/** Bytes in hexadecimal, all else as it is. */
export type InHex<T> = T extends Uint8Array
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: InHex<T[K]> }

/** One step in the life of the network's key. */
export type KeyEventInfo = InHex<KeyEvent>

/** A certificate under the network's key, short. */
export interface CertificateInfo {
  readonly sequence: number
  readonly keyId: string
  readonly epoch: number
  readonly logTimeMs: number
  readonly signature: string
}

/** The network's key, or what there is of it, in a few words. */
export interface SharedKeySummary {
  /** 192 hexadecimal digits; null while there is none. */
  readonly publicKey: string | null
  readonly keyId: string | null
  /** How often shares of the network's keys were dealt. */
  readonly epoch: number | null
  /** The last sequence with a certificate under the key that is known here; 0: none. */
  readonly certifiedSequence: number
  readonly ceremony: CeremonySummary | null
  /** Why this node does not sign, or did not sign a while ago; null: nothing is wrong. */
  readonly trouble: ThreadTrouble | null
}

export interface CeremonySummary {
  readonly kind: CeremonyKind
  readonly phase: CeremonyPhase
  /** Indices of members that have not yet said what the phase asks of them. */
  readonly missing: readonly number[]
}

export type CeremonyPhase = 'registering' | 'dealing' | 'confirming' | 'activating' | 'handing-over'

export interface SharedKeyInfo {
  readonly keyId: string
  readonly epoch: number
  readonly publicKey: string
  /** Points of G2, as many as sign, the key first: from these follow the public shares, and so what a backup has to be of. */
  readonly polynomial: readonly string[]
  /** Shares that sign, and shares that there are. */
  readonly threshold: number
  readonly members: number
  readonly activatedSequence: number
  readonly activatedMs: number
}

export interface RetiringKeyInfo extends SharedKeyInfo {
  /** The last sequence that it certifies. */
  readonly lastSequence: number
  /** It ends when log time and sequence have both come to these. */
  readonly retiresMs: number
  readonly retiresSequence: number
}

export interface CeremonyInfo extends CeremonySummary {
  readonly epoch: number
  readonly attempt: number
  readonly sessionId: string
  readonly startSequence: number
  readonly startMs: number
  readonly phaseSinceMs: number
  /** Log time at which the new shares were ready to sign; null: they are not. */
  readonly notBeforeMs: number | null
}

/** All that the log says of the network's keys. */
export interface KeysInfo {
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly active: SharedKeyInfo | null
  readonly retiring: readonly RetiringKeyInfo[]
  readonly ceremony: CeremonyInfo | null
  /** Oldest first. */
  readonly handovers: readonly Handover[]
  /** Indices of members that ask for a new key, and of those that ask for the end of this one, as long as it counts. */
  readonly rotationVotes: readonly number[]
  readonly revokeVotes: readonly number[]
  /** Log time from which the shares are to be dealt again; null: there are none. */
  readonly refreshDueMs: number | null
  readonly certifiedSequence: number
}

/** What an operator asks of the network's key, with the voice of this member. */
export type KeyRequest = 'refresh' | 'rotate' | 'revoke'

export type KeyRequestOutcome =
  /** In the log: `code` 0 had an effect, `reason` says otherwise why not. */
  | { readonly state: 'executed'; readonly sequence: number; readonly code: number; readonly reason: string }
  | { readonly state: 'refused'; readonly refusal: Refusal }
  /** Accepted, and not executed in time: it may still be. */
  | { readonly state: 'pending' }
  /** Accepted, and grown too old before it was ordered: it will never be executed. Ask anew. */
  | { readonly state: 'expired' }

/** `id` is a position in this node's stream of executed sequences: it grows, survives restarts and names a sequence. */
export type NodeEvent =
  | { readonly id: number; readonly type: 'executed'; readonly info: SequenceInfo }
  /** Events from `from` to `to` are no longer in history. */
  | { readonly id: number; readonly type: 'gap'; readonly from: number; readonly to: number }
  /** Comes before the sequence in which it happened; whoever comes back before that gets it again. */
  | { readonly id: number; readonly type: 'key'; readonly info: KeyEventInfo }
  /** As it comes, to whoever listens: what was missed can be asked for. */
  | { readonly id: number; readonly type: 'certificate'; readonly info: CertificateInfo }

export interface QuorateNode {
  /** One outcome for each transaction, in order; resolves when what was accepted is on disk. */
  submit(transactions: readonly Transaction[]): Promise<readonly SubmitOutcome[]>
  transaction(id: TransactionId): TransactionStatus
  /**
   * Resolves when the transaction is executed here or expired, and with `unknown` when it was ordered before its time and let go of: it
   * may be executed yet. Rejects with the signal's reason when it aborts.
   */
  settled(id: TransactionId, signal: AbortSignal): Promise<TransactionStatus>
  query(key: string): StateAnswer | Refusal
  status(): NodeStatus
  members(): readonly MemberStatus[]
  peers(): readonly PeerInfo[]
  /** Receipts and reads for who does not trust this node. */
  readonly proofs: NodeProofs
  sequence(n: number): Promise<SequenceInfo | null>
  /** Null: the network has no shared key, nor shall have one. */
  keys(): KeysInfo | null
  /** The latest certificate under the network's key, or the first at or above a sequence; null: none is known here. */
  certificate(sequence: number | null): ThresholdCertificate | null
  /** Rejects with the signal's reason when it aborts before anything was asked. */
  askOfKey(request: KeyRequest, signal: AbortSignal): Promise<KeyRequestOutcome>
  /**
   * Calls `listener` for every event after `afterId` that is in history, then for each new one, in order; null starts with
   * the next one. A listener that returns false has had enough for now: delivery goes on after `resume` of the handle.
   */
  subscribe(
    afterId: number | null,
    listener: (event: NodeEvent) => boolean,
  ): { close(): void; resume(): void }
  /** Prometheus text format. */
  metrics(): Promise<string>
  /** Stops accepting, finishes what is promised, closes network and disk. Idempotent. */
  stop(): Promise<void>
  /** Rejects when the node fails by itself (a failed write, a broken invariant). */
  readonly failed: Promise<never>
}
