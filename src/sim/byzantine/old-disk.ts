import type { Behaviour, DiskTampering, Lair } from './behaviour.ts'

/**
 * Falls down now and then and comes back on its disk of seconds ago, as from a backup, not knowing that it knows less: it signs anew
 * what it signed otherwise before, and offers old state as new. Aims at the memory of the others: quorums must not need this one's
 * word to be the same twice, and its old votes in certificates stay good.
 */
export function createOldDisk(lair: Lair): Behaviour {
  const { prng } = lair
  let next: DiskTampering = 'keep'
  let dueMs = lair.nowMs() + prng.between(300, 2_000)
  return {
    tamper() {
      if (lair.nowMs() < dueMs) return null
      const now = next
      next = now === 'roll-back' ? 'keep' : 'roll-back'
      dueMs = lair.nowMs() + (now === 'keep' ? prng.between(200, 3_000) : prng.between(500, 4_000))
      if (now === 'roll-back') lair.did('back on an old disk')
      return now
    },
  }
}
