/** What computes on the curve of the key in a world: the fast one where it is installed. The world is the same, and ends sooner. */
import type { PublicCurve } from '../../../crypto/threshold/public-curve.ts'
import { chooseCurve } from '../../../node/mcl.ts'
import type { SimulationOptions } from '../../../sim/options.ts'

/** Once in a thread: what the fast one precomputes nobody collects. */
let chosen: Promise<PublicCurve> | null = null

/** @returns undefined for a world without a key */
export async function curveOf({ threshold }: SimulationOptions): Promise<PublicCurve | undefined> {
  if (threshold === undefined) return undefined
  chosen ??= chooseCurve().then(({ curve }) => curve)
  return await chosen
}
