import { expect, it } from 'vitest'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSignatureCombiner } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { createPrng } from '../../src/lib/prng.ts'
import { digest, type Statement, sequence } from '../../src/pbft/types.ts'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import type { Vault } from '../../src/runtime/ports.ts'
import { createRandomBytes } from '../../src/sim/keyring.ts'
import { decodeThresholdCertificate, encodeThresholdCertificate } from '../../src/wire/convert.ts'
import { WireThresholdCertificate } from '../../src/wire/pb/messages.ts'
import { checkpointMessage, type ThresholdCertificate } from '../../src/wire/statement.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { KeyWorld } from './key-world.ts'

/** As many shares as are needed, in the hands of liars: from some time on they sign nothing together but what they like. */
const LIARS = [0, 1, 2] as const
const VICTIM = 3
const OTHER_HISTORY = digest('e'.repeat(64))

class Conspiracy {
  readonly #vaults = new Map<number, Vault>()
  isOn = false
  answer: Uint8Array | null = null
  /** What the victim's worker found out, told when it is no more null. */
  held: (() => void)[] | null = null

  twist(member: number, ports: ThresholdPorts): ThresholdPorts {
    this.#vaults.set(member, ports.vault)
    const { sign, verify } = ports.worker
    const worker: ThresholdPorts['worker'] = {
      ...ports.worker,
      sign: (...args) => (this.isOn ? undefined : sign(...args)),
      // They know what they are shown.
      verify: (...args) => (this.isOn ? undefined : verify(...args)),
    }
    return { ...ports, worker }
  }

  slow(ports: ThresholdPorts): ThresholdPorts {
    const { verify } = ports.worker
    const tell = (answer: () => void): void => {
      if (this.held === null) answer()
      else this.held.push(answer)
    }
    const worker: ThresholdPorts['worker'] = {
      ...ports.worker,
      verify: (publicKey, message, signature, done, failed) =>
        verify(publicKey, message, signature, valid => tell(() => done(valid)), failed),
    }
    return { ...ports, worker }
  }

  sign(world: KeyWorld, statement: Statement): ThresholdCertificate {
    const { keyId, epoch, sharing } = present(world.runtime(VICTIM).keys.active, 'a key')
    const message = checkpointMessage(world.ground.scope.networkId, { keyId, epoch }, statement)
    const partials = LIARS.map(id => {
      const share = present(this.#vaults.get(id)?.read('share/1'), 'the share of a liar')
      return { index: id + 1, signature: signMessage(share, message) }
    })
    const random = createRandomBytes(createPrng(1))
    const { signature } = createSignatureCombiner(nobleCurve, sharing).combine(message, partials, random)
    return { keyId, epoch, statement, signature: present(signature ?? undefined, 'a signature') }
  }
}

async function conspiring(seed: number): Promise<{ world: KeyWorld; conspiracy: Conspiracy }> {
  const conspiracy = new Conspiracy()
  const isLiar = (member: number): boolean => member !== VICTIM
  const world = new KeyWorld(seed, {
    twistOf: member => ports => (isLiar(member) ? conspiracy.twist(member, ports) : conspiracy.slow(ports)),
    answerOf: member => (isLiar(member) ? conspiracy.answer : null),
  })
  await world.start()
  expect(await world.until(10_000, () => world.isCertified(1))).toBe(true)
  conspiracy.isOn = true
  // More checkpoints without a certificate than a member goes on waiting for.
  for (let i = 0; i < 10; i++) {
    world.hand(VICTIM)
    await world.pass(60)
  }
  return { world, conspiracy }
}

const certifiedBy = (world: KeyWorld): number =>
  world.runtime(VICTIM).certificates.latest?.statement.sequence ?? 0

it.each([
  ['the checkpoint that waits for one', 130, (_: number, latest: Statement) => latest],
  [
    'an earlier sequence',
    131,
    (certified: number, latest: Statement) => ({ ...latest, sequence: sequence(certified + 1) }),
  ],
] as const)(
  'whoever is shown that the key signed another history than its own, of %s, stops for good and keeps the proof (seed %i)',
  BUSY_MACHINE,
  async (_, seed, choose) => {
    const { world, conspiracy } = await conspiring(seed)
    const latest = present(world.runtime(VICTIM).stable?.statement, 'a stable checkpoint')
    expect(latest.sequence).toBeGreaterThan(certifiedBy(world) + 9)
    const chosen = choose(certifiedBy(world), latest)
    const forged = conspiracy.sign(world, { ...chosen, historyDigest: OTHER_HISTORY })
    conspiracy.answer = WireThresholdCertificate.encode(encodeThresholdCertificate(forged))
    const stopped = `signed another state than ours at sequence ${forged.statement.sequence}`
    await expect(world.until(5_000, () => false)).rejects.toThrow(stopped)
    expect(world.member(VICTIM).isUp).toBe(false)
    expect(
      world.certificates.filter(({ certificate }) => certificate.signature === forged.signature),
    ).toEqual([])

    const { disk } = world.member(VICTIM)
    const kept = [...disk].filter(([key]) => key.startsWith('conflict/signed-together/'))
    expect(
      kept.map(([, value]) => decodeThresholdCertificate(WireThresholdCertificate.decode(value))),
    ).toEqual([forged])
    expect([...disk.keys()].filter(key => key.startsWith('conflict/certificate/'))).toHaveLength(1)
    world.failures.length = 0
    await world.start(VICTIM)
    expect(world.member(VICTIM).isUp).toBe(false)
    expect(world.failures.join()).toContain(`stopped for good: the network’s key ${stopped}`)
  },
)

it('whoever is shown a signature that is none, or the truth, goes on (seed 132)', BUSY_MACHINE, async () => {
  const { world, conspiracy } = await conspiring(132)
  const latest = present(world.runtime(VICTIM).stable?.statement, 'a stable checkpoint')
  const truth = conspiracy.sign(world, latest)
  const show = async (certificate: ThresholdCertificate): Promise<void> => {
    conspiracy.answer = WireThresholdCertificate.encode(encodeThresholdCertificate(certificate))
    await world.pass(2_500)
    expect(world.member(VICTIM).isUp).toBe(true)
  }
  const before = certifiedBy(world)
  await show({ ...truth, statement: { ...latest, historyDigest: OTHER_HISTORY } })
  // No shared key signs this field.
  await show({ ...truth, statement: { ...latest, epoch: 1 } })
  expect(certifiedBy(world)).toBe(before)
  await show(truth)
  expect(certifiedBy(world)).toBe(latest.sequence)
})

it.each([
  ['before', 133],
  ['after', 134],
] as const)(
  'what a key signed that is revoked stops nobody, shown %s: it may be in the wrong hands, and was ended for that (seed %i)',
  BUSY_MACHINE,
  async (revocation, seed) => {
    const { world, conspiracy } = await conspiring(seed)
    const latest = present(world.runtime(VICTIM).stable?.statement, 'a stable checkpoint')
    const forged = conspiracy.sign(world, { ...latest, historyDigest: OTHER_HISTORY })
    const before = certifiedBy(world)
    const show = (): void => {
      conspiracy.answer = WireThresholdCertificate.encode(encodeThresholdCertificate(forged))
    }
    const held: (() => void)[] = []
    conspiracy.held = held
    if (revocation === 'before') {
      show()
      expect(await world.until(5_000, () => held.length > 0)).toBe(true)
    }
    for (const id of LIARS) world.runtime(id).orderForKeys({ type: 'revoke', keyId: forged.keyId }, () => {})
    expect(await world.until(5_000, () => world.runtime(VICTIM).keys.active === null)).toBe(true)
    conspiracy.held = null
    for (const answer of held) answer()
    show()
    await world.pass(5_000)
    expect(world.member(VICTIM).isUp).toBe(true)
    expect(certifiedBy(world)).toBe(before)
  },
)
