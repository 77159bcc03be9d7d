import { describe, expect, it } from 'vitest'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import type { WorkFailure } from '../../src/runtime/ports.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'

/** The first key, and the certificates by it, of members in the simulator's world. */
describe('a fresh network', BUSY_MACHINE, () => {
  it('makes its first key by itself, and signs with it what it executed (seed 1)', async () => {
    const world = new KeyWorld(1)
    await world.start()
    expect(await world.until(10_000, () => world.isCertified(1))).toBe(true)
    for (const { member, certificate } of world.certificates)
      expect(world.isRight(member, certificate), `of member ${member}`).toBe(true)
    expect(new Set(world.runtimes.map(({ keys }) => keys.active?.keyId.join()))).toHaveLength(1)
    expect(world.runtime(0).missingInCeremony()).toBeNull()
    expect(world.said(0)[0]).toBe('ceremony-started')
    expect(world.said(0).filter(name => name === 'activated')).toHaveLength(1)
    await world.pass(1_000)
    for (const { secrets } of world.members) expect(secrets).toEqual(['share/1'])
  })

  it('has one whose f members are silent: the others have it after their time, and the silent one says that it has no share (seed 2)', async () => {
    const world = new KeyWorld(2)
    await world.start(0, 1, 2)
    expect(await world.until(1_000, () => world.isCertified(1))).toBe(false)
    expect(world.runtime(0).missingInCeremony()).toEqual({ phase: 'registering', missing: [3] })
    expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
    await world.start(3)
    expect(await world.until(5_000, () => world.isCertified(1))).toBe(true)
    expect(world.warnings.filter(({ member }) => member === 3)).toMatchObject([
      { message: expect.stringContaining('no share'), data: { epoch: 1 } },
    ])
    expect(world.member(3).secrets).toEqual([])
  })

  it('has none without a quorum, and orders transactions all the same as soon as there is one (seed 3)', async () => {
    const world = new KeyWorld(3)
    await world.start(0, 1)
    await world.pass(3_000)
    expect(world.runtime(0).state.sequence).toBe(0)
    await world.start(2)
    world.hand(0)
    expect(await world.until(3_000, () => world.runtime(0).state.executedTransactions > 0)).toBe(true)
    expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
  })
})

describe('certificates', BUSY_MACHINE, () => {
  it('follow each transaction at once when there are few, and the tail is covered (seed 4)', async () => {
    const world = new KeyWorld(4)
    await world.start()
    await world.until(10_000, () => world.isCertified(1))
    for (let i = 0; i < 5; i++) {
      world.hand(i % 4)
      await world.pass(20)
      const executed = world.runtime(i % 4).state.sequence
      const isCovered = (): boolean =>
        world.runtimes.every(({ certificates }) => certificates.covering(executed) !== null)
      expect(await world.until(400, isCovered), `transaction ${i}`).toBe(true)
    }
  })

  it('take a small part of a processor under load, however many checkpoints there are (seed 5)', async () => {
    const world = new KeyWorld(5, { checkpointInterval: 1, logWindow: 32 })
    await world.start()
    await world.until(10_000, () => world.isCertified(1))
    const before = world.certificates.length
    const sequenceBefore = world.runtime(0).state.sequence
    const end = world.trickle(20)
    await world.pass(4_000)
    end()
    const made = (world.certificates.length - before) / 4
    // 22 ms of work, and thirty-nine times as much rest: five in four seconds.
    expect(made).toBeGreaterThanOrEqual(3)
    expect(made).toBeLessThanOrEqual(7)
    const sequences = world.runtime(0).state.sequence - sequenceBefore
    expect(sequences).toBeGreaterThan(150)
    expect(world.runtime(0).stable?.statement.sequence).toBeGreaterThan(sequences - 32)
    const executed = world.runtime(0).state.sequence
    expect(await world.until(1_000, () => world.runtime(0).certificates.covering(executed) !== null)).toBe(
      true,
    )
  })

  it('that do not come stop no checkpoint and no view (seed 6)', async () => {
    const dumb = (ports: ThresholdPorts): ThresholdPorts => {
      let isDumb = false
      return {
        ...ports,
        onCertificate(certificate) {
          isDumb = true
          ports.onCertificate(certificate)
        },
        worker: { ...ports.worker, sign: (...args) => (isDumb ? undefined : ports.worker.sign(...args)) },
      }
    }
    const world = new KeyWorld(6, { twistOf: member => (member < 2 ? dumb : undefined) })
    await world.start()
    await world.until(10_000, () => world.isCertified(1))
    const certified = world.runtime(3).certificates.latest?.statement.sequence ?? 0
    for (let i = 0; i < 10; i++) {
      world.hand(i % 4)
      await world.pass(500)
    }
    await world.pass(2_000)
    const { stable, state, certificates } = world.runtime(3)
    expect(certificates.latest?.statement.sequence).toBe(certified)
    expect(stable?.statement.sequence).toBe(state.sequence)
    expect(state.sequence).toBeGreaterThanOrEqual(certified + 10)
    expect(world.runtime(3).replica().view).toBe(0)
  })

  it('come again when the workers of all were away for a while, in the ceremony and after it (seed 10)', async () => {
    let isAway = true
    const failing = (ports: ThresholdPorts): ThresholdPorts => {
      const { sign, combine, verify } = ports.worker
      const away = (failed: (why: WorkFailure) => void): void => failed('unavailable')
      return {
        ...ports,
        worker: {
          sign: (share, message, done, failed) =>
            sign(share, message, partial => (isAway ? away(failed) : done(partial)), failed),
          combine: (sharing, message, partials, done, failed) =>
            combine(sharing, message, partials, all => (isAway ? away(failed) : done(all)), failed),
          verify: (key, message, signature, done, failed) =>
            verify(key, message, signature, valid => (isAway ? away(failed) : done(valid)), failed),
        },
      }
    }
    const world = new KeyWorld(10, { twistOf: () => failing })
    await world.start()
    await world.pass(10_000)
    expect(world.runtime(0).keys.active).toBeNull()
    isAway = false
    expect(await world.until(10_000, () => world.isCertified(1))).toBe(true)
    isAway = true
    const certified = world.runtime(3).certificates.latest?.statement.sequence ?? 0
    const end = world.trickle(200)
    await world.pass(20_000)
    const { stable, state, certificates } = world.runtime(3)
    expect(certificates.latest?.statement.sequence).toBe(certified)
    expect(state.sequence).toBeGreaterThan(certified + 50)
    expect(stable?.statement.sequence).toBeGreaterThan(state.sequence - 8)
    expect(world.runtime(3).replica().view).toBe(0)
    isAway = false
    const executed = state.sequence
    expect(await world.until(3_000, () => world.runtime(3).certificates.covering(executed) !== null)).toBe(
      true,
    )
    end()
    expect(world.failures).toEqual([])
  })

  it('come to an observer, which signs nothing (seed 7)', async () => {
    const world = new KeyWorld(7, { observers: 1 })
    await world.start()
    expect(await world.until(10_000, () => world.isCertified(1))).toBe(true)
    const end = world.trickle(50)
    await world.pass(1_000)
    end()
    const executed = world.runtime(0).state.sequence
    expect(await world.until(3_000, () => world.runtime(4).certificates.covering(executed) !== null)).toBe(
      true,
    )
    expect(world.member(4).secrets).toEqual([])
  })

  it('are asked for by whoever missed the parts, and kept over a restart (seed 8)', async () => {
    const world = new KeyWorld(8)
    await world.start()
    await world.until(10_000, () => world.isCertified(1))
    const kept = world.runtime(2).certificates.latest?.statement.sequence ?? 0
    world.hand(0)
    await world.pass(500)
    world.member(2).crash()
    world.hand(0)
    await world.pass(500)
    await world.start(2)
    expect(world.runtime(2).certificates.latest?.statement.sequence).toBeGreaterThanOrEqual(kept)
    const executed = world.runtime(0).state.sequence
    expect(await world.until(5_000, () => world.runtime(2).certificates.covering(executed) !== null)).toBe(
      true,
    )
    const certificate = world.runtime(2).certificates.covering(executed)
    expect(certificate && world.isRight(2, certificate)).toBe(true)
  })

  it('leave a member out whose parts are wrong, and name it once (seed 9)', async () => {
    const wrong = (ports: ThresholdPorts): ThresholdPorts => ({
      ...ports,
      worker: {
        ...ports.worker,
        sign: (share, message, ...callbacks) =>
          ports.worker.sign(share, Uint8Array.of(1, ...message), ...callbacks),
      },
    })
    const world = new KeyWorld(9, { twistOf: member => (member === 1 ? wrong : undefined) })
    await world.start()
    expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
    const end = world.trickle(100)
    await world.pass(2_000)
    end()
    await world.pass(500)
    for (const id of [0, 2, 3]) {
      const { certificates, state } = world.runtime(id)
      expect(certificates.latest?.statement.sequence).toBeGreaterThan(state.sequence - 2)
      const named = world.warnings.filter(
        ({ member, message, data }) => member === id && message.includes('were wrong') && 'sequence' in data,
      )
      expect(named.length, `member ${id}`).toBeLessThanOrEqual(1)
      for (const { data } of named) expect(data).toMatchObject({ members: [1] })
    }
  })
})
