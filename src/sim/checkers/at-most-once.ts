import type { Checker, CheckerContext } from './checker.ts'

/** Only what clients submitted is executed, and nothing at two places. */
export function createAtMostOnce({ isSubmitted, violation }: CheckerContext): Checker {
  const places = new Map<string, string>()
  return {
    onExecuted(_member, { outcome }) {
      for (const { id, sequence, position } of outcome.segment.receipts) {
        if (!isSubmitted(id))
          violation(`transaction ${id.slice(0, 8)} was executed at ${sequence} and never submitted`)
        const place = `${sequence}.${position}`
        const known = places.get(id)
        if (known === undefined) places.set(id, place)
        else if (known !== place)
          violation(`transaction ${id.slice(0, 8)} was executed at ${known} and at ${place}`)
      }
    },
  }
}
