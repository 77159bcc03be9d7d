import type { Sizes } from '../lib/sizes.ts'
import type { State } from './state.ts'

/** Every collection in a replica's state. A new one belongs here, and its bound to those who watch. */
export function sizesOf(state: State): Sizes {
  let votes = 0
  let missing = 0
  for (const slot of state.slots.values()) {
    votes += slot.prepares.size + slot.commits.size
    missing += slot.missing.size
  }
  let checkpointVotes = 0
  for (const ofSequence of state.checkpoints.values()) checkpointVotes += ofSequence.size
  return {
    slots: state.slots.size,
    votes,
    missing,
    viewChanges: state.viewChanges.size,
    checkpoints: state.checkpoints.size,
    checkpointVotes,
    latestCheckpoints: state.latestCheckpoints.size,
    statements: state.statements.size,
    statuses: state.statuses.size,
    held: state.held.size,
    unproposed: state.unproposed.size,
    future: state.future.size,
    answers: state.amnesia?.answers.size ?? 0,
  }
}
