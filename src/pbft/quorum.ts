import { assert } from '../lib/assert.ts'

/**
 * Quorum arithmetic for every n, not only 3f+1. Two quorums of q meet in 2q-n >= f+1 members, of whom one is correct:
 * hence q = ceil((n+f+1)/2). 2f+1 is the same number only for n = 3f+1 (with n = 5 two sets of 3 can meet in one faulty
 * member). Deviation from the paper, which knows only n = 3f+1.
 */

/** f: how many faulty members n members bear. */
export function faultyMax(n: number): number {
  assert(Number.isInteger(n) && n >= 1, 'a network has at least one member')
  return Math.floor((n - 1) / 3)
}

/** q: any two sets of q members have a correct one in common, and the correct members alone make one. */
export function quorum(n: number): number {
  return Math.ceil((n + faultyMax(n) + 1) / 2)
}

/** f+1: at least one of them is correct. */
export function weakQuorum(n: number): number {
  return faultyMax(n) + 1
}
