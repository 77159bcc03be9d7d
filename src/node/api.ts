/** What a running node offers to its interfaces (HTTP, CLI, dashboard): values in, values out, nothing of libp2p or LevelDB. */
import type { QueryAnswer, Refusal, Result, Transaction, TransactionId } from '../application/contract.ts'
import type { Certificate } from '../pbft/types.ts'

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

/** `id` is a position in this node's stream of executed sequences: it grows, survives restarts and names a sequence. */
export type NodeEvent =
  | { readonly id: number; readonly type: 'executed'; readonly info: SequenceInfo }
  /** Events from `from` to `to` are no longer in history. */
  | { readonly id: number; readonly type: 'gap'; readonly from: number; readonly to: number }

export interface QuorateNode {
  /** One outcome for each transaction, in order; resolves when what was accepted is on disk. */
  submit(transactions: readonly Transaction[]): Promise<readonly SubmitOutcome[]>
  transaction(id: TransactionId): TransactionStatus
  /** Resolves when the transaction is executed here or expired; rejects with the signal's reason when it aborts. */
  settled(id: TransactionId, signal: AbortSignal): Promise<TransactionStatus>
  query(key: string): StateAnswer | Refusal
  status(): NodeStatus
  members(): readonly MemberStatus[]
  peers(): readonly PeerInfo[]
  sequence(n: number): Promise<SequenceInfo | null>
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
