import { noteAhead } from './catch-up.ts'
import { makeStable } from './checkpoint.ts'
import { askForNeededCheckpoint } from './normal-case.ts'
import { isWorkWaiting } from './progress.ts'
import { lowWatermark, type State } from './state.ts'
import {
  type Proof,
  type ReplicaId,
  type Sequence,
  type Status,
  sequence,
  type Verified,
  type View,
} from './types.ts'
import { leaveForgetfulPrimary, ownViewChange } from './view-change.ts'
import { isQuorum } from './view-change-rules.ts'

/**
 * Members say where they stand, often while work waits and nothing moves, seldom otherwise. Whoever sees another stuck behind
 * sends again what that one may have missed. Gossip may lose anything; this is what makes the loss not matter. It replaces the
 * retransmission that OSDI'99 §5.2 describes.
 */

/** Slots for which votes are sent again in one answer. */
const RELAY_SLOTS_MAX = 16

export function onStatusTimer(state: State): void {
  sendStatus(state)
  const stuck = isStuck(state)
  if (state.executed === state.executedAtStatus) {
    askForNeededCheckpoint(state)
    leaveForgetfulPrimary(state)
  }
  state.executedAtStatus = state.executed
  setStatusTimer(state, stuck ? state.config.resendMs : state.config.statusMs)
}

export function setStatusTimer(state: State, afterMs: number): void {
  state.effects.push({ type: 'set-timer', timer: { kind: 'status', view: state.view }, afterMs })
}

function isStuck(state: State): boolean {
  if (state.amnesia !== null || !state.viewActive) return true
  return state.executed === state.executedAtStatus && isWorkWaiting(state)
}

/** @param answers the question of a member without memory that this answers; 0: of none */
export function sendStatus(state: State, answers = 0): void {
  if (state.config.self === null) return
  state.effects.push({ type: 'send', draft: statusOf(state, answers) })
}

function statusOf(state: State, answers: number): Status {
  return {
    type: 'status',
    view: state.view,
    viewActive: state.viewActive,
    stableSequence: lowWatermark(state),
    executedSequence: state.executed,
    votedSequence: highestVoted(state),
    recovering: state.amnesia !== null,
    question: state.amnesia?.question ?? 0,
    answers,
    stable: isBehind(state) ? state.stable : null,
    departures: departuresKnown(state),
  }
}

/** What those without memory must know of themselves: who left a view may not vote in it, even if he forgot that he left. */
function departuresKnown(state: State): Status['departures'] {
  const departures: { replica: ReplicaId; view: View }[] = []
  for (const [replica, { status }] of state.statuses) {
    const viewChange = state.viewChanges.get(replica)
    if (status.recovering && viewChange !== undefined)
      departures.push({ replica, view: viewChange.message.view })
  }
  return departures
}

/**
 * Does anybody lack our stable checkpoint? Its certificate is shown to him whole: whoever moved on before executing it never
 * said a CHECKPOINT of its own, so that too few may be left to be sent again.
 */
function isBehind(state: State): boolean {
  return [...state.statuses.values()].some(({ status }) => status.stableSequence < lowWatermark(state))
}

/** The highest sequence that anybody may have voted for, as far as we know. */
function highestVoted(state: State): Sequence {
  let highest: number = Math.max(state.executing, lowWatermark(state))
  for (const slot of state.slots.values()) {
    if (slot.sequence > highest && (slot.accepted !== null || slot.prepares.size + slot.commits.size > 0))
      highest = slot.sequence
  }
  return sequence(highest)
}

export function onStatus(state: State, message: Verified<Status>): void {
  if (message.sender === state.config.self) return
  const status = message.message
  if (status.stable !== null && isQuorum(state.config, status.stable)) makeStable(state, status.stable)
  const previous = state.statuses.get(message.sender)?.status
  const stuck =
    previous !== undefined &&
    previous.executedSequence === status.executedSequence &&
    previous.view === status.view
  state.statuses.set(message.sender, { status, stuck })
  noteAhead(state)
  const proofs = missedBy(state, message.sender, status, stuck)
  if (proofs.length > 0) state.effects.push({ type: 'relay', to: message.sender, proofs })
  if (status.recovering) sendStatus(state, status.question)
}

/** What a member with this status may have missed, of what we can send again. */
function missedBy(state: State, sender: ReplicaId, status: Status, stuck: boolean): readonly Proof[] {
  const proofs: Proof[] = []
  if (
    state.newView !== null &&
    (status.view < state.view || (status.view === state.view && !status.viewActive))
  ) {
    proofs.push(state.newView.proof)
  }
  const viewChange = ownViewChange(state)
  const forgotten = status.recovering ? state.viewChanges.get(sender) : undefined
  if (forgotten !== undefined) proofs.push(forgotten.proof)
  if (viewChange !== null && !state.viewActive && !(status.view === state.view && status.viewActive))
    proofs.push(viewChange.proof)
  if (status.stableSequence < lowWatermark(state) || stuck) proofs.push(...ownCheckpoint(state, status))
  if (stuck && status.view === state.view && status.viewActive && state.viewActive)
    proofs.push(...votesAbove(state, status))
  return proofs
}

function ownCheckpoint(state: State, status: Status): readonly Proof[] {
  const self = state.config.self
  if (self === null) return []
  const latest = state.latestCheckpoints.get(self)
  return latest !== undefined && latest.message.statement.sequence > status.stableSequence
    ? [latest.proof]
    : []
}

/** Proposals and our own votes of this view, for the sequences that the member has not executed. */
function votesAbove(state: State, status: Status): readonly Proof[] {
  const proofs: Proof[] = []
  const self = state.config.self
  // Counted from zero: near the largest safe integer a claimed sequence plus one is the same number again.
  for (let i = 1; i <= RELAY_SLOTS_MAX; i++) {
    const slot = state.slots.get(sequence(status.executedSequence + i))
    if (slot === undefined) continue
    if (slot.accepted?.source.message.type === 'pre-prepare') proofs.push(slot.accepted.source.proof)
    const prepare = self === null ? undefined : slot.prepares.get(self)
    const commit = self === null ? undefined : slot.commits.get(self)
    if (prepare !== undefined) proofs.push(prepare.proof)
    if (commit !== undefined) proofs.push(commit.proof)
  }
  return proofs
}
