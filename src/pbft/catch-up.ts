import { weakQuorumOf } from './config.ts'
import { lowWatermark, type State } from './state.ts'
import { replicaId, type Sequence, sequence } from './types.ts'

/**
 * Seeing that others are ahead. It is believed of a certificate, or when f+1 members claim it; and for a moment it is normal, so
 * fetching starts only when the ordinary way has not brought us there, or at once when it cannot.
 */

/** How long the ordinary way may take, in multiples of the resend interval. */
const PATIENCE = 2

/** Something was learnt of where others are: are we behind? */
export function noteAhead(state: State): void {
  const target = knownAhead(state)
  if (target <= state.executed) return
  const far = state.executed + state.config.logWindow
  const isRunning = state.catchUpTarget > state.executed
  if (isRunning && (target <= far || state.catchUpTarget > far)) return
  state.catchUpTarget = target
  if (target > far) fetch(state)
  else setCatchUpTimer(state)
}

function setCatchUpTimer(state: State): void {
  const timer = { kind: 'catch-up', view: state.view } as const
  state.effects.push({ type: 'set-timer', timer, afterMs: PATIENCE * state.config.resendMs })
}

/** Had the time to arrive at the target; fetch when we have not, and look again later. */
export function onCatchUpTimer(state: State): void {
  if (state.executed >= state.catchUpTarget) {
    state.catchUpTarget = sequence(0)
    return noteAhead(state)
  }
  fetch(state)
}

function fetch(state: State): void {
  state.catchUpTarget = knownAhead(state)
  state.effects.push({ type: 'fetch-state', executed: state.executing, target: state.catchUpTarget })
  setCatchUpTimer(state)
}

/** The highest sequence that is certified, or that f+1 members claim to have reached. */
export function knownAhead(state: State): Sequence {
  const claims: number[] = []
  for (let member = 0; member < state.config.n; member++) claims.push(claimOf(state, member))
  claims.sort((a, b) => b - a)
  const believed = claims[weakQuorumOf(state.config) - 1] ?? 0
  return sequence(Math.max(lowWatermark(state), believed))
}

function claimOf(state: State, member: number): number {
  const id = replicaId(member)
  const checkpoint = state.latestCheckpoints.get(id)?.message.statement.sequence ?? 0
  return Math.max(checkpoint, state.statuses.get(id)?.status.executedSequence ?? 0)
}
