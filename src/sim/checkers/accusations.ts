import type { Checker, CheckerContext } from './checker.ts'

/** Nobody correct is accused, and no correct member gives up. */
export function createAccusations({ isFaulty, violation }: CheckerContext): Checker {
  return {
    onSuspect(member, suspected) {
      if (!isFaulty(suspected)) violation(`member ${member} accuses ${suspected}, which is correct`)
    },
    onFailure(member, error) {
      violation(
        `member ${member} stopped itself: ${error.message} ${(error.stack ?? '').split('\n')[2]?.trim() ?? ''}`,
      )
    },
  }
}
