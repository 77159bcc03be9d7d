import { lowWatermark, mayVote, type State, slotsAscending, type Watched } from './state.ts'

/**
 * The timer that suspects the primary. It waits for one thing at a time, the oldest batch that is held and not executed (or, with
 * none held, the lowest sequence that was accepted and not executed), and stops only when that very thing executes: progress on
 * other things must not hide that one client's transactions are left out. OSDI'99 §4.4, §4.5.2. When all is executed, it waits for
 * the certificate of the last of it, for which a primary has to ask: clients wait for that proof.
 */
export function watchProgress(state: State): void {
  if (!state.viewActive || !mayVote(state)) return stopWatching(state)
  if (state.watched !== null && isWaiting(state, state.watched)) return
  const next = oldestWaiting(state)
  if (next === null) return stopWatching(state)
  state.watched = next
  state.effects.push({
    type: 'set-timer',
    timer: { kind: 'progress', view: state.view },
    afterMs: viewTimeoutMs(state),
  })
}

export function stopWatching(state: State): void {
  if (state.watched === null) return
  state.watched = null
  state.effects.push({ type: 'cancel-timer', kind: 'progress' })
}

/** Doubled for each view without progress, so that the timer outgrows any delay; capped, so that it comes back. §4.5.2 */
export function viewTimeoutMs(state: State): number {
  const { viewChangeTimeoutMs, viewChangeTimeoutMaxMs } = state.config
  return Math.min(viewChangeTimeoutMs * 2 ** Math.min(state.fruitlessViews, 30), viewChangeTimeoutMaxMs)
}

/** Is anything held or accepted that was not executed, or executed and not certified? */
export function isWorkWaiting(state: State): boolean {
  return oldestWaiting(state) !== null
}

function oldestWaiting(state: State): Watched | null {
  for (const digest of state.held) return digest
  for (const slot of slotsAscending(state)) {
    if (slot.sequence > state.executed && slot.sequence > lowWatermark(state) && slot.accepted !== null)
      return slot.sequence
  }
  return state.executed > lowWatermark(state) ? { tail: state.executed } : null
}

function isWaiting(state: State, watched: Watched): boolean {
  if (typeof watched === 'string') return state.held.has(watched)
  if (typeof watched === 'number') return watched > state.executed
  // What is executed after it asks anew, at the latest with the next multiple of K.
  return watched.tail === state.executed && watched.tail > lowWatermark(state)
}
