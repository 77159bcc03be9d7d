import type { Prng } from '../lib/prng.ts'

/**
 * A number of any order of magnitude: `least` doubled up to `doublings` times, short ones as frequent as long ones. Not by a power with a
 * broken exponent, which may differ in its last digit from one engine to the next, and with it the world.
 */
export function drawSpread(prng: Prng, least: number, doublings: number): number {
  const drawn = prng.next() * doublings
  const whole = Math.floor(drawn)
  return least * (1 << whole) * (1 + drawn - whole)
}
