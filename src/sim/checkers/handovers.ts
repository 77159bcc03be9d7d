import { toHex } from '../../lib/bytes.ts'
import type { KeyEvent } from '../../membership/key-state.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import { openPartial } from '../../wire/partial.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/**
 * Shares that count sign that another key follows when the log has fixed which one, and not before: what may still come to nothing would be
 * a second hand-over of one key.
 */
export function createHandovers({ scope, violation }: CheckerContext): Checker {
  /** The shares that count; null: not known. */
  let active: { readonly epoch: number; readonly since: number } | null = null
  let isFixed = false
  /** By epoch: what new shares sign of the hand-over to them. Members that are behind still say it when these count. */
  const saidByNew = new Set<string>()
  const sequenceOf = new Map<ReplicaId, number>()

  function take(event: KeyEvent): void {
    if (event.type === 'activated') active = { epoch: event.epoch, since: event.sequence }
    else if (event.type === 'phase' && event.phase === 'handing-over') isFixed = true
    if (event.type === 'activated' || event.type === 'ceremony-started') isFixed = false
  }
  const follow = followKeyLog(take, () => {
    active = null
  })

  return {
    onExecuted(member, executed) {
      sequenceOf.set(member, executed.outcome.segment.sequence)
      follow(member, executed)
    },
    onWiped(member) {
      sequenceOf.delete(member)
    },
    onPartial(member, bytes) {
      const opened = openPartial(scope, bytes)
      if (isRejection(opened) || opened.partial.purpose !== 'handover' || active === null) return
      const { epoch, subject } = opened.partial
      // Both keys sign the same message.
      const name = `${epoch}/${toHex(subject)}`
      if (epoch > active.epoch) saidByNew.add(name)
      if (epoch !== active.epoch || (sequenceOf.get(member) ?? 0) < active.since) return
      if (!isFixed && !saidByNew.has(name))
        violation(`member ${member} signs with epoch ${epoch} for another key, and none is fixed`)
    },
  }
}
