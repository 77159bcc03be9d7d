import { knownAhead } from './catch-up.ts'
import { makeStable } from './checkpoint.ts'
import { primaryOf, quorumOf, weakQuorumOf } from './config.ts'
import { assertCommitsKept } from './conflict.ts'
import { suspect } from './equivocation.ts'
import { computeNewView } from './new-view.ts'
import { accept, propose, replayFuture } from './normal-case.ts'
import { stopWatching, viewTimeoutMs, watchProgress } from './progress.ts'
import { resetForView } from './slot.ts'
import { lowWatermark, mayVote, type State, slotOf, slotsAscending } from './state.ts'
import { type NewView, nextView, sequence, type Verified, type View, type ViewChange } from './types.ts'
import { findNewViewFault, findViewChangeFault } from './view-change-rules.ts'

/** View changes, OSDI'99 §4.4 and §4.5.2: a quorum leaves a primary behind and carries everything prepared into the next view. */

/** Leave the current view for `target`: stop voting in it, and tell everybody what was prepared here. */
export function startViewChange(state: State, target: View): void {
  if (!mayVote(state) || target <= state.view) return
  state.fruitlessViews += 1
  leaveFor(state, target)
  state.effects.push({
    type: 'persist',
    record: { type: 'view', view: target, newView: null, active: false },
  })
  const prepared = slotsAscending(state)
    .filter(slot => slot.sequence > lowWatermark(state))
    .flatMap(slot => (slot.prepared === null ? [] : [slot.prepared]))
  state.effects.push({
    type: 'send',
    draft: { type: 'view-change', view: target, stable: state.stable, prepared },
  })
}

/**
 * We are shown that we left for this view before we lost our memory, perhaps long after we regained it: we stay out of the lower views,
 * as we said that we would, and never say a second VIEW-CHANGE for this one.
 */
function leaveAgain(state: State, target: View): void {
  if (target <= state.view) return
  leaveFor(state, target)
  state.effects.push({
    type: 'persist',
    record: { type: 'view', view: target, newView: null, active: false },
  })
}

function leaveFor(state: State, target: View): void {
  stopWatching(state)
  state.effects.push({ type: 'cancel-timer', kind: 'new-view' })
  state.view = target
  state.viewActive = false
  state.newView = null
  state.effects.push({ type: 'view-entered', view: target, active: false })
}

export function onViewChange(state: State, message: Verified<ViewChange>): void {
  const known = state.viewChanges.get(message.sender)
  if (known !== undefined && known.message.view >= message.message.view) {
    const isOther = known.proof.hash !== message.proof.hash
    if (known.message.view === message.message.view && isOther) suspect(state, known, message)
    return
  }
  if (findViewChangeFault(state.config, message.message) !== null) return
  state.viewChanges.set(message.sender, message)
  if (message.sender === state.config.self) leaveAgain(state, message.message.view)
  adoptStable(state, message.message)
  joinHigherView(state)
  leaveDeadView(state)
  awaitNewView(state)
  sendNewView(state)
}

/** A stable checkpoint is proved by its certificate, whoever shows it. */
function adoptStable(state: State, { stable }: ViewChange): void {
  if (stable !== null) makeStable(state, stable)
}

/**
 * f+1 members want views above ours, so a correct one does: join at the smallest of those views, without waiting for our own
 * timer. §4.5.2
 */
function joinHigherView(state: State): void {
  const higher = [...state.viewChanges.values()]
    .map(({ message }) => message.view)
    .filter(view => view > state.view)
  if (higher.length < weakQuorumOf(state.config)) return
  startViewChange(state, Math.min(...higher) as View)
}

/**
 * The primary of our view has signed that it left it, so nobody will propose in it again: leave too, and show the others why. Deviation
 * from §4.4, where a backup leaves for its timer only; with nothing waiting no timer runs, and the tail stayed without certificate.
 */
function leaveDeadView(state: State): void {
  const departure = state.viewChanges.get(primaryOf(state.config, state.view))
  if (!state.viewActive || !mayVote(state) || departure === undefined) return
  if (departure.message.view <= state.view) return
  state.effects.push({ type: 'relay', to: departure.sender, proofs: [departure.proof] })
  startViewChange(state, nextView(state.view))
}

/**
 * The primary of our view says again and again that it lost its memory and may not vote. What it waits for may be a checkpoint that
 * nobody but the primary can ask for; and when nothing is held no timer runs.
 */
export function leaveForgetfulPrimary(state: State): void {
  const primary = state.statuses.get(primaryOf(state.config, state.view))
  if (!state.viewActive || primary?.stuck !== true || !primary.status.recovering) return
  startViewChange(state, nextView(state.view))
}

/**
 * The time-out for NEW-VIEW starts when a quorum left for the view, not before: else nobody would wait for the others. §4.5.2
 * Deviation: whoever left for a still higher view counts too. Its VIEW-CHANGE for this one may never arrive here, and without it
 * f+1 members could wait below for ever, too few to go on and enough to keep the others from a quorum above.
 */
function awaitNewView(state: State): void {
  if (state.viewActive || state.newViewAwaitedFor === state.view) return
  const gone = [...state.viewChanges.values()].filter(({ message }) => message.view >= state.view)
  if (gone.length < quorumOf(state.config)) return
  state.newViewAwaitedFor = state.view
  const timer = { kind: 'new-view', view: state.view } as const
  state.effects.push({ type: 'set-timer', timer, afterMs: viewTimeoutMs(state) })
}

function viewChangesFor(state: State, view: View): readonly Verified<ViewChange>[] {
  return [...state.viewChanges.values()]
    .filter(({ message }) => message.view === view)
    .sort((a, b) => a.sender - b.sender)
}

/** As primary of the view that a quorum wants: say what it obliges us to. §4.4 */
function sendNewView(state: State): void {
  const { view, config } = state
  if (state.viewActive || !mayVote(state) || primaryOf(config, view) !== config.self) return
  if (state.newViewSentFor === view) return
  const all = viewChangesFor(state, view)
  if (all.length < quorumOf(config)) return
  state.newViewSentFor = view
  const viewChanges = all.slice(0, quorumOf(config))
  const { proposals } = computeNewView(viewChanges)
  state.effects.push({ type: 'send', draft: { type: 'new-view', view, viewChanges, proposals } })
}

export function onNewView(state: State, message: Verified<NewView>): void {
  const { view } = message.message
  if (view < state.view || (view === state.view && state.viewActive)) return
  if (findNewViewFault(state.config, message) !== null) return
  assertCommitsKept(state, message, minSOf(message))
  enterView(state, message)
}

/** A NEW-VIEW that a quorum's VIEW-CHANGEs justify is followed by whoever sees it, also by one that did not ask for it. */
function enterView(state: State, message: Verified<NewView>): void {
  const { view, viewChanges, proposals } = message.message
  leaveFor(state, view)
  for (const { message: viewChange } of viewChanges) adoptStable(state, viewChange)
  state.viewActive = true
  state.newView = message
  state.effects.push({ type: 'persist', record: { type: 'view', view, newView: message, active: true } })
  state.effects.push({ type: 'view-entered', view, active: true })
  for (const slot of state.slots.values()) resetForView(slot)
  resumeProposals(state, message)
  state.nextSequence = sequence((proposals.at(-1)?.sequence ?? minSOf(message)) + 1)
  replayFuture(state)
  propose(state)
  watchProgress(state)
  leaveDeadView(state)
}

/** The latest stable checkpoint in V. §4.4 */
function minSOf({ message }: Verified<NewView>): number {
  return computeNewView(message.viewChanges).stable?.statement.sequence ?? 0
}

/** What a proposal of the old view named and O does not is waiting again. */
function resumeProposals(state: State, message: Verified<NewView>): void {
  state.checkpointDue = [...state.statements.keys()].reduce((a, b) => sequence(Math.max(a, b)), sequence(0))
  state.unproposed.clear()
  for (const digest of state.held) state.unproposed.add(digest)
  for (const proposal of message.message.proposals) {
    if (proposal.sequence <= lowWatermark(state)) continue
    accept(state, slotOf(state, proposal.sequence), proposal, message)
  }
}

/** The timer for a view that is over says nothing. */
export function onProgressTimer(state: State, view: View): void {
  if (view !== state.view || !state.viewActive) return
  state.watched = null
  if (!isBehind(state)) startViewChange(state, nextView(state.view))
  watchProgress(state)
}

/**
 * Others executed more than we did: what we wait for may be among it, and the fault ours. Whoever accuses alone is lost for the
 * view, because it may not go back; f+1 that lack nothing take us along when the primary is faulty.
 */
function isBehind(state: State): boolean {
  return knownAhead(state) > state.executed
}

export function onNewViewTimer(state: State, view: View): void {
  if (view !== state.view || state.viewActive) return
  startViewChange(state, nextView(state.view))
}

export function onPrimaryUnsatisfactory(state: State, view: View): void {
  if (view !== state.view || !state.viewActive) return
  startViewChange(state, nextView(state.view))
}

/** Our latest VIEW-CHANGE, for whoever may have missed it. */
export function ownViewChange(state: State): Verified<ViewChange> | null {
  const self = state.config.self
  if (self === null) return null
  const own = state.viewChanges.get(self)
  return own !== undefined && own.message.view === state.view ? own : null
}
