import type { Checker, CheckerContext, Told } from './checker.ts'

/** What a client was told to be committed is in the history of every correct member, with the same result. */
export function createDurability({ violation }: CheckerContext): Checker {
  const told = new Map<string, Told>()
  return {
    onTold(one) {
      const before = told.get(one.id)
      if (before !== undefined && (before.sequence !== one.sequence || before.code !== one.code))
        violation(
          `a client was told two outcomes of ${one.id.slice(0, 8)}: at ${before.sequence} and at ${one.sequence}`,
        )
      told.set(one.id, one)
    },
    onEnd(members) {
      for (const [member, { state }] of members) {
        for (const { id, sequence, code } of told.values()) {
          const receipt = state.window.receipt(id)
          if (state.sequence < sequence)
            violation(`member ${member} ends at ${state.sequence}, below what a client was told: ${sequence}`)
          if (receipt !== undefined && (receipt.sequence !== sequence || receipt.code !== code))
            violation(`member ${member} holds another result of ${id.slice(0, 8)} than a client was told`)
        }
      }
    },
  }
}
