import type { State } from './state.ts'
import type { Message, Proof, ReplicaId, Verified } from './types.ts'

/**
 * Two different statements of one member for one slot prove that it is faulty: a correct member signs one at most, also across a
 * crash. The first one counts, the second only accuses. The signed bytes of both are the evidence.
 */
export function suspect(state: State, first: Verified<Message>, second: Verified<Message>): void {
  suspectProofs(state, first.sender, [first.proof, second.proof])
}

function suspectProofs(state: State, replica: ReplicaId, evidence: readonly [Proof, Proof]): void {
  if (evidence[0].hash === evidence[1].hash) return
  state.effects.push({ type: 'suspect', replica, evidence })
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
