import type { KeyEvent } from '../../membership/key-state.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/** One ceremony at a time: who begins another one while it runs could keep every key from coming about. */
export function createCeremonies({ violation }: CheckerContext): Checker {
  let isRunning = false

  function take({ type, sequence }: KeyEvent): void {
    if (type === 'ceremony-started') {
      if (isRunning) violation(`a ceremony begins at ${sequence} while another one runs`)
      isRunning = true
    } else if (type === 'activated' || type === 'failed') isRunning = false
  }

  return {
    onExecuted: followKeyLog(take, () => {
      isRunning = false
    }),
  }
}
