import type {
  Certificate,
  CommittedEntry,
  Digest,
  Message,
  NewView,
  PrePrepare,
  PreparedCertificate,
  Sequence,
  Statement,
  Verified,
  View,
} from './types.ts'

/** Each kind has at most one timer running. `view` is the view that the timer was set for, so that a late one is seen to be stale. */
export interface Timer {
  readonly kind: TimerKind
  readonly view: View
}

/**
 * `progress`: a held batch waits for execution. `new-view`: a quorum wants a view whose NEW-VIEW has not come. `status`: time to
 * say where we stand. `idle-checkpoint`: nothing was proposed for a while and the last sequences are not certified. `catch-up`: others are ahead; if we have not arrived by then, fetch.
 */
export type TimerKind = 'progress' | 'new-view' | 'status' | 'catch-up' | 'idle-checkpoint'

/** What was on disk at start. Everything in it passed the same checks as when it arrived. */
export interface RecoveredRecords {
  /** This key never had a disk, or lost it: what it may have signed is unknown, so it must not vote before it caught up. */
  readonly amnesia: boolean
  /** Names this start: a number that no earlier start of this member had. */
  readonly question: number
  readonly view: View
  readonly viewActive: boolean
  /** The NEW-VIEW that the view was entered by; null in view 0, and while the view is not active. */
  readonly newView: Verified<NewView> | null
  readonly stable: Certificate | null
  /** The last sequence whose execution the runtime has restored. */
  readonly executed: Sequence
  /** Statements of checkpoint sequences above the stable checkpoint, executed again while restoring. */
  readonly statements: readonly Statement[]
  readonly accepted: readonly Verified<PrePrepare>[]
  /** Of any view: what a VIEW-CHANGE must carry. */
  readonly prepared: readonly PreparedCertificate[]
  /** What we signed above the stable checkpoint or in a view change, oldest first; of views below this one only some. */
  readonly own: readonly Verified<Message>[]
}

/** Everything that can happen to a replica. `step` turns one into effects. */
export type Event =
  /** Exactly once, first. */
  | { readonly type: 'recovered'; readonly records: RecoveredRecords }
  /** The batch is on its way to disk (a later `persist` covers it), and was checked. */
  | { readonly type: 'batch-available'; readonly digest: Digest }
  /** Answers `fetch-batch` too: it is here, but nothing in it waits for its place: it was ordered before and is named again, or is too early. */
  | { readonly type: 'batch-found'; readonly digest: Digest }
  /** Everything in a batch that was held is executed, or can never be, or cannot be yet: nobody waits for it now. */
  | { readonly type: 'batch-settled'; readonly digest: Digest }
  /** From a peer, or our own draft coming back signed. */
  | { readonly type: 'message'; readonly message: Verified }
  | { readonly type: 'timer-expired'; readonly timer: Timer }
  /** Answers `execute`; `statement` when it asked for a checkpoint. */
  | { readonly type: 'executed'; readonly sequence: Sequence; readonly statement: Statement | null }
  /** Answers `fetch-state`: one committed sequence; its batches are held. */
  | { readonly type: 'entry-fetched'; readonly entry: CommittedEntry }
  /** Answers `fetch-state`: the state was replaced by a certified one, after which `obsoleteBatches` are not waited for. */
  | {
      readonly type: 'state-installed'
      readonly certificate: Certificate
      readonly obsoleteBatches: readonly Digest[]
    }
  /** The monitor holds the primary of this view for useless, whatever the timer says. */
  | { readonly type: 'primary-unsatisfactory'; readonly view: View }
  /** Whoever makes one signature of members' parts has enough to do; a further checkpoint should wait if it can. At first nobody is busy. */
  | { readonly type: 'certifier'; readonly busy: boolean }
