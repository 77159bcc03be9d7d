import { primaryOf, type ReplicaConfig } from './config.ts'
import type { Effect } from './effect.ts'
import { FutureMessages } from './future.ts'
import { createSlot, type Slot } from './slot.ts'
import {
  type Certificate,
  type Checkpoint,
  type Digest,
  type NewView,
  type ReplicaId,
  type Sequence,
  type Statement,
  type Status,
  sequence,
  type Verified,
  type View,
  type ViewChange,
  view,
} from './types.ts'

/** A batch or a sequence that is to be executed, or one that was, and is to be certified. */
export type Watched = Digest | Sequence | { readonly tail: Sequence }

/** Everything that a replica knows. One owner, `Replica`; each sub-protocol's file holds the functions that change its part. */
export interface State {
  readonly config: ReplicaConfig
  /** Effects of the running step, first to last. */
  readonly effects: Effect[]

  /** v: the current view, or the one that we want to enter. */
  view: View
  /** False from our VIEW-CHANGE until the NEW-VIEW is accepted: then nothing but checkpoints and view changes is done. §4.4 */
  viewActive: boolean
  newView: Verified<NewView> | null
  /** The latest VIEW-CHANGE of each member, ourselves included. */
  readonly viewChanges: Map<ReplicaId, Verified<ViewChange>>
  /** The view for which we drafted a NEW-VIEW as its primary. */
  newViewSentFor: View | null
  /** The view for which the time-out of its NEW-VIEW runs or ran. */
  newViewAwaitedFor: View | null
  /** Views left without progress since; doubles the time-out. §4.5.2 */
  fruitlessViews: number

  /** h and its proof; null stands for the genesis state. §4.3 */
  stable: Certificate | null
  /** Of the window; below it those that wait for execution, a window of them; above it what was fetched, until it is executed. */
  readonly slots: Map<Sequence, Slot>
  /** Last sequence handed to execution; never goes back. */
  executing: Sequence
  /** Last sequence whose execution was reported. */
  executed: Sequence
  /** As primary: the next sequence to propose. */
  nextSequence: Sequence
  /** The last sequence in the log at which a checkpoint is due. */
  checkpointDue: Sequence

  /** As primary, ask for no checkpoint that could wait: those before are still being certified by the shared key. */
  certifierBusy: boolean
  /** The timer of an idle checkpoint runs. */
  idleCheckpointAwaited: boolean

  /** Batches held and not executed, oldest first. */
  readonly held: Set<Digest>
  /** Those of `held` that no accepted proposal of this view names, oldest first. */
  readonly unproposed: Set<Digest>
  /** What the progress timer waits for. */
  watched: Watched | null

  /** Checkpoint messages above the stable checkpoint and inside the window, one for each member and sequence. */
  readonly checkpoints: Map<Sequence, Map<ReplicaId, Verified<Checkpoint>>>
  /** The latest of each member, wherever it lies: tells that we are behind. */
  readonly latestCheckpoints: Map<ReplicaId, Verified<Checkpoint>>
  /** Our own statements from the stable checkpoint on: the youngest, three windows of them. */
  readonly statements: Map<Sequence, Statement>

  readonly statuses: Map<ReplicaId, { readonly status: Status; readonly stuck: boolean }>
  /** `executed` when we last said our status. */
  executedAtStatus: Sequence
  /** The sequence that others are known to have reached while we have not; 0: none. */
  catchUpTarget: Sequence
  readonly future: FutureMessages

  /** Null: we may vote. Else: our memory is lost, and we may not. See recovery.ts. */
  amnesia: { readonly question: number; readonly answers: Map<ReplicaId, Status> } | null
}

export function createState(config: ReplicaConfig): State {
  return {
    config,
    effects: [],
    view: view(0),
    viewActive: true,
    newView: null,
    viewChanges: new Map(),
    newViewSentFor: null,
    newViewAwaitedFor: null,
    fruitlessViews: 0,
    stable: null,
    slots: new Map(),
    executing: sequence(0),
    executed: sequence(0),
    nextSequence: sequence(1),
    checkpointDue: sequence(0),
    certifierBusy: false,
    idleCheckpointAwaited: false,
    held: new Set(),
    unproposed: new Set(),
    watched: null,
    checkpoints: new Map(),
    latestCheckpoints: new Map(),
    statements: new Map(),
    statuses: new Map(),
    executedAtStatus: sequence(0),
    catchUpTarget: sequence(0),
    future: new FutureMessages(2 * config.logWindow),
    amnesia: null,
  }
}

/** h: the sequence of the stable checkpoint. §4.3 */
export const lowWatermark = (state: State): Sequence => state.stable?.statement.sequence ?? sequence(0)

/** H = h + L. §4.3 */
export const highWatermark = (state: State): Sequence =>
  sequence(lowWatermark(state) + state.config.logWindow)

export function inWindow(state: State, n: Sequence): boolean {
  return n > lowWatermark(state) && n <= highWatermark(state)
}

export function isPrimary(state: State): boolean {
  return state.config.self === primaryOf(state.config, state.view)
}

/** May we sign PRE-PREPARE, PREPARE, COMMIT and VIEW-CHANGE? */
export function mayVote(state: State): boolean {
  return state.config.self !== null && state.amnesia === null
}

/** The slot of a sequence inside the window, made when first needed. */
export function slotOf(state: State, n: Sequence): Slot {
  const known = state.slots.get(n)
  if (known !== undefined) return known
  const slot = createSlot(n)
  state.slots.set(n, slot)
  return slot
}

/** Slots in ascending order of sequence. */
export function slotsAscending(state: State): readonly Slot[] {
  return [...state.slots.values()].sort((a, b) => a.sequence - b.sequence)
}
