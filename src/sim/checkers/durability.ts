import type { Checker, CheckerContext, Told } from './checker.ts'

/**
 * What a client was told to be committed, by a correct member or by f+1 members alike, stays: nobody tells it otherwise, and in the end
 * every correct member has it in its history, with the same result as long as it keeps results.
 */
export function createDurability({ violation }: CheckerContext): Checker {
  const told = new Map<string, Told>()

  function onTold(one: Told): void {
    const before = told.get(one.id)
    if (before === undefined) told.set(one.id, one)
    else if (before.sequence !== one.sequence || before.code !== one.code)
      violation(
        `a client was told two outcomes of ${one.id.slice(0, 8)}: at ${before.sequence} and at ${one.sequence}`,
      )
  }

  return {
    onTold,
    onOperation({ id, receipt }) {
      if (receipt !== null) onTold({ id, sequence: receipt.sequence, code: receipt.code })
    },
    onEnd(members) {
      for (const [member, { state }] of members) {
        const { window } = state
        for (const { id, sequence, code } of told.values()) {
          const receipt = window.receipt(id)
          if (state.sequence < sequence)
            violation(`member ${member} ends at ${state.sequence}, below what a client was told: ${sequence}`)
          else if (receipt === undefined && sequence >= (window.firstSequence ?? 0))
            violation(`member ${member} forgot ${id.slice(0, 8)}, which was executed at ${sequence}`)
          if (receipt !== undefined && (receipt.sequence !== sequence || receipt.code !== code))
            violation(`member ${member} holds another result of ${id.slice(0, 8)} than a client was told`)
        }
      }
    },
  }
}
