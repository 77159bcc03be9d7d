import { describe, expect, it } from 'vitest'
import { KeyWorld } from './key-world.ts'

/** The first key, and the certificates by it, of members in the simulator's world. */
const NAMES = (world: KeyWorld, member: number): readonly string[] =>
  world.events
    .filter(known => known.member === member)
    .map(({ event }) => (event.type === 'phase' ? event.phase : event.type))

describe('a fresh network', () => {
  it('makes its first key by itself, and signs what it executed with it (seed 1)', async () => {
    const world = new KeyWorld(1)
    await world.start()
    expect(await world.until(10_000, () => world.isCertified(1))).toBe(true)
    for (const { member, certificate } of world.certificates)
      expect(world.isRight(member, certificate), `of member ${member}`).toBe(true)
    const [first] = world.runtimes
    expect(new Set(world.runtimes.map(({ keys }) => keys.active?.keyId.join()))).toHaveLength(1)
    expect(first?.missingInCeremony()).toBeNull()
    expect(NAMES(world, 0).slice(0, 1)).toEqual(['ceremony-started'])
    expect(NAMES(world, 0).filter(name => name === 'activated')).toHaveLength(1)
    for (const { secrets } of world.members) expect(secrets).toEqual(['share/1'])
  })
})
