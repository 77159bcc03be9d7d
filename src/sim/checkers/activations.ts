import { toHex } from '../../lib/bytes.ts'
import type { KeyEvent } from '../../membership/key-state.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import { openPartial, type PartialPurpose } from '../../wire/partial.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/**
 * New shares count when a quorum of them has signed for it, and a key hands over when a quorum of its shares has: so all of these that are
 * correct members' have signed before. From there on they certify, and those before them do not.
 */
export function createActivations({ scope, options, violation }: CheckerContext): Checker {
  const enough = quorum(options.n) - options.byzantine.length
  /** By what is signed. */
  const signers = new Map<string, Set<ReplicaId>>()
  /** By epoch: the sequence from which on it certifies. */
  const since = new Map<number, number>()
  /** The shares that count, and those before them; null: not known. */
  let [active, before]: (number | null)[] = [null, null]

  function isSigned(purpose: PartialPurpose, epoch: number): boolean {
    const prefix = `${purpose}/${epoch}/`
    return [...signers].some(([name, members]) => name.startsWith(prefix) && members.size >= enough)
  }

  function take(event: KeyEvent): void {
    if (event.type === 'activated') {
      ;[active, before] = [event.epoch, active]
      since.set(event.epoch, event.sequence)
      if (!isSigned('activate', event.epoch)) violation(`too few shares of epoch ${event.epoch} have signed`)
    } else if (event.type === 'handed-over') {
      for (const epoch of [before, event.handover.epoch])
        if (typeof epoch === 'number' && !isSigned('handover', epoch))
          violation(`too few shares of epoch ${epoch} have signed that a key hands over`)
    }
  }

  return {
    onExecuted: followKeyLog(take, () => {
      active = null
    }),
    onCertificate(member, { epoch, statement: { sequence } }) {
      const [first = 0, next = Number.POSITIVE_INFINITY] = [since.get(epoch), since.get(epoch + 1)]
      if (sequence < first || sequence >= next)
        violation(
          `member ${member} has a certificate of ${sequence} by epoch ${epoch}, which does not count there`,
        )
    },
    onPartial(member, bytes) {
      const opened = openPartial(scope, bytes)
      if (isRejection(opened) || opened.partial.purpose === 'checkpoint') return
      const { purpose, epoch, subject } = opened.partial
      const name = `${purpose}/${epoch}/${toHex(subject)}`
      signers.set(name, new Set([...(signers.get(name) ?? []), member]))
    },
  }
}
