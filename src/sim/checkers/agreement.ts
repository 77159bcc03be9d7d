import type { Checker, CheckerContext } from './checker.ts'

/** No two correct members have different histories up to one sequence, whether executed, restored from disk or installed. */
export function createAgreement({ violation }: CheckerContext): Checker {
  const agreed = new Map<number, string>()

  function compare(member: number, sequence: number, historyDigest: string): void {
    if (sequence === 0) return
    const known = agreed.get(sequence)
    if (known === undefined) agreed.set(sequence, historyDigest)
    else if (known !== historyDigest)
      violation(
        `member ${member} has another history at ${sequence}: ${historyDigest.slice(0, 8)}, not ${known.slice(0, 8)}`,
      )
  }

  return {
    onStart: (member, { state }) => compare(member, state.sequence, state.historyDigest),
    onExecuted: (member, { outcome }) =>
      compare(member, outcome.segment.sequence, outcome.segment.historyDigest),
    onInstalled: (member, { statement }) => compare(member, statement.sequence, statement.historyDigest),
  }
}
