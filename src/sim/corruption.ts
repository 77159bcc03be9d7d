import { concatBytes } from '../lib/bytes.ts'
import type { Prng } from '../lib/prng.ts'

/**
 * Damage on the way: bits turned, the end or a piece missing, a piece twice, bytes that were not there. Links that are authenticated bring
 * none of this; whoever reads must refuse it all the same, because it is what a faulty relay could make of any message.
 */
export function corrupt(bytes: Uint8Array, prng: Prng): Uint8Array {
  if (bytes.length === 0) return new Uint8Array([prng.between(0, 255)])
  const at = prng.between(0, bytes.length - 1)
  const end = Math.min(bytes.length, at + prng.pick([1, 2, 8, 64, bytes.length]))
  const [head, piece, tail] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  switch (prng.between(0, 5)) {
    case 0:
      return concatBytes(
        head,
        piece.map(() => prng.between(0, 255)),
        tail,
      )
    case 1:
      return head.slice()
    case 2:
      return concatBytes(head, tail)
    case 3:
      return concatBytes(head, piece, piece, tail)
    case 4:
      return concatBytes(bytes, bytes)
    default:
      return turnBit(bytes, at, prng.between(0, 7))
  }
}

function turnBit(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const turned = bytes.slice()
  turned[at] = (turned[at] ?? 0) ^ (1 << bit)
  return turned
}
