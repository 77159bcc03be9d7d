import type { Checker, CheckerContext } from './checker.ts'

/** Where a world is said to be calm, nobody has a reason to leave the first view: a correct primary that keeps up owes nothing. */
export function createCalm({ options, violation }: CheckerContext): Checker {
  if (options.isCalm !== true) return {}
  return {
    onLook(member, runtime) {
      const { view } = runtime.replica()
      if (view > 0) violation(`member ${member} left for view ${view}, though nothing goes wrong`)
    },
  }
}
