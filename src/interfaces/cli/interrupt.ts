/**
 * Ctrl-C and SIGTERM as an AbortSignal. The second one ends the process at once: whoever presses twice does not want to
 * wait for anything.
 */
import { EXIT } from './failure.ts'

export interface Interrupt {
  readonly signal: AbortSignal
  /** Resolves at the first Ctrl-C or SIGTERM. */
  readonly requested: Promise<void>
  /** Gives the signals back to the system. */
  dispose(): void
}

export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const { signal } = controller
  const requested = new Promise<void>(resolve =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  const listener = (): void => {
    if (signal.aborted) process.exit(EXIT.interrupted)
    controller.abort(new DOMException('interrupted', 'AbortError'))
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return {
    signal,
    requested,
    dispose() {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    },
  }
}
