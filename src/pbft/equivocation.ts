import type { State } from './state.ts'
import type { Message, ReplicaId, Verified } from './types.ts'

/**
 * Two different statements of one member for one slot prove that it is faulty: a correct member signs one at most, also across a
 * crash. The first one counts, the second only accuses. The signed bytes are the evidence, one envelope if it says both.
 */
export function suspect(state: State, first: Verified<Message>, second: Verified<Message>): void {
  state.effects.push({ type: 'suspect', replica: first.sender, evidence: [first.proof, second.proof] })
}

/**
 * Counts `vote` as its sender's only vote. @returns true when it is the first; a second, different one is reported.
 * @param same do the two votes say the same?
 */
export function countOnce<T extends Message>(
  state: State,
  votes: Map<ReplicaId, Verified<T>>,
  vote: Verified<T>,
  same: (a: T, b: T) => boolean,
): boolean {
  const counted = votes.get(vote.sender)
  if (counted === undefined) {
    votes.set(vote.sender, vote)
    return true
  }
  if (!same(counted.message, vote.message)) suspect(state, counted, vote)
  return false
}
