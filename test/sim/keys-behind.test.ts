import { describe, expect, it } from 'vitest'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'

/** Its vault keeps nothing, so it has no part in any ceremony; else it does what it should. */
const forgetful = (ports: ThresholdPorts): ThresholdPorts => ({
  ...ports,
  vault: { read: () => undefined, write: () => {}, erase: () => {}, names: () => [] },
})

/** Member 3 wants another view than the others, who are enough without it. @returns ends what keeps the log going */
async function leavingAlone(world: KeyWorld): Promise<() => void> {
  await world.start()
  await world.pass(20)
  const cuts = [world.network.cut([3], [0, 1, 2]), world.network.cut([0, 1, 2], [3])]
  world.hand(3)
  expect(await world.until(5_000, () => !world.runtime(3).replica().viewActive)).toBe(true)
  const end = world.trickle(40)
  for (const heal of cuts) heal()
  return end
}

describe('a member that left the view alone, and follows the others by fetching', BUSY_MACHINE, () => {
  it('has its part in a ceremony (seed 150)', async () => {
    const world = new KeyWorld(150, { twistOf: member => (member === 1 ? forgetful : undefined) })
    const end = await leavingAlone(world)
    // Three of four are needed, and one of these is behind all the time.
    expect(await world.until(20_000, () => world.runtimes.every(({ keys }) => keys.active !== null))).toBe(
      true,
    )
    end()
    expect(world.runtime(3).replica().viewActive).toBe(false)
    expect(world.runtime(0).replica().view).toBe(0)
    expect(world.member(3).secrets).toContain('share/1')
  })

  it('lets go of history before the snapshots that it fetches (seed 151)', async () => {
    const world = new KeyWorld(151, { historySequences: 0, snapshotIntervalSequences: 8 })
    const end = await leavingAlone(world)
    await world.pass(8_000)
    end()
    const sequencesOf = (id: number, kind: string): readonly number[] =>
      [...world.member(id).disk.keys()]
        .filter(key => key.startsWith(kind))
        .map(key => Number(key.slice(kind.length)))
    expect(world.runtime(3).state.sequence).toBeGreaterThan(150)
    expect(world.runtime(3).replica().viewActive).toBe(false)
    for (const { id } of world.members)
      expect(Math.min(...sequencesOf(id, 'entry/')), `member ${id}`).toBeGreaterThan(
        Math.min(...sequencesOf(id, 'manifest/')),
      )
  })
})
