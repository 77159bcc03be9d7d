import { assert } from '../lib/assert.ts'
import { noteAhead } from './catch-up.ts'
import { dropBelow, makeStable } from './checkpoint.ts'
import { executeReady } from './normal-case.ts'
import { watchProgress } from './progress.ts'
import { lowWatermark, type State, slotOf } from './state.ts'
import type { Certificate, CommittedEntry, Digest } from './types.ts'

/**
 * What a member behind fetched: committed sequences, or the state itself where those are gone. OSDI'99 §4.6 in another form (see
 * the README).
 */

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
