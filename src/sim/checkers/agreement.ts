import type { ReplicatedState } from '../../membership/replicated-state.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * No two correct members have different histories or different states after one sequence, whether executed, restored from disk or
 * installed from a snapshot, in whatever view.
 */
export function createAgreement({ violation }: CheckerContext): Checker {
  const histories = new Map<number, string>()
  const roots = new Map<number, string>()
  const states = new Map<ReplicaId, ReplicatedState>()

  function compare(known: Map<number, string>, what: string) {
    return (member: number, sequence: number, digest: string): void => {
      const agreed = known.get(sequence)
      if (agreed === undefined) known.set(sequence, digest)
      else if (agreed !== digest)
        violation(
          `member ${member} has another ${what} at ${sequence}: ${digest.slice(0, 8)}, not ${agreed.slice(0, 8)}`,
        )
    }
  }
  const compareHistory = compare(histories, 'history')
  const compareState = compare(roots, 'state')

  /** @param sequence that the state is said to be at */
  function compareOwn(member: ReplicaId, sequence: number): void {
    const state = states.get(member)
    if (state?.sequence === sequence) compareState(member, sequence, state.statement().stateRoot)
  }

  return {
    onStart(member, { state }) {
      states.set(member, state)
      if (state.sequence > 0) compareHistory(member, state.sequence, state.historyDigest)
      compareOwn(member, state.sequence)
    },
    onExecuted(member, { outcome }) {
      const { sequence, historyDigest } = outcome.segment
      compareHistory(member, sequence, historyDigest)
      compareOwn(member, sequence)
    },
    onInstalled(member, { statement }) {
      compareHistory(member, statement.sequence, statement.historyDigest)
      compareState(member, statement.sequence, statement.stateRoot)
      compareOwn(member, statement.sequence)
    },
  }
}
