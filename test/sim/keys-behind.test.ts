import { expect, it } from 'vitest'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'

/** Its vault keeps nothing, so it has no part in any ceremony; else it does what it should. */
const forgetful = (ports: ThresholdPorts): ThresholdPorts => ({
  ...ports,
  vault: { read: () => undefined, write: () => {}, erase: () => {}, names: () => [] },
})

it(
  'a member that left the view alone, and follows the others by fetching, has its part in a ceremony (seed 150)',
  BUSY_MACHINE,
  async () => {
    const world = new KeyWorld(150, { twistOf: member => (member === 1 ? forgetful : undefined) })
    await world.start()
    await world.pass(20)
    const cuts = [world.network.cut([3], [0, 1, 2]), world.network.cut([0, 1, 2], [3])]
    world.hand(3)
    expect(await world.until(5_000, () => !world.runtime(3).replica().viewActive)).toBe(true)
    const end = world.trickle(40)
    for (const heal of cuts) heal()
    // Three of four are needed, and one of these is behind all the time.
    expect(await world.until(20_000, () => world.runtimes.every(({ keys }) => keys.active !== null))).toBe(
      true,
    )
    end()
    expect(world.runtime(3).replica().viewActive).toBe(false)
    expect(world.runtime(0).replica().view).toBe(0)
    expect(world.member(3).secrets).toContain('share/1')
  },
)
