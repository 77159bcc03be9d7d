import { describe, expect, it } from 'vitest'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'

/** Members that fall down in the middle of a ceremony: whatever was made is said again, and nobody is called a liar for it. */
const PHASES = [
  'ceremony-started',
  'registered',
  'dealing',
  'dealt',
  'confirming',
  'confirmed',
  'ready',
] as const

function faultsIn(world: KeyWorld): readonly object[] {
  return world.events.filter(({ event }) => event.type === 'fault').map(({ event }) => event)
}

async function reach(world: KeyWorld, phase: (typeof PHASES)[number]): Promise<void> {
  // With all of these gone the log stands still, so it may have gone on when this is seen: by tens of milliseconds.
  expect(
    await world.until(10_000, () => world.members.some(({ id }) => world.said(id).includes(phase))),
  ).toBe(true)
}

describe('a ceremony', BUSY_MACHINE, () => {
  it.each(PHASES.map((phase, i) => [phase, 20 + i] as const))(
    'outlives the restart of every member, one after the other, from %s on (seed %i)',
    async (phase, seed) => {
      const world = new KeyWorld(seed)
      await world.start()
      await reach(world, phase)
      for (const { id } of world.members) {
        world.member(id).crash()
        await world.pass(60)
        await world.start(id)
        await world.pass(40)
      }
      expect(await world.until(30_000, () => world.isCertified(1))).toBe(true)
      expect(faultsIn(world)).toEqual([])
    },
  )

  it.each(PHASES.map((phase, i) => [phase, 40 + i] as const))(
    'outlives a loss of power of all at once, at %s (seed %i)',
    async (phase, seed) => {
      const world = new KeyWorld(seed)
      await world.start()
      await reach(world, phase)
      for (const member of world.members) member.crash()
      await world.pass(500)
      await world.start()
      expect(await world.until(30_000, () => world.isCertified(1))).toBe(true)
      expect(faultsIn(world)).toEqual([])
      // Nobody lost what it had: all can sign.
      for (const { secrets } of world.members) expect(secrets).toContain('share/1')
    },
  )
})
