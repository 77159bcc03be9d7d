import { assert, unreachable } from '../lib/assert.ts'
import type { Sizes } from '../lib/sizes.ts'
import { onCatchUpTimer } from './catch-up.ts'
import { onCheckpoint, onStatement } from './checkpoint.ts'
import { assertConfig, type ReplicaConfig } from './config.ts'
import type { Effect } from './effect.ts'
import type { Event, RecoveredRecords, Timer } from './event.ts'
import {
  accept,
  executeReady,
  onBatchAvailable,
  onBatchFound,
  onBatchSettled,
  onCertifier,
  onCommit,
  onIdleCheckpointTimer,
  onPrePrepare,
  onPrepare,
  propose,
} from './normal-case.ts'
import { watchProgress } from './progress.ts'
import { onAnswer, regainMemory, restoreCursors, resume } from './recovery.ts'
import { sizesOf } from './sizes.ts'
import {
  createState,
  highWatermark,
  inWindow,
  isPrimary,
  lowWatermark,
  mayVote,
  type State,
  slotOf,
} from './state.ts'
import { onEntryFetched, onStateInstalled } from './state-transfer.ts'
import { onStatus, onStatusTimer } from './status.ts'
import type { Digest, NewView, PreparedCertificate, Sequence, Statement, Verified } from './types.ts'
import {
  onNewView,
  onNewViewTimer,
  onPrimaryUnsatisfactory,
  onProgressTimer,
  onViewChange,
} from './view-change.ts'

/**
 * One replica of PBFT as a function of its inputs: an event in, the effects that follow out, first to last. It reads no clock,
 * draws no random number, computes no hash and checks no signature; it can be run from a list of events. This file only
 * dispatches; the protocol is in the files of its sub-protocols.
 */
export class Replica {
  readonly #state: State
  #recovered = false

  constructor(config: ReplicaConfig) {
    assertConfig(config)
    this.#state = createState(config)
  }

  /** @throws InvariantError when our own side broke a promise; the replica must not be used after that. */
  step(event: Event): readonly Effect[] {
    const state = this.#state
    assert(this.#recovered !== (event.type === 'recovered'), 'recovery comes exactly once, first')
    state.effects.length = 0
    dispatch(state, event)
    this.#recovered = true
    regainMemory(state)
    return state.effects.slice()
  }

  /** Batches that a proposal in the log names: their bodies must not go. */
  namedBatches(): ReadonlySet<Digest> {
    const named = new Set<Digest>()
    for (const { accepted, prepared, committed } of this.#state.slots.values())
      for (const part of [accepted, prepared, committed])
        for (const digest of part?.proposal.batchDigests ?? []) named.add(digest)
    return named
  }

  sizes(): Sizes {
    return sizesOf(this.#state)
  }

  /** What an operator or a test may see. */
  view(): ReplicaView {
    return viewOf(this.#state)
  }
}

export interface ReplicaView {
  readonly view: number
  readonly viewActive: boolean
  readonly isPrimary: boolean
  readonly mayVote: boolean
  readonly lowWatermark: number
  readonly highWatermark: number
  readonly executedSequence: number
  readonly nextSequence: number
  readonly batchesWaiting: number
  readonly slots: number
  readonly catchUpTarget: number
  readonly recovering: boolean
}

function dispatch(state: State, event: Event): void {
  switch (event.type) {
    case 'recovered':
      return onRecovered(state, event.records)
    case 'batch-available':
      return onBatchAvailable(state, event.digest)
    case 'batch-found':
      return onBatchFound(state, event.digest)
    case 'batch-settled':
      return onBatchSettled(state, event.digest)
    case 'message':
      return onMessage(state, event.message)
    case 'timer-expired':
      return onTimer(state, event.timer)
    case 'executed':
      return onExecuted(state, event.sequence, event.statement)
    case 'entry-fetched':
      return onEntryFetched(state, event.entry)
    case 'state-installed':
      return onStateInstalled(state, event.certificate, event.obsoleteBatches)
    case 'primary-unsatisfactory':
      return onPrimaryUnsatisfactory(state, event.view)
    case 'certifier':
      return onCertifier(state, event.busy)
    default:
      return unreachable(event)
  }
}

function onMessage(state: State, verified: Verified): void {
  const { message } = verified
  switch (message.type) {
    case 'pre-prepare':
      return onPrePrepare(state, { ...verified, message })
    case 'prepare':
      return onPrepare(state, { ...verified, message })
    case 'commit':
      return onCommit(state, { ...verified, message })
    case 'checkpoint':
      return onCheckpoint(state, { ...verified, message })
    case 'view-change':
      return onViewChange(state, { ...verified, message })
    case 'new-view':
      return onNewView(state, { ...verified, message })
    case 'status':
      onStatus(state, { ...verified, message })
      return onAnswer(state, verified.sender, message)
    default:
      return unreachable(message)
  }
}

function onTimer(state: State, timer: Timer): void {
  switch (timer.kind) {
    case 'progress':
      return onProgressTimer(state, timer.view)
    case 'new-view':
      return onNewViewTimer(state, timer.view)
    case 'status':
      return onStatusTimer(state)
    case 'idle-checkpoint':
      return onIdleCheckpointTimer(state, timer.view)
    case 'catch-up':
      return onCatchUpTimer(state)
    default:
      return unreachable(timer.kind)
  }
}

function onExecuted(state: State, sequence: Sequence, statement: Statement | null): void {
  assert(sequence === state.executed + 1, 'executions are reported in order')
  assert(sequence <= state.executing, 'only what was asked for is executed')
  state.executed = sequence
  // Above the window nobody votes: such a slot was fetched, and is of no use to anybody any more.
  if (!inWindow(state, sequence)) state.slots.delete(sequence)
  if (statement !== null) onStatement(state, statement)
  watchProgress(state)
  propose(state)
}

/** Recovered messages take the way that they took when they arrived; only the cursors are set directly. */
function onRecovered(state: State, records: RecoveredRecords): void {
  restoreCursors(state, records)
  for (const certificate of records.prepared) restorePrepared(state, certificate)
  const { newView } = records
  if (newView !== null && records.viewActive) acceptAgain(state, newView)
  for (const message of records.accepted)
    onMessage(state, { ...message, message: { ...message.message, timely: true } })
  for (const { prepares } of records.prepared) for (const message of prepares) onMessage(state, message)
  for (const message of records.own) onMessage(state, message)
  executeReady(state)
  resume(state, records.own)
}

/** Certificates of views that were left go into no vote count, but the next VIEW-CHANGE must carry them. */
function restorePrepared(state: State, certificate: PreparedCertificate): void {
  const { sequence } = certificate.proposal
  if (sequence <= lowWatermark(state)) return
  const slot = slotOf(state, sequence)
  if (slot.prepared === null || slot.prepared.view < certificate.view) slot.prepared = certificate
}

function acceptAgain(state: State, newView: Verified<NewView>): void {
  for (const proposal of newView.message.proposals) {
    if (proposal.sequence <= lowWatermark(state)) continue
    accept(state, slotOf(state, proposal.sequence), proposal, newView)
  }
}

function viewOf(state: State): ReplicaView {
  return {
    view: state.view,
    viewActive: state.viewActive,
    isPrimary: isPrimary(state),
    mayVote: mayVote(state),
    lowWatermark: lowWatermark(state),
    highWatermark: highWatermark(state),
    executedSequence: state.executed,
    nextSequence: state.nextSequence,
    batchesWaiting: state.held.size,
    slots: state.slots.size,
    catchUpTarget: state.catchUpTarget,
    recovering: state.amnesia !== null,
  }
}
