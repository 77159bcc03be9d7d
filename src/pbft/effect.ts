import type { Timer, TimerKind } from './event.ts'
import type {
  Certificate,
  CommittedEntry,
  Digest,
  NewView,
  PrePrepare,
  PreparedCertificate,
  Proof,
  Proposal,
  ReplicaId,
  Sequence,
  Statement,
  Status,
  Verified,
  View,
  ViewChange,
} from './types.ts'

/** A statement to sign. The edge signs it once, writes it to disk, sends it, and gives it back as a `message`. */
export type Draft =
  /** The edge adds the log time. */
  | {
      readonly type: 'pre-prepare'
      readonly view: View
      readonly sequence: Sequence
      readonly batchDigests: readonly Digest[]
      readonly certify: boolean
    }
  | { readonly type: 'prepare'; readonly view: View; readonly sequence: Sequence; readonly digest: Digest }
  | { readonly type: 'commit'; readonly view: View; readonly sequence: Sequence; readonly digest: Digest }
  | { readonly type: 'checkpoint'; readonly statement: Statement }
  | {
      readonly type: 'view-change'
      readonly view: View
      readonly stable: Certificate | null
      readonly prepared: readonly PreparedCertificate[]
    }
  | {
      readonly type: 'new-view'
      readonly view: View
      readonly viewChanges: readonly Verified<ViewChange>[]
      readonly proposals: readonly ProposalContent[]
    }
  | Status

/** A proposal whose digest the edge computes. */
export type ProposalContent = Omit<Proposal, 'digest'>

/** What must be found again after a crash, besides our own signed messages, which the edge keeps by itself. */
export type ConsensusRecord =
  | { readonly type: 'accepted'; readonly prePrepare: Verified<PrePrepare> }
  | { readonly type: 'prepared'; readonly certificate: PreparedCertificate }
  | {
      readonly type: 'view'
      readonly view: View
      readonly newView: Verified<NewView> | null
      readonly active: boolean
    }
  /** A member without memory has caught up and may vote. */
  | { readonly type: 'memory-restored' }

/** What a step asks of the world, first to last. */
export type Effect =
  /** Barrier: nothing after it, in this step or a later one, leaves the replica before the record is on disk. */
  | { readonly type: 'persist'; readonly record: ConsensusRecord }
  | { readonly type: 'send'; readonly draft: Draft }
  /** Send signed messages again, ours or others', as they are, because `to` seems to lack them. A hint that may be dropped. */
  | { readonly type: 'relay'; readonly to: ReplicaId; readonly proofs: readonly Proof[] }
  /** Answered by `batch-available` or `batch-found`, now or late; asked again when a view change asks again. */
  | { readonly type: 'fetch-batch'; readonly digest: Digest }
  /** Answered by `executed`. In order, without gaps. `checkpoint`: compute the statement. */
  | { readonly type: 'execute'; readonly entry: CommittedEntry; readonly checkpoint: boolean }
  /** Answered by `entry-fetched` or `state-installed`, until `target` is reached or a later `fetch-state` replaces it. */
  | { readonly type: 'fetch-state'; readonly executed: Sequence; readonly target: Sequence }
  /** Replaces a running timer of the same kind. */
  | { readonly type: 'set-timer'; readonly timer: Timer; readonly afterMs: number }
  | { readonly type: 'cancel-timer'; readonly kind: TimerKind }
  /** The checkpoint is stable: what lies below it is no longer needed for agreement. */
  | { readonly type: 'truncate-log'; readonly certificate: Certificate }
  /** Two signed messages that no correct member signs both. */
  | { readonly type: 'suspect'; readonly replica: ReplicaId; readonly evidence: readonly [Proof, Proof] }
  /** For whoever reports it: the view changed, or became active. */
  | { readonly type: 'view-entered'; readonly view: View; readonly active: boolean }
