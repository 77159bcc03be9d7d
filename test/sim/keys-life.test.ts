import { describe, expect, it } from 'vitest'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { createSignatureVerifier } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { PHASE_DEADLINES_MAX } from '../../src/membership/key-ceremony.ts'
import type { SystemOperation } from '../../src/membership/system-operation.ts'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import { handoverMessage } from '../../src/wire/statement.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld, type KeyWorldOptions, TIMES } from './key-world.ts'

/** What becomes of a key: dealt again, followed by another, retired and erased; and of members that lost what they had of it. */
async function withKey(seed: number, options: KeyWorldOptions = {}): Promise<KeyWorld> {
  const world = new KeyWorld(seed, options)
  await world.start()
  expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
  return world
}

async function order(world: KeyWorld, id: number, operation: SystemOperation): Promise<void> {
  let isAccepted = false
  world.runtime(id).orderForKeys(operation, outcome => {
    isAccepted = outcome?.accepted === true
  })
  expect(await world.until(1_000, () => isAccepted)).toBe(true)
}

const shares = (world: KeyWorld): readonly (readonly string[])[] =>
  world.members.map(({ secrets }) => secrets.filter(name => name.startsWith('share/')))

describe('a key that is dealt again', BUSY_MACHINE, () => {
  it('stays what it is; the old shares serve for the transition, then they are erased, and members say so (seed 80)', async () => {
    const world = await withKey(80)
    const before = world.runtime(0).keys.active
    await order(world, 2, { type: 'start', kind: 'refresh', epoch: 2 })
    expect(await world.until(10_000, () => world.isCertified(2))).toBe(true)
    const after = world.runtime(0).keys
    expect(after.active?.keyId).toEqual(before?.keyId)
    expect(after.active?.sharing.publicShares).not.toEqual(before?.sharing.publicShares)
    expect(shares(world)).toEqual(Array(4).fill(['share/1', 'share/2']))
    await world.pass(TIMES.transitionMs - 2_000)
    expect(world.runtime(0).keys.retiring.map(({ epoch }) => epoch)).toEqual([1])
    expect(await world.until(20_000, () => world.runtime(0).keys.erased.get(1)?.size === 4)).toBe(true)
    expect(world.runtime(0).keys.retiring).toEqual([])
    expect(shares(world)).toEqual(Array(4).fill(['share/2']))
    expect(world.said(1).filter(name => name === 'erased')).toHaveLength(4)
  })

  it('is so by itself when it is time (seed 81)', async () => {
    const world = await withKey(81, { threshold: { ...TIMES, refreshMs: 8_000, transitionMs: 2_000 } })
    expect(await world.until(5_000, () => world.isCertified(2))).toBe(false)
    expect(await world.until(10_000, () => world.isCertified(2))).toBe(true)
    expect(await world.until(15_000, () => world.isCertified(3))).toBe(true)
    expect(new Set(world.runtimes.map(({ keys }) => keys.handovers.length))).toEqual(new Set([0]))
  })

  it('gives a share to a member that had none (seed 82)', async () => {
    const world = new KeyWorld(82)
    await world.start(0, 1, 2)
    expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
    await world.start(3)
    await world.until(5_000, () => world.isCertified(1))
    await order(world, 3, { type: 'start', kind: 'refresh', epoch: 2 })
    expect(await world.until(10_000, () => world.isCertified(2))).toBe(true)
    expect(shares(world)[3]).toEqual(['share/2'])
  })
})

describe('a key that another follows', BUSY_MACHINE, () => {
  it('says so together with it, when f + 1 members ask (seed 83)', async () => {
    const world = await withKey(83)
    const old = present(world.runtime(0).keys.active, 'the first key')
    await order(world, 0, { type: 'start', kind: 'rotate', epoch: 2 })
    expect(await world.until(2_000, () => world.isCertified(2))).toBe(false)
    await order(world, 3, { type: 'start', kind: 'rotate', epoch: 2 })
    expect(await world.until(10_000, () => world.isCertified(2))).toBe(true)
    const { active, handovers } = world.runtime(1).keys
    const [handover] = handovers
    if (handover === undefined || active === null) throw new Error('there is no hand-over')
    expect(active.keyId).not.toEqual(old.keyId)
    expect(handover).toMatchObject({ oldKeyId: old.keyId, newKeyId: active.keyId, epoch: 2 })
    const message = handoverMessage(world.ground.scope.networkId, handover)
    const signatures = [
      [old.sharing.publicKey, handover.oldSignature],
      [active.sharing.publicKey, handover.newSignature],
    ] as const
    for (const [key, signature] of signatures)
      expect(createSignatureVerifier(nobleCurve, key)?.verify(message, signature)).toBe(true)
    for (const { member, certificate } of world.certificates)
      expect(world.isRight(member, certificate), `of member ${member}`).toBe(true)
  })

  it.each([
    ['ready', 84],
    ['handing-over', 88],
  ] as const)(
    'is not waited for by those who fall down meanwhile, when it is %s (seed %i)',
    async (phase, seed) => {
      const world = await withKey(seed)
      await order(world, 0, { type: 'start', kind: 'rotate', epoch: 2 })
      await order(world, 1, { type: 'start', kind: 'rotate', epoch: 2 })
      const isReached = () =>
        world.said(0).filter(name => name === phase).length === (phase === 'ready' ? 2 : 1)
      expect(await world.until(5_000, isReached)).toBe(true)
      for (const member of world.members) member.crash()
      await world.pass(300)
      await world.start()
      expect(await world.until(20_000, () => world.isCertified(2))).toBe(true)
      expect(world.runtime(0).keys.handovers).toHaveLength(1)
    },
  )

  it('is the one that the log has fixed, however long the old key’s signature is withheld (seed 89)', async () => {
    const silent = new Set<number>()
    const withholding = (member: number) => (ports: ThresholdPorts) => {
      const { worker } = ports
      const sign: typeof worker.sign = (...asked) => {
        if (!silent.has(member) || !world.said(member).includes('handing-over')) worker.sign(...asked)
      }
      return { ...ports, worker: { ...worker, sign } }
    }
    const world: KeyWorld = await withKey(89, { twistOf: withholding })
    for (const member of [2, 3]) silent.add(member)
    await order(world, 0, { type: 'start', kind: 'rotate', epoch: 2 })
    await order(world, 1, { type: 'start', kind: 'rotate', epoch: 2 })
    const isFixed = () => world.runtimes.every(({ keys }) => keys.ceremony?.newSignature?.length === 48)
    expect(await world.until(5_000, isFixed)).toBe(true)
    const fixed = present(world.runtime(0).keys.ceremony?.ceremony.qualified, 'a key').sharing.publicKey
    await world.pass(2 * PHASE_DEADLINES_MAX * TIMES.deadlineMs)
    expect(isFixed()).toBe(true)
    // One of the two is there again, and says what it would have said.
    silent.delete(2)
    world.member(2).crash()
    await world.start(2)
    expect(await world.until(5_000, () => world.runtime(2).keys.active?.epoch === 2)).toBe(true)
    expect(world.runtime(2).keys.active?.sharing.publicKey).toEqual(fixed)
    expect(world.said(0)).not.toContain('failed')
    expect(world.said(0)).not.toContain('fault')
  })

  it('ends at once when a quorum revokes it, and a fresh one is made (seed 85)', async () => {
    const world = await withKey(85)
    const old = present(world.runtime(0).keys.active, 'the first key')
    for (const id of [0, 1, 2]) await order(world, id, { type: 'revoke', keyId: old.keyId })
    expect(await world.until(10_000, () => world.isCertified(2))).toBe(true)
    expect(world.runtime(0).keys.active?.keyId).not.toEqual(old.keyId)
    expect(await world.until(3_000, () => shares(world).every(names => names.join() === 'share/2'))).toBe(
      true,
    )
  })
})

describe('a member that lost', BUSY_MACHINE, () => {
  it('its secrets and not its database has no share, says so, and has one after the next refresh (seed 86)', async () => {
    const world = await withKey(86)
    world.hand(0)
    await world.pass(300)
    world.member(1).loseVault()
    await world.start(1)
    await world.pass(1_000)
    expect(world.warnings.filter(({ member }) => member === 1)).toMatchObject([{ data: { epoch: 1 } }])
    await order(world, 0, { type: 'start', kind: 'refresh', epoch: 2 })
    expect(await world.until(15_000, () => world.isCertified(2))).toBe(true)
    expect(shares(world)[1]).toEqual(['share/2'])
  })

  it('its secrets in the middle of a ceremony has no further part in it, and is no liar (seed 87)', async () => {
    const world = new KeyWorld(87)
    await world.start()
    await world.until(5_000, () => world.said(0).includes('dealing'))
    world.member(2).loseVault()
    await world.start(2)
    expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
    expect(world.events.filter(({ event }) => event.type === 'fault')).toEqual([])
    expect(shares(world)[2]).toEqual([])
  })

  it('its database and not its secrets signs again when it has caught up (seed 88)', async () => {
    const world = await withKey(88)
    const end = world.trickle(100)
    await world.pass(500)
    world.member(1).loseDisk()
    await world.start(1)
    await world.pass(3_000)
    expect(shares(world)[1]).toEqual(['share/1'])
    world.member(2).crash()
    await world.pass(3_000)
    end()
    const executed = world.runtime(0).state.sequence
    expect(await world.until(3_000, () => world.runtime(1).certificates.covering(executed) !== null)).toBe(
      true,
    )
  })

  it('the time of a ceremony, and the log of it, is given its end with the state (seed 89)', async () => {
    const world = new KeyWorld(89, { historySequences: 0, snapshotIntervalSequences: 8 })
    await world.start()
    await world.until(5_000, () => world.said(3).includes('confirming'))
    world.member(3).crash()
    expect(await world.until(15_000, () => world.isCertified(1))).toBe(true)
    const end = world.trickle(50)
    await world.pass(4_000)
    await world.start(3)
    await world.pass(3_000)
    end()
    expect(await world.until(5_000, () => world.isCertified(1))).toBe(true)
    expect(world.said(3)).not.toContain('activated')
    // What it made for the ceremony is of no more use.
    expect(world.member(3).secrets.filter(name => !name.startsWith('share/'))).toEqual([])
  })
})
