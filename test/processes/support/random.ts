import { say } from './say.ts'

/** The seed of a test that draws: stated to repeat a run, else new, and printed in both cases. */
export function seedOfTest(randomInt: (max: number) => number): number {
  const seed = Number(process.env.QUORATE_TEST_SEED ?? randomInt(2 ** 31))
  say(`seed ${seed}; QUORATE_TEST_SEED=${seed} draws the same again`)
  return seed
}

/** mulberry32. @returns numbers from 0 to 1 */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
