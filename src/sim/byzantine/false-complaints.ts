import type { Behaviour, Lair } from './behaviour.ts'
import { flippedAt, withVault } from './twisted-vault.ts'

/** In the vault the key of a session begins here; where it is flipped it stays below the group order. */
const KEY_AT = 8
const KEY_PLACES = { from: 4, to: 24 }

/**
 * Opens what was sent to it with another key than it registered, and complains of everybody. Aims at dealers: a complaint is believed when it
 * proves itself, so whoever complains so is found out, and no dealer is convicted.
 */
export function createFalseComplaints(lair: Lair): Behaviour {
  const { prng } = lair
  return {
    twist: ports =>
      withVault(ports, (name, kept) => {
        if (!name.startsWith('session/') || prng.chance(0.3)) return kept
        lair.did('another key')
        return flippedAt(kept, KEY_AT + prng.between(KEY_PLACES.from, KEY_PLACES.to))
      }),
  }
}
