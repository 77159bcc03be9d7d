import { noteAhead } from './catch-up.ts'
import { keepStatement } from './checkpoint.ts'
import { quorumOf } from './config.ts'
import type { RecoveredRecords } from './event.ts'
import { advance, executeReady, propose } from './normal-case.ts'
import { watchProgress } from './progress.ts'
import { isPrimary, lowWatermark, type State, slotsAscending } from './state.ts'
import { sendStatus, setStatusTimer } from './status.ts'
import {
  type Message,
  nextView,
  type ReplicaId,
  type Sequence,
  type Status,
  sequence,
  type Verified,
} from './types.ts'
import { startViewChange } from './view-change.ts'

/**
 * Start: the log from disk goes through the ordinary handlers (see Replica), so that a restarted member stands where it stood.
 *
 * A key without memory is a fault: what it signed before is unknown to it, and a second statement for one slot could break
 * agreement. Such a member follows, but does not vote, until the stable checkpoint covers every sequence for which q members
 * (ourselves included) know of any vote, and it has executed up to there. OSDI'99 has no such rule; the recovery point of
 * Castro and Liskov's proactive recovery (TOCS'02 §4.3.2) is its model.
 */

/** The part of the state that handlers cannot rebuild from messages. */
export function restoreCursors(state: State, records: RecoveredRecords): void {
  state.stable = records.stable
  state.executing = records.executed
  state.executed = records.executed
  state.executedAtStatus = records.executed
  state.view = records.view
  state.viewActive = records.viewActive
  state.newView = records.newView
  state.nextSequence = sequence(Math.max(records.executed, lowWatermark(state)) + 1)
  for (const statement of records.statements) keepStatement(state, statement)
  const forgetful = records.amnesia && state.config.self !== null && state.config.n > 1
  state.amnesia = forgetful ? { question: records.question, answers: new Map() } : null
}

/** After everything recovered went through the handlers: never propose a sequence twice, and make ourselves heard. */
export function resume(state: State, own: readonly Verified<Message>[]): void {
  for (const { message } of own) {
    if (message.type !== 'pre-prepare') continue
    const above = (message.proposal.sequence + 1) as Sequence
    if (message.view === state.view && above > state.nextSequence) state.nextSequence = above
  }
  for (const proposal of state.newView?.message.proposals ?? []) {
    if (proposal.sequence >= state.nextSequence) state.nextSequence = (proposal.sequence + 1) as Sequence
  }
  resendMissingStatements(state)
  sendStatus(state)
  setStatusTimer(state, state.config.resendMs)
  propose(state)
  watchProgress(state)
}

/** A crash between execution and CHECKPOINT leaves a statement unsaid. */
function resendMissingStatements(state: State): void {
  const self = state.config.self
  if (self === null || state.amnesia !== null) return
  for (const [n, statement] of state.statements) {
    if (n <= lowWatermark(state) || state.checkpoints.get(n)?.has(self)) continue
    state.effects.push({ type: 'send', draft: { type: 'checkpoint', statement } })
  }
}

/**
 * An answer to our question who knows what: q members, ourselves among them, must have spoken. A member knows of no vote farther
 * than a window above its stable checkpoint, unless it was executed; one that claims to is not asked.
 */
export function onAnswer(state: State, sender: ReplicaId, status: Status): void {
  if (state.amnesia === null || sender === state.config.self || status.recovering) return
  // Anybody can show us what members said long ago. Only an answer to this very question is news.
  if (status.answers !== state.amnesia.question) return
  const votedMax = Math.max(status.executedSequence, status.stableSequence + state.config.logWindow)
  if (status.votedSequence > votedMax || state.amnesia.answers.has(sender)) return
  state.amnesia.answers.set(sender, status)
  regainMemory(state)
}

/** Have we come to where that answer says its sender was? Only then was it possible, and counts: claims are not believed. */
function isReached(state: State, answer: Status): boolean {
  const { stableSequence, executedSequence, view, departures } = answer
  const left = departures.find(({ replica }) => replica === state.config.self)?.view ?? 0
  const isFollowed = stableSequence <= lowWatermark(state) && executedSequence <= state.executed
  return isFollowed && view <= state.view && left <= state.view
}

/** May we vote from here on? Looked at whenever an answer comes, or execution or the stable checkpoint moves. */
export function regainMemory(state: State): void {
  if (state.amnesia === null) return
  const answers = [...state.amnesia.answers.values()].filter(status => isReached(state, status))
  if (answers.length < quorumOf(state.config) - 1) return noteAhead(state)
  const barrier = answers.reduce((highest, status) => Math.max(highest, status.votedSequence), 0)
  if (lowWatermark(state) < barrier || state.executed < lowWatermark(state)) return
  state.amnesia = null
  state.effects.push({ type: 'persist', record: { type: 'memory-restored' } })
  resendMissingStatements(state)
  for (const slot of slotsAscending(state)) advance(state, slot)
  executeReady(state)
  watchProgress(state)
  // What we said when we left may be lost with those who heard it; we can say it again only of a later view. And a primary cannot know
  // what it proposed to a member that did not answer: it must not propose in this view again.
  if (!state.viewActive || isPrimary(state)) startViewChange(state, nextView(state.view))
}
