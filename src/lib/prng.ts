/**
 * A seeded pseudo-random number generator (sfc32, Chris Doty-Humphrey's PractRand): fast, the same numbers on every machine. Not for
 * secrets. Whoever needs an independent stream forks one, so that drawing more in one place does not shift the draws of another.
 */
export interface Prng {
  /** In [0, 1), 32 bits. */
  next(): number
  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean
  /** @param items at least one */
  pick<T>(items: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
  fork(): Prng
}

/** @param seed a safe integer */
export function createPrng(seed: number): Prng {
  let a = 0x9e3779b9
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = seed | 0
  let counter = 1

  function draw(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  for (let i = 0; i < 15; i++) draw()
  const next = (): number => draw() / 2 ** 32
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    between,
    chance: probability => next() < probability,
    pick: items => items[between(0, items.length - 1)] as (typeof items)[number],
    shuffle(items) {
      const shuffled = [...items]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = between(0, i)
        const moved = shuffled[i] as (typeof shuffled)[number]
        shuffled[i] = shuffled[j] as (typeof shuffled)[number]
        shuffled[j] = moved
      }
      return shuffled
    },
    fork: () => createPrng(draw() * 2 ** 20 + (draw() & 0xfffff)),
  }
}
