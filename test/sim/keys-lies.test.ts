import { describe, expect, it } from 'vitest'
import type { KeyEvent } from '../../src/membership/key-state.ts'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import { flippedAt, withVault } from '../../src/sim/byzantine/twisted-vault.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'

/** One member of four that lies in a ceremony, by a vault that gives it something else than it kept, or a worker that does as it likes. */
const lying =
  (change: (name: string, kept: Uint8Array) => Uint8Array) =>
  (ports: ThresholdPorts): ThresholdPorts =>
    withVault(ports, change)

const faults = (world: KeyWorld, id: number): readonly KeyEvent[] =>
  world.events
    .filter(({ member, event }) => member === id && event.type === 'fault')
    .map(({ event }) => event)

describe('a ceremony with one liar', BUSY_MACHINE, () => {
  it('convicts a dealer of a bad share, and goes on without it (seed 60)', async () => {
    // The last byte is of the last ciphertext: what member 3 gets.
    const bad = lying((name, kept) => (name.startsWith('dealing/') ? flippedAt(kept, kept.length - 1) : kept))
    const world = new KeyWorld(60, { twistOf: member => (member === 0 ? bad : undefined) })
    await world.start()
    expect(await world.until(20_000, () => world.isCertified(1))).toBe(true)
    expect(faults(world, 1)).toMatchObject([{ member: 0, role: 'dealer', code: 'bad-share' }])
    for (const { secrets } of world.members) expect(secrets).toContain('share/1')
  })

  it('does not believe who complains of everybody (seed 61)', async () => {
    const false_ = lying((name, kept) => (name.startsWith('session/') ? flippedAt(kept, 20) : kept))
    const world = new KeyWorld(61, { twistOf: member => (member === 2 ? false_ : undefined) })
    await world.start()
    expect(await world.until(20_000, () => world.isCertified(1))).toBe(true)
    const found = faults(world, 1)
    expect(found.length).toBeGreaterThan(0)
    for (const fault of found) expect(fault).toMatchObject({ member: 2, role: 'receiver' })
  })

  it('ends without the member whose turn it is (seed 62)', async () => {
    const lazy = (ports: ThresholdPorts): ThresholdPorts => ({
      ...ports,
      worker: { ...ports.worker, combine: () => {} },
    })
    const world = new KeyWorld(62, { twistOf: member => (member === 0 ? lazy : undefined) })
    await world.start()
    expect(await world.until(10_000, () => world.runtimes.every(({ keys }) => keys.active !== null))).toBe(
      true,
    )
  })

  it('does not sign with the part that is wrong (seed 63)', async () => {
    const wrong = (ports: ThresholdPorts): ThresholdPorts => ({
      ...ports,
      worker: {
        ...ports.worker,
        sign: (share, message, ...callbacks) => ports.worker.sign(share, flippedAt(message, 0), ...callbacks),
      },
    })
    const world = new KeyWorld(63, { twistOf: member => (member === 3 ? wrong : undefined) })
    await world.start()
    expect(await world.until(20_000, () => world.isCertified(1))).toBe(true)
  })
})
