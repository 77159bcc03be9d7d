import type { Checker, CheckerContext } from './checker.ts'

/** No transaction has two places in the order, at one member or at several, whoever handed it in how often. */
export function createAtMostOnce({ violation }: CheckerContext): Checker {
  const places = new Map<string, string>()
  return {
    onExecuted(_member, { outcome }) {
      for (const { id, sequence, position } of outcome.segment.receipts) {
        const place = `${sequence}.${position}`
        const known = places.get(id)
        if (known === undefined) places.set(id, place)
        else if (known !== place)
          violation(`transaction ${id.slice(0, 8)} was executed at ${known} and at ${place}`)
      }
    },
  }
}
