import { primaryOf } from './config.ts'
import { assertSameCommit } from './conflict.ts'
import type { Draft } from './effect.ts'
import { countOnce, suspect } from './equivocation.ts'
import { watchProgress } from './progress.ts'
import { commitCertificate, preparedCertificate, type Slot } from './slot.ts'
import { highWatermark, inWindow, isPrimary, lowWatermark, mayVote, type State, slotOf } from './state.ts'
import {
  type Commit,
  type Digest,
  type NewView,
  nextSequence,
  type PrePrepare,
  type Prepare,
  type Proposal,
  type Sequence,
  sequence,
  type Verified,
  type View,
} from './types.ts'

/** The normal case of OSDI'99 §4.2: pre-prepare, prepare, commit; many sequences at once, executed strictly in order. */

/** A batch is held: the primary proposes it, backups watch that it is ordered, proposals that waited for it go on. */
export function onBatchAvailable(state: State, digest: Digest): void {
  state.held.add(digest)
  if (!completeSlots(state, digest)) state.unproposed.add(digest)
  propose(state)
  executeReady(state)
  watchProgress(state)
}

/** A batch that was executed before is named again: proposals that waited for it go on, and nobody waits for it to be ordered. */
export function onBatchFound(state: State, digest: Digest): void {
  completeSlots(state, digest)
  executeReady(state)
}

/** @returns is it named by a proposal of this view that is still to be executed? One that came to nothing may be ordered again. */
function completeSlots(state: State, digest: Digest): boolean {
  let proposed = false
  for (const slot of state.slots.values()) {
    if (slot.sequence > state.executing && slot.accepted?.proposal.batchDigests.includes(digest))
      proposed = true
    if (slot.missing.delete(digest) && slot.missing.size === 0) advance(state, slot)
  }
  return proposed
}

/** Nobody waits for it any more, and a timer that was set for it would accuse a primary that owes nothing. */
export function onBatchSettled(state: State, digest: Digest): void {
  state.held.delete(digest)
  state.unproposed.delete(digest)
  watchProgress(state)
}

/**
 * As primary, order the batches that nobody ordered yet: at once while the pipeline has room, else together when it has.
 * `certify` is set when no checkpoint is under way and the certifier is free, so certificates clock themselves. With nothing to
 * order for a moment, and executed sequences that no certificate covers, an empty proposal asks for one.
 */
export function propose(state: State): void {
  if (!isPrimary(state) || !state.viewActive || !mayVote(state)) return
  const { pipelineDepth, proposalBatchesMax } = state.config
  while (state.nextSequence <= highWatermark(state) && state.nextSequence <= state.executed + pipelineDepth) {
    const batchDigests = [...take(state.unproposed, proposalBatchesMax)]
    if (batchDigests.length === 0) return awaitIdleCheckpoint(state)
    sendProposal(state, batchDigests)
  }
}

function sendProposal(
  state: State,
  batchDigests: readonly Digest[],
  certify = isCheckpointWelcome(state),
): void {
  const { view, nextSequence: n } = state
  for (const digest of batchDigests) state.unproposed.delete(digest)
  send(state, { type: 'pre-prepare', view, sequence: n, batchDigests, certify })
  if (certify || isCheckpointSequence(state, n)) state.checkpointDue = n
  state.nextSequence = nextSequence(n)
}

/** Waits a moment first: the next batch, if it comes by then, asks for the checkpoint at no cost of its own. */
function awaitIdleCheckpoint(state: State): void {
  if (state.idleCheckpointAwaited || !isTailUncertified(state)) return
  state.idleCheckpointAwaited = true
  const timer = { kind: 'idle-checkpoint', view: state.view } as const
  state.effects.push({ type: 'set-timer', timer, afterMs: state.config.idleCheckpointMs })
}

export function onIdleCheckpointTimer(state: State, view: View): void {
  state.idleCheckpointAwaited = false
  if (view !== state.view || !isPrimary(state) || !state.viewActive || !mayVote(state)) return
  if (isTailUncertified(state) && state.nextSequence <= highWatermark(state)) sendProposal(state, [])
}

/**
 * Nothing has moved for long, and somebody needs a stable checkpoint that nobody else is going to ask for. One that was due has
 * not become stable here: whoever said it may be gone. Or a member without memory waits for one above everything that it may have
 * voted for, and that may have come to nothing in a view change.
 */
export function askForNeededCheckpoint(state: State): void {
  if (!isPrimary(state) || !state.viewActive || !mayVote(state) || !isQuiet(state)) return
  const isRecovering = [...state.statuses.values()].some(({ status }) => status.recovering)
  const isNeeded = isRecovering || state.executed > lowWatermark(state)
  if (isNeeded && state.nextSequence <= highWatermark(state)) sendProposal(state, [], true)
}

/** Everything proposed is executed, the last of it is not covered by a stable checkpoint, and one may be asked for. */
function isTailUncertified(state: State): boolean {
  return isQuiet(state) && state.executed > lowWatermark(state) && isCheckpointWelcome(state)
}

/** None is under way, and what follows from the last one is done. */
function isCheckpointWelcome(state: State): boolean {
  return !state.certifierBusy && state.checkpointDue <= lowWatermark(state)
}

/** Consensus does not wait for it: batches are proposed all the same, and at multiples of K there is a checkpoint all the same. */
export function onCertifier(state: State, busy: boolean): void {
  state.certifierBusy = busy
  if (!busy) propose(state)
}

function isQuiet(state: State): boolean {
  return state.nextSequence === state.executed + 1 && state.unproposed.size === 0
}

/** Checkpoints are taken at every multiple of K. §4.3 */
function isCheckpointSequence(state: State, n: Sequence): boolean {
  return n % state.config.checkpointInterval === 0
}

export function onPrePrepare(state: State, message: Verified<PrePrepare>): void {
  const { view, proposal, timely } = message.message
  if (view < state.view || proposal.sequence <= lowWatermark(state)) return
  if (view > state.view || !state.viewActive || !inWindow(state, proposal.sequence))
    return keepForLater(state, message)
  if (message.sender !== primaryOf(state.config, view)) return
  const slot = slotOf(state, proposal.sequence)
  if (slot.accepted !== null) {
    if (slot.accepted.proposal.digest !== proposal.digest) suspect(state, slot.accepted.source, message)
    return
  }
  if (!timely && message.sender !== state.config.self) return
  if (new Set(proposal.batchDigests).size !== proposal.batchDigests.length) return
  if (mayVote(state) && message.sender !== state.config.self) {
    state.effects.push({ type: 'persist', record: { type: 'accepted', prePrepare: message } })
  }
  accept(state, slot, proposal, message)
  watchProgress(state)
}

/** A proposal stands for its sequence in this view; from the primary, or from a NEW-VIEW. */
export function accept(
  state: State,
  slot: Slot,
  proposal: Proposal,
  source: Verified<PrePrepare> | Verified<NewView>,
): void {
  slot.accepted = { proposal, source }
  if (proposal.certify || isCheckpointSequence(state, proposal.sequence)) {
    state.checkpointDue = sequence(Math.max(state.checkpointDue, proposal.sequence))
  }
  for (const digest of proposal.batchDigests) {
    if (proposal.sequence <= state.executing) break
    state.unproposed.delete(digest)
    if (state.held.has(digest)) continue
    slot.missing.add(digest)
    state.effects.push({ type: 'fetch-batch', digest })
  }
  advance(state, slot)
  executeReady(state)
}

export function onPrepare(state: State, message: Verified<Prepare>): void {
  const slot = votingSlot(state, message)
  if (slot === null) return
  if (!countOnce(state, slot.prepares, message, (a, b) => a.digest === b.digest)) return
  advance(state, slot)
  executeReady(state)
}

export function onCommit(state: State, message: Verified<Commit>): void {
  const slot = votingSlot(state, message)
  if (slot === null) return
  if (!countOnce(state, slot.commits, message, (a, b) => a.digest === b.digest)) return
  advance(state, slot)
  executeReady(state)
}

/** The slot that a vote belongs to, or null when it is stale, or too early and was kept. */
function votingSlot(state: State, message: Verified<Prepare> | Verified<Commit>): Slot | null {
  const { view, sequence } = message.message
  if (view < state.view || sequence <= lowWatermark(state)) return null
  if (view === state.view && state.viewActive && inWindow(state, sequence)) return slotOf(state, sequence)
  keepForLater(state, message)
  return null
}

/** Keeps what lies in a later view or at most a window above the high watermark; anything farther is not believable. */
function keepForLater(
  state: State,
  message: Verified<PrePrepare> | Verified<Prepare> | Verified<Commit>,
): void {
  const body = message.message
  const n = body.type === 'pre-prepare' ? body.proposal.sequence : body.sequence
  if (n <= highWatermark(state) + state.config.logWindow) state.future.keep(message)
}

/** Says what the slot now allows to be said: PREPARE, COMMIT; notes what it proves: prepared, committed-local. */
export function advance(state: State, slot: Slot): void {
  if (slot.accepted === null || slot.missing.size > 0) return
  // Left for another view, we may still see what was committed in the old one, and say nothing: what stands here is not of the new view.
  // Nor of what a stable checkpoint covers, while it waits here for its body: nobody counts it, and its record would outlive its deletion.
  if (state.viewActive && slot.sequence > lowWatermark(state)) sayVotes(state, slot, slot.accepted.proposal)
  if (slot.committed?.proposal.digest === slot.accepted.proposal.digest) return
  const entry = commitCertificate(slot, state.config)
  if (entry === null) return
  assertSameCommit(slot, entry)
  slot.committed = entry
}

function sayVotes(state: State, slot: Slot, proposal: Proposal): void {
  const vote = { view: state.view, sequence: slot.sequence, digest: proposal.digest }
  if (!slot.prepareSent && mayVote(state)) {
    slot.prepareSent = true
    // The PRE-PREPARE (or the NEW-VIEW) of the primary stands for its PREPARE. §4.2
    if (!isPrimary(state)) send(state, { type: 'prepare', ...vote })
  }
  if (!slot.commitSent && slot.prepareSent && mayVote(state)) {
    const certificate = preparedCertificate(slot, state.config, state.view)
    if (certificate !== null) {
      slot.commitSent = true
      slot.prepared = certificate
      state.effects.push({ type: 'persist', record: { type: 'prepared', certificate } })
      send(state, { type: 'commit', ...vote })
    }
  }
}

/** Hands committed sequences to execution, in order and without gaps. §4.2 */
export function executeReady(state: State): void {
  for (;;) {
    const next = nextSequence(state.executing)
    const entry = state.slots.get(next)?.committed
    if (entry === undefined || entry === null) return
    state.executing = next
    // Committed in this view: the next time-out is the short one again. §4.5.2
    if (state.viewActive && entry.commits[0]?.message.view === state.view) state.fruitlessViews = 0
    const checkpoint = entry.proposal.certify || isCheckpointSequence(state, next)
    state.effects.push({ type: 'execute', entry, checkpoint })
    for (const digest of entry.proposal.batchDigests) {
      state.held.delete(digest)
      state.unproposed.delete(digest)
    }
  }
}

/** Votes and proposals that were kept because the view or the window had not come. */
export function replayFuture(state: State): void {
  for (const message of state.future.take()) {
    const kind = message.message.type
    if (kind === 'pre-prepare') onPrePrepare(state, message as Verified<PrePrepare>)
    else if (kind === 'prepare') onPrepare(state, message as Verified<Prepare>)
    else if (kind === 'commit') onCommit(state, message as Verified<Commit>)
  }
}

type NormalCaseDraft = Extract<Draft, { readonly type: 'pre-prepare' | 'prepare' | 'commit' }>

function send(state: State, draft: NormalCaseDraft): void {
  state.effects.push({ type: 'send', draft })
}

function* take<T>(items: Iterable<T>, countMax: number): Generator<T> {
  let count = 0
  for (const item of items) {
    if (count++ >= countMax) return
    yield item
  }
}
