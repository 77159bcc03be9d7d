import type { KeyEvent } from '../../membership/key-state.ts'
import type { Checker } from './checker.ts'

/**
 * What the log says of the network's keys, once for each sequence, whoever executed it first. A start executes by itself what is on disk,
 * and a member may be given a state: what came in between nobody told.
 *
 * @param take one event after the other @param forget some were not told
 */
export function followKeyLog(
  take: (event: KeyEvent) => void,
  forget: () => void,
): NonNullable<Checker['onExecuted']> {
  let told = 0
  return (_member, { outcome: { segment, keyEvents } }) => {
    if (segment.sequence <= told) return
    if (segment.sequence > told + 1) forget()
    told = segment.sequence
    for (const event of keyEvents) take(event)
  }
}
