import { describe, expect, it } from 'vitest'
import { present } from '../../src/lib/assert.ts'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld, type KeyWorldOptions, TIMES } from './key-world.ts'

/** Members that have no share of the key: they see to it that they get one, and spare the network when that cannot be. */
const LASTING = { ...TIMES, refreshMs: 36_000_000 }
/** As long as a member waits before it asks, and the longest turn. */
const ASKED_MS = 30_000 + 4 * 300 + 500
const EARLY_MS = 600_000

async function withKey(seed: number, options: KeyWorldOptions = {}): Promise<KeyWorld> {
  const world = new KeyWorld(seed, { threshold: LASTING, statusMs: 5_000, ...options })
  await world.start()
  expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
  return world
}

const shares = (world: KeyWorld, id: number): readonly string[] =>
  world.member(id).secrets.filter(name => name.startsWith('share/'))

const ceremonies = (world: KeyWorld): number =>
  world.said(0).filter(name => name === 'ceremony-started').length

describe('a member without a share', BUSY_MACHINE, () => {
  it('asks for the shares to be dealt again, and has one then (seed 140)', async () => {
    const world = await withKey(140)
    const keyId = world.runtime(0).keys.active?.keyId
    world.member(1).loseVault()
    await world.start(1)
    expect(await world.until(29_000, () => ceremonies(world) > 1)).toBe(false)
    expect(await world.until(5_000, () => ceremonies(world) > 1)).toBe(true)
    expect(await world.until(15_000, () => world.isCertified(2))).toBe(true)
    expect(world.runtime(0).keys.active?.keyId).toEqual(keyId)
    expect(shares(world, 1)).toEqual(['share/2'])
    await world.pass(2 * ASKED_MS)
    expect(ceremonies(world)).toBe(2)
  })

  it('does not ask while those who would deal are away (seed 141)', async () => {
    const world = await withKey(141)
    world.member(1).loseVault()
    world.member(3).crash()
    await world.start(1)
    await world.pass(2 * ASKED_MS)
    expect(ceremonies(world)).toBe(1)
    await world.start(3)
    expect(await world.until(ASKED_MS, () => ceremonies(world) > 1)).toBe(true)
    expect(await world.until(15_000, () => world.isCertified(2))).toBe(true)
  })

  it('asks less and less often when it comes to nothing (seed 142)', async () => {
    /** What it is sent it cannot keep, until it can. */
    let isDeaf = false
    const deaf = (ports: ThresholdPorts): ThresholdPorts => ({
      ...ports,
      vault: {
        read: name => ports.vault.read(name),
        write: (name, secret, done) =>
          isDeaf && name.startsWith('share/') ? undefined : ports.vault.write(name, secret, done),
        erase: (name, done) => ports.vault.erase(name, done),
        names: () => ports.vault.names(),
      },
    })
    const world = await withKey(142, { twistOf: member => (member === 1 ? deaf : undefined) })
    isDeaf = true
    world.member(1).loseVault()
    await world.start(1)
    expect(await world.until(ASKED_MS, () => ceremonies(world) === 2)).toBe(true)
    expect(await world.until(15_000, () => world.isCertified(2))).toBe(true)
    isDeaf = false
    // The first key is over by then, and one sharing was in vain: twice the pause that the log asks for.
    expect(await world.until(2 * EARLY_MS - 25_000, () => ceremonies(world) === 3)).toBe(false)
    expect(await world.until(25_000 + ASKED_MS, () => ceremonies(world) === 3)).toBe(true)
    expect(await world.until(15_000, () => world.isCertified(3))).toBe(true)
    expect(shares(world, 1)).toContain('share/3')
  })
})

describe('a member that falls down before its share is kept', BUSY_MACHINE, () => {
  it('opens it again at its start, when the ceremony is long over (seed 143)', async () => {
    let isSlow = true
    const slow = (ports: ThresholdPorts): ThresholdPorts => {
      const { vault } = ports
      return {
        ...ports,
        vault: {
          read: name => vault.read(name),
          names: () => vault.names(),
          // One after the other: what comes after a write that does not end does not begin.
          write: (name, secret, done) => {
            if (isSlow && name.startsWith('share/')) isStuck = true
            if (!isStuck) vault.write(name, secret, done)
          },
          erase: (name, done) => (isStuck ? undefined : vault.erase(name, done)),
        },
      }
    }
    let isStuck = false
    const world = new KeyWorld(143, {
      threshold: LASTING,
      snapshotIntervalSequences: 1_024,
      twistOf: member => (member === 2 ? slow : undefined),
    })
    await world.start()
    const others = [0, 1, 3]
    const areOthersDone = (): boolean => others.every(id => world.runtime(id).certificates.latest !== null)
    expect(await world.until(20_000, areOthersDone)).toBe(true)
    world.hand(2)
    await world.pass(1_000)
    const { activatedSequence } = present(world.runtime(2).keys.active ?? undefined, 'a key')
    expect(shares(world, 2)).toEqual([])
    world.member(2).crash()
    isSlow = false
    isStuck = false
    await world.start(2)
    // Before it has heard anything.
    expect(world.runtime(2).state.sequence).toBeGreaterThan(activatedSequence)
    expect(await world.until(1_000, () => shares(world, 2).length === 1)).toBe(true)
    expect(shares(world, 2)).toEqual(['share/1'])
    expect(await world.until(1_000, () => world.member(2).secrets.length === 1)).toBe(true)
    // It signs: without it there are not enough.
    world.member(3).crash()
    world.hand(0)
    await world.pass(500)
    const executed = world.runtime(0).state.sequence
    expect(await world.until(3_000, () => world.runtime(0).certificates.covering(executed) !== null)).toBe(
      true,
    )
    expect(ceremonies(world)).toBe(1)
  })
})

describe('an idle network', BUSY_MACHINE, () => {
  it('retires a key when its time is over, and goes through the sequences that belong to it evenly until then (seed 144)', async () => {
    const world = await withKey(144, { checkpointInterval: 16, logWindow: 32 })
    world.runtime(0).orderForKeys({ type: 'start', kind: 'refresh', epoch: 2 }, () => {})
    expect(await world.until(15_000, () => world.isCertified(2))).toBe(true)
    const { activatedSequence } = present(world.runtime(0).keys.active ?? undefined, 'a key')
    expect(await world.until(TIMES.transitionMs - 1_500, () => world.said(0).includes('retired'))).toBe(false)
    expect(world.runtime(0).state.sequence - activatedSequence).toBeGreaterThanOrEqual(12)
    expect(await world.until(5_000, () => world.said(0).includes('retired'))).toBe(true)
    expect(world.runtime(0).state.sequence - activatedSequence).toBeLessThanOrEqual(20)
  })
})
