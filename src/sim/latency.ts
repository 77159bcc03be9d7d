import type { Prng } from '../lib/prng.ts'

export type ParetoShape = 1 | 2 | 4

/**
 * How long a message takes: a share between two bounds that every link has, half a round trip between the regions where the two
 * members are, and now and then much more than that.
 */
export interface LatencyOptions {
  readonly minMs: number
  readonly maxMs: number
  /** Of messages, 0 to 1, that take up to twenty times as long. */
  readonly tail: number
  /** Where each member is: an index into `REGIONS`. Default: all in one place. */
  readonly regions?: readonly number[]
  /**
   * Of the Pareto distribution by which every delay is multiplied; the smaller, the heavier its tail. Default: no such tail.
   */
  readonly paretoShape?: ParetoShape
}

export const REGIONS = ['Virginia', 'Oregon', 'Ireland', 'Singapore', 'Tokyo', 'São Paulo'] as const

/** Milliseconds from one region to the other and back, as clouds publish them, rounded; by pair of `REGIONS`. */
const ROUND_TRIPS_MS: readonly (readonly number[])[] = [
  [0, 65, 75, 215, 160, 115],
  [65, 0, 140, 170, 105, 175],
  [75, 140, 0, 175, 210, 185],
  [215, 170, 175, 0, 70, 320],
  [160, 105, 210, 70, 0, 255],
  [115, 175, 185, 320, 255, 0],
]
/** No message takes longer than so many times its usual delay. */
const PARETO_MAX = 100

/** Without its tail, the longest that a message takes. */
export function usualDelayMaxMs({ maxMs, regions = [] }: LatencyOptions): number {
  const roundTripsMs = regions.flatMap(a => regions.map(b => roundTripMs(a, b)))
  return maxMs + Math.max(0, ...roundTripsMs) / 2
}

/** @param rarePrng for what not every world has */
export function drawDelayMs(
  { minMs, maxMs, tail, regions, paretoShape }: LatencyOptions,
  from: number,
  to: number,
  { prng, rarePrng }: { readonly prng: Prng; readonly rarePrng: Prng },
): number {
  let delayMs = minMs + prng.next() * (maxMs - minMs)
  if (regions !== undefined) delayMs += roundTripMs(regions[from], regions[to]) / 2
  if (paretoShape !== undefined) delayMs *= Math.min(PARETO_MAX, paretoFactor(paretoShape, rarePrng))
  return prng.chance(tail) ? delayMs * 20 * prng.next() : delayMs
}

/** By square roots: other powers may differ in their last digit from one engine to the next, and with them the world. */
function paretoFactor(shape: ParetoShape, prng: Prng): number {
  let share = 1 - prng.next()
  for (let rooted = 1; rooted < shape; rooted *= 2) share = Math.sqrt(share)
  return 1 / share
}

function roundTripMs(a = 0, b = 0): number {
  return ROUND_TRIPS_MS[a]?.[b] ?? 0
}
