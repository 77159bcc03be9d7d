import { toHex } from '../../lib/bytes.ts'
import type { KeyEvent } from '../../membership/key-state.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/** The log believes that a share is erased when its epoch is over, and not before: until then it may be needed. */
export function createErasures({ violation }: CheckerContext): Checker {
  const over = new Set<number>()
  /** By key id. */
  const epochsOf = new Map<string, number[]>()
  let isKnown = true

  function take(event: KeyEvent): void {
    switch (event.type) {
      case 'activated': {
        const name = toHex(event.keyId)
        epochsOf.set(name, [...(epochsOf.get(name) ?? []), event.epoch])
        break
      }
      case 'retired':
        over.add(event.epoch)
        break
      case 'revoked':
        for (const epoch of epochsOf.get(toHex(event.keyId)) ?? []) over.add(epoch)
        break
      case 'erased':
        if (isKnown && !over.has(event.epoch))
          violation(
            `member ${event.member} is believed to have erased epoch ${event.epoch}, which is not over`,
          )
    }
  }

  return {
    onExecuted: followKeyLog(take, () => {
      isKnown = false
    }),
  }
}
