import type { BehaviourName } from '../../../src/sim/byzantine/behaviours.ts'
import type { PoolName } from './pools.ts'

/**
 * One guard of the protocol taken away on purpose, to see whether the simulator notices. Where one guard stands behind another, both
 * are taken away at once: alone, neither would be missed.
 */
export interface Defect {
  /** What the defective replica does, in words joined by hyphens. */
  readonly name: string
  readonly patches: readonly Patch[]
  /** What the guard is for, and by which way its absence shows. */
  readonly why: string
  /** The worlds in which it is looked for; the ordinary ones when left out. */
  readonly pool?: PoolName
  /** How all faulty members of these worlds behave; as the pool has it when left out. */
  readonly enemies?: readonly BehaviourName[]
}

export interface Patch {
  /** Under `src`. */
  readonly file: string
  /** Source text that occurs there exactly once. */
  readonly find: string
  readonly replace: string
}

/** @throws Error when the text that is to be replaced does not occur exactly once */
export function applyPatch(source: string, { file, find, replace }: Patch): string {
  const occurrences = source.split(find).length - 1
  if (occurrences !== 1) throw new Error(`occurs ${occurrences} times in src/${file}, not once: ${find}`)
  return source.replace(find, () => replace)
}
