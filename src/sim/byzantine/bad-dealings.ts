import { type Dealing, decodeDealing, encodeDealing } from '../../crypto/threshold/package.ts'
import { concatBytes } from '../../lib/bytes.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { flippedAt, withVault } from './twisted-vault.ts'

/** What stands before a dealing in the vault: where its session began. */
const PREFIX_BYTES = 8

/**
 * Deals shares that do not fit, to one or to all, with proofs that do not hold, and another dealing when it is asked again. Aims at
 * those who receive: whoever cannot open its share says so, the liar is convicted and nobody else is, and the others get their key.
 */
export function createBadDealings(lair: Lair): Behaviour {
  const { prng } = lair
  const damaged = (bytes: Uint8Array): Uint8Array => flippedAt(bytes, prng.between(0, bytes.length - 1))
  const damagedOne = (all: readonly Uint8Array[]): readonly Uint8Array[] => {
    const place = prng.between(0, all.length - 1)
    return all.map((one, i) => (i === place ? damaged(one) : one))
  }
  const lies: Readonly<Record<string, (dealing: Dealing) => Dealing>> = {
    'a bad share for one': dealing => ({ ...dealing, ciphertexts: damagedOne(dealing.ciphertexts) }),
    'bad shares for all': dealing => ({ ...dealing, ciphertexts: dealing.ciphertexts.map(damaged) }),
    'the shares of others': dealing => ({ ...dealing, ciphertexts: dealing.ciphertexts.toReversed() }),
    'other values': dealing => ({ ...dealing, commitments: dealing.commitments.toReversed() }),
    'a damaged commitment': dealing => ({ ...dealing, commitments: damagedOne(dealing.commitments) }),
    'a wrong proof': dealing => ({ ...dealing, constantProof: damaged(dealing.constantProof) }),
    'a share too few': dealing => ({ ...dealing, ciphertexts: dealing.ciphertexts.slice(1) }),
  }

  return {
    twist: ports =>
      withVault(ports, (name, kept) => {
        const dealing = name.startsWith('dealing/') ? decodeDealing(kept.slice(PREFIX_BYTES)) : null
        if (dealing === null || prng.chance(0.2)) return kept
        const what = prng.pick(Object.keys(lies))
        lair.did(what)
        return concatBytes(kept.slice(0, PREFIX_BYTES), encodeDealing(lies[what]?.(dealing) ?? dealing))
      }),
  }
}
