import type { KeyEvent } from '../../membership/key-state.ts'
import { faultyMax, quorum } from '../../pbft/quorum.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/** A key ends before its time when a quorum asked for it, and another key is made when f + 1 members did: faulty ones alone are too few. */
export function createRequests({ options: { n }, violation }: CheckerContext): Checker {
  const asked = { rotate: new Set<ReplicaId>(), revoke: new Set<ReplicaId>() }
  let [areRotationsKnown, areEndsKnown] = [true, true]

  function take(event: KeyEvent): void {
    switch (event.type) {
      case 'asked':
        asked[event.request].add(event.member)
        break
      case 'ceremony-started':
        if (event.kind === 'rotate' && areRotationsKnown && asked.rotate.size < faultyMax(n) + 1)
          violation(`another key is made at ${event.sequence} for ${asked.rotate.size} that asked`)
        asked.rotate.clear()
        areRotationsKnown = true
        break
      case 'revoked':
        if (areEndsKnown && asked.revoke.size < quorum(n))
          violation(`a key ends at ${event.sequence} for ${asked.revoke.size} that asked`)
    }
  }

  return {
    onExecuted: followKeyLog(take, () => {
      ;[areRotationsKnown, areEndsKnown] = [false, false]
    }),
  }
}
