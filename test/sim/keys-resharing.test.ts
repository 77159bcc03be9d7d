import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/crypto/hash.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSession } from '../../src/crypto/threshold/session.ts'
import {
  createSignatureCombiner,
  createSignatureVerifier,
  type PublicSharing,
} from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { createPrng } from '../../src/lib/prng.ts'
import { faultyMax, quorum } from '../../src/pbft/quorum.ts'
import type { Vault } from '../../src/runtime/ports.ts'
import { createRandomBytes } from '../../src/sim/keyring.ts'
import { checkpointMessage, type ThresholdCertificate } from '../../src/wire/statement.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'
import { type Person, publicOf, Resharing } from './resharing.ts'

/** The key of a world of four that orders transactions meanwhile, in the hands of others than those who made it. */
interface Holders {
  readonly epoch: number
  readonly names: readonly string[]
  readonly sharing: PublicSharing
  /** By coordinate, of those who have one. */
  readonly shares: ReadonlyMap<number, Uint8Array>
}

interface Change {
  readonly seed: number
  /** Who has the key afterwards; their coordinates are drawn. */
  readonly names: readonly string[]
  readonly silent: string
  readonly garbage?: string
}

let world: KeyWorld
let founders: Holders
let earlier: ThresholdCertificate

beforeAll(async () => {
  const vaults = new Map<number, Vault>()
  world = new KeyWorld(150, {
    twistOf: member => ports => {
      vaults.set(member, ports.vault)
      return ports
    },
  })
  await world.start()
  if (!(await world.until(10_000, () => world.isCertified(1)))) throw new Error('the world has no key')
  const shares = world.members.map(
    ({ id }) => [id + 1, present(vaults.get(id)?.read('share/1'), 'a share')] as const,
  )
  const { sharing } = present(world.runtime(0).keys.active ?? undefined, 'a key')
  founders = { epoch: 1, names: ['0', '1', '2', '3'], sharing, shares: new Map(shares) }
  earlier = present(world.runtime(0).certificates.latest ?? undefined, 'a certificate')
}, BUSY_MACHINE.timeout)

const membersHashOf = (names: readonly string[]): Uint8Array => sha256(utf8(names.join()))

/** @returns the new holders, when all of them agree on everything */
async function reshare(old: Holders, { seed, names, silent, garbage }: Change): Promise<Holders> {
  const prng = createPrng(seed)
  const order = prng.shuffle(names)
  const people = [...new Set([...old.names, ...names])].map((name): Person => {
    const coordinate = old.names.indexOf(name) + 1
    const share = old.shares.get(coordinate)
    return {
      name,
      dealer: share === undefined ? null : { coordinate, share },
      receiver: order.includes(name) ? order.indexOf(name) + 1 : null,
      conduct: name === silent ? 'silent' : name === garbage ? 'deals garbage' : 'honest',
    }
  })
  const session = createSession({
    networkId: world.ground.scope.networkId,
    epoch: old.epoch + 1,
    attempt: 0,
    startSequence: world.runtime(0).state.sequence,
    membersHash: membersHashOf(order),
    members: order.length,
    threshold: quorum(order.length),
    faultyMax: faultyMax(order.length),
    old: { sharing: old.sharing, membersHash: membersHashOf(old.names) },
  })
  const resharing = new Resharing(session, people, world.scheduler, prng)
  resharing.start()
  world.hand(0)
  expect(await world.until(30_000, () => resharing.isQuiet)).toBe(true)

  const [first, ...others] = resharing.followers
  const { ceremony, misconduct } = present(first, 'somebody')
  for (const other of others) {
    expect(publicOf(other.ceremony)).toEqual(publicOf(ceremony))
    expect(other.misconduct).toEqual(misconduct)
  }
  expect(resharing.followers.reduce((sum, { restarts }) => sum + restarts, 0)).toBe(3)
  const liar = garbage === undefined ? [] : [old.names.indexOf(garbage) + 1]
  expect(misconduct).toEqual(liar.map(member => ({ member, role: 'dealer', code: 'bad-share' })))
  expect([...ceremony.convicted]).toEqual(liar)
  const { sharing } = present(ceremony.qualified ?? undefined, 'a sharing')
  const receiving = order.filter(name => name !== silent)
  expect(resharing.shares.size).toBe(receiving.length)
  return { epoch: session.epoch, names: order, sharing, shares: resharing.shares }
}

/** What these shares, by coordinate, sign together. @param sharing whose coefficients and key are taken */
function sign(
  sharing: PublicSharing,
  message: Uint8Array,
  shares: readonly (readonly [number, Uint8Array])[],
): Uint8Array | null {
  const partials = shares.map(([index, share]) => ({ index, signature: signMessage(share, message) }))
  // As many as there are must do, so that it is mathematics that says no and not a count.
  const combiner = createSignatureCombiner(nobleCurve, { ...sharing, threshold: partials.length })
  return combiner.combine(message, partials, createRandomBytes(createPrng(1))).signature
}

async function laterMessage({ epoch }: Holders): Promise<Uint8Array> {
  const before = present(world.runtime(0).stable ?? undefined, 'a checkpoint').statement.sequence
  world.hand(0)
  await world.pass(500)
  const { statement } = present(world.runtime(0).stable ?? undefined, 'a checkpoint')
  expect(statement.sequence).toBeGreaterThan(before)
  return checkpointMessage(world.ground.scope.networkId, { keyId: earlier.keyId, epoch }, statement)
}

async function expectHandedOn(old: Holders, now: Holders, seed: number): Promise<void> {
  expect(now.sharing.publicKey).toHaveLength(96)
  expect(now.sharing.publicKey).toEqual(founders.sharing.publicKey)
  expect(now.sharing.threshold).toBe(quorum(now.names.length))
  const message = await laterMessage(now)
  const verifier = present(
    createSignatureVerifier(nobleCurve, founders.sharing.publicKey) ?? undefined,
    'the old key',
  )
  const drawn = createPrng(seed).shuffle([...now.shares])
  const enough = drawn.slice(0, now.sharing.threshold)
  const signature = present(sign(now.sharing, message, enough) ?? undefined, 'a signature')
  expect(verifier.verify(message, signature)).toBe(true)
  expect(sign(now.sharing, message, drawn.slice(-now.sharing.threshold))).toEqual(signature)
  expect(sign(now.sharing, message, enough.slice(1))).toBeNull()

  const shared = [...old.shares.keys()].filter(index => now.shares.has(index))
  expect(shared.length).toBeGreaterThan(2)
  for (const index of shared.slice(0, 2)) {
    const was = present(old.shares.get(index), 'an old share')
    const is = present(now.shares.get(index), 'a new share')
    const others = (shares: Holders): readonly (readonly [number, Uint8Array])[] =>
      [...shares.shares].filter(([other]) => other !== index).slice(0, shares.sharing.threshold - 1)
    expect(sign(now.sharing, message, [...others(now), [index, was]])).toBeNull()
    expect(sign(old.sharing, message, [...others(old), [index, is]])).toBeNull()
  }

  expect(world.isRight(0, earlier)).toBe(true)
  const { statement, keyId } = earlier
  const certified = checkpointMessage(
    world.ground.scope.networkId,
    { keyId, epoch: earlier.epoch },
    statement,
  )
  const successor = createSignatureVerifier(nobleCurve, now.sharing.publicKey)
  expect(successor?.verify(certified, earlier.signature)).toBe(true)
}

describe('the key of a simulated world', BUSY_MACHINE, () => {
  it('goes from four to five of whom three are old, while the fourth is silent; then one of the five is removed, and deals garbage (seeds 151, 152)', async () => {
    const five = { seed: 151, names: ['0', '1', '2', 'new 4', 'new 5'], silent: '3' }
    const holders = await reshare(founders, five)
    expect(holders.sharing.threshold).toBe(4)
    await expectHandedOn(founders, holders, five.seed)

    const four = { seed: 152, names: ['1', '2', 'new 4', 'new 5'], silent: 'nobody', garbage: '0' }
    const left = await reshare(holders, four)
    expect(left.sharing.threshold).toBe(3)
    await expectHandedOn(holders, left, four.seed)
  })

  it('goes from four to seven, while an old one deals garbage and a new one is silent (seed 153)', async () => {
    const names = ['0', '1', '2', '3', 'new 4', 'new 5', 'new 6']
    const seven = { seed: 153, names, silent: 'new 5', garbage: '2' }
    const holders = await reshare(founders, seven)
    expect(holders.sharing.threshold).toBe(5)
    await expectHandedOn(founders, holders, seven.seed)
  })
})
