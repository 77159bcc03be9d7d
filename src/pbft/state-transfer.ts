import { assert } from '../lib/assert.ts'
import { dropBelow, makeStable } from './checkpoint.ts'
import { weakQuorumOf } from './config.ts'
import { executeReady } from './normal-case.ts'
import { watchProgress } from './progress.ts'
import { lowWatermark, type State, slotOf } from './state.ts'
import {
  type Certificate,
  type CommittedEntry,
  type Digest,
  replicaId,
  type Sequence,
  sequence,
} from './types.ts'

/**
 * A member behind fetches what it missed: committed sequences, or the state itself where those are gone. OSDI'99 §4.6 in
 * another form (see the README). Being ahead is believed of a certificate, or when f+1 members claim it; and for a moment
 * it is normal, so fetching starts only when the ordinary way has not brought us there.
 */

/** How long the ordinary way may take, in multiples of the resend interval. */
const PATIENCE = 2

/** Something was learnt of where others are: are we behind? */
export function noteAhead(state: State): void {
  const target = knownAhead(state)
  if (target <= state.executed) return
  const running = state.catchUpTarget > state.executed
  if (running && target <= state.executed + state.config.logWindow) return
  state.catchUpTarget = target
  if (target > state.executed + state.config.logWindow) return fetch(state)
  setCatchUpTimer(state)
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
function knownAhead(state: State): Sequence {
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

/** A committed sequence from another member's log, checked like any commit certificate. */
export function onEntryFetched(state: State, entry: CommittedEntry): void {
  if (entry.proposal.sequence <= state.executing) return
  slotOf(state, entry.proposal.sequence).committed = entry
  executeReady(state)
}

/** The state was replaced: everything that waited for what it contains is looked at anew. */
export function onStateInstalled(
  state: State,
  certificate: Certificate,
  obsoleteBatches: readonly Digest[],
): void {
  const { sequence: installed } = certificate.statement
  assert(installed > state.executing, 'a state is installed only above what was executed')
  for (const digest of obsoleteBatches) {
    state.held.delete(digest)
    state.unproposed.delete(digest)
  }
  state.executing = installed
  state.executed = installed
  if (installed > lowWatermark(state)) makeStable(state, certificate)
  dropBelow(state, lowWatermark(state))
  for (const n of state.slots.keys()) if (n <= installed) state.slots.delete(n)
  executeReady(state)
  watchProgress(state)
  noteAhead(state)
}
