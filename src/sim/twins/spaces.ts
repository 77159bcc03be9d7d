import { createPermutation } from './permutation.ts'
import { scenarios, type TwinsScenario, type TwinsSpace } from './scenario.ts'

/** The spaces that are looked through: one small enough for all of it, and larger ones of which a sample must do. */
export const SMALL_SPACE: TwinsSpace = {
  n: 4,
  twins: 1,
  views: 3,
  sets: 2,
  wholeViewsMax: 0,
  losses: false,
  crashes: false,
}

export const LARGER_SPACES: readonly TwinsSpace[] = [
  { n: 4, twins: 1, views: 3, sets: 2, wholeViewsMax: 1, losses: true, crashes: false },
  { n: 4, twins: 1, views: 4, sets: 3, wholeViewsMax: 3, losses: false, crashes: true },
  { n: 4, twins: 1, views: 6, sets: 2, wholeViewsMax: 0, losses: true, crashes: false },
  { n: 5, twins: 1, views: 4, sets: 3, wholeViewsMax: 1, losses: true, crashes: true },
  { n: 6, twins: 1, views: 4, sets: 3, wholeViewsMax: 1, losses: true, crashes: true },
  { n: 7, twins: 1, views: 4, sets: 2, wholeViewsMax: 0, losses: true, crashes: true },
  { n: 7, twins: 2, views: 3, sets: 3, wholeViewsMax: 0, losses: true, crashes: true },
]

/** One scenario, by its number. */
export interface TwinsOrder {
  readonly space: TwinsSpace
  readonly index: number
}

export interface TwinsCourse {
  readonly count: number
  /** @param place from 0 to `count` - 1 */
  at(place: number): TwinsOrder
}

/** Every scenario of a space, in the order of their numbers. */
export function everyOne(space: TwinsSpace): TwinsCourse {
  return { count: scenarios(space).count, at: index => ({ space, index }) }
}

/** Scenarios of the spaces in turn, none of them twice. */
export function sampleOf(spaces: readonly TwinsSpace[], seed: number): TwinsCourse {
  const drawn = spaces.map(space => {
    const { count } = scenarios(space)
    return { space, count, placeOf: createPermutation(count, seed) }
  })
  return {
    count: spaces.length * Math.min(...drawn.map(({ count }) => count)),
    at(place) {
      const { space, placeOf } = drawn[place % drawn.length] as (typeof drawn)[number]
      return { space, index: placeOf(Math.floor(place / drawn.length)) }
    },
  }
}

/** Scenarios by order, for one after the other of few spaces. */
export function createScenarioFinder(): (order: TwinsOrder) => TwinsScenario {
  const known = new Map<string, ReturnType<typeof scenarios>>()
  return ({ space, index }) => {
    const name = JSON.stringify(space)
    const all = known.get(name) ?? scenarios(space)
    known.set(name, all)
    return all.at(index)
  }
}
