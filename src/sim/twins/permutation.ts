/**
 * A seeded order of the numbers below `count`, each exactly once, without a table: a Feistel network over the next even power of two,
 * walked until it lands below `count`. So many may be drawn out of more than could ever be listed, and none twice.
 */
export const PERMUTATION_COUNT_MAX = 2 ** 52

const ROUNDS = 6

/** @param count at most `PERMUTATION_COUNT_MAX` @returns the place of an index, both from 0 to `count` - 1 */
export function createPermutation(count: number, seed: number): (index: number) => number {
  let halfBits = 1
  while (4 ** halfBits < count) halfBits += 1
  const half = 2 ** halfBits

  function once(value: number): number {
    let left = Math.floor(value / half)
    let right = value % half
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = scramble(right, seed + round) % half
      ;[left, right] = [right, xor(left, mixed)]
    }
    return left * half + right
  }

  return index => {
    let place = once(index)
    while (place >= count) place = once(place)
    return place
  }
}

/** Both below 2 to the 26th. */
function xor(a: number, b: number): number {
  return (a ^ b) >>> 0
}

/** 32 bits; the finalizer of MurmurHash3 over value and key. */
function scramble(value: number, key: number): number {
  let hash = Math.imul(value ^ Math.imul(key | 0, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f) ^ Math.imul(key + 1, 0x165667b1)
  return (hash ^ (hash >>> 16)) >>> 0
}
