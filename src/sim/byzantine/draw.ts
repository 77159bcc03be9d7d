import type { Prng } from '../../lib/prng.ts'
import { faultyMax } from '../../pbft/quorum.ts'
import { type BehaviourName, DRAWN_BEHAVIOUR_NAMES } from './behaviours.ts'

/** A faulty member and how it behaves. */
export interface FaultyMember {
  readonly member: number
  readonly behaviours: readonly BehaviourName[]
}

/** How often a behaviour is drawn, against the usual 2: often what aims at safety and takes luck, seldom what does one simple thing. */
const WEIGHTS: Partial<Readonly<Record<BehaviourName, number>>> = {
  'conflicting-votes': 3,
  'crafted-new-view': 4,
  'forged-certificates': 4,
  'old-disk': 3,
  'small-mutations': 4,
  'two-new-views': 4,
  'two-orders': 4,
  'wrong-new-view': 3,
  'wrong-view-change': 3,
  flooding: 1,
  'foreign-replays': 1,
  'invalid-batches': 1,
  'lying-replies': 1,
  'selectively-silent': 1,
  silent: 1,
}
const USUAL_WEIGHT = 2
/** Members that are among the faulty ones whatever else is drawn, in so many of four worlds: the primaries of the views most met. */
const EARLY_PRIMARIES = [0, 1, null, null] as const

/** Of worlds with several faulty members, those in which all of them keep to one plan. */
const CONSPIRACY_SHARE = 0.15

/**
 * None in a third of the worlds, 1 to f in the others. What is drawn of members that there are does not shift the other draws of a
 * world.
 */
export function drawFaulty(prng: Prng, n: number): readonly FaultyMember[] {
  const count = prng.chance(0.35) ? 0 : prng.between(Math.min(1, faultyMax(n)), faultyMax(n))
  const shuffled = prng.shuffle(Array.from({ length: n }, (_, member) => member))
  if (count === 0) return []
  const own = prng.fork()
  const early = own.pick(EARLY_PRIMARIES)
  const members = early === null ? shuffled : [early, ...shuffled.filter(id => id !== early)]
  const faulty = members.slice(0, count).map(member => ({
    member,
    behaviours: drawBehaviours(own, own.pick([1, 1, 2, 3])),
  }))
  const isConspiracy = count > 1 && own.chance(CONSPIRACY_SHARE)
  return isConspiracy
    ? faulty.map(({ member, behaviours }) => ({ member, behaviours: joined(behaviours) }))
    : faulty
}

/** Colludes, and has one other way to be faulty, if any. */
function joined(behaviours: readonly BehaviourName[]): readonly BehaviourName[] {
  return ['colluding', ...behaviours.slice(1, 2).filter(name => name !== 'colluding')]
}

/** Different ones, each the likelier the heavier it is. */
export function drawBehaviours(prng: Prng, count: number): readonly BehaviourName[] {
  const left = [...DRAWN_BEHAVIOUR_NAMES]
  return Array.from({ length: count }, () => {
    const at = drawPlace(prng, left)
    return left.splice(at, 1)[0] as BehaviourName
  })
}

function drawPlace(prng: Prng, names: readonly BehaviourName[]): number {
  const weights = names.map(name => WEIGHTS[name] ?? USUAL_WEIGHT)
  let drawn = prng.next() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [i, weight] of weights.entries()) {
    drawn -= weight
    if (drawn < 0) return i
  }
  return names.length - 1
}
