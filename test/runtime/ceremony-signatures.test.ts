import { expect, it } from 'vitest'
import { complain } from '../../src/crypto/threshold/complaint.ts'
import { deal } from '../../src/crypto/threshold/member.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { parseRistrettoScalar } from '../../src/crypto/threshold/ristretto.ts'
import { drawScalar, type RandomBytes } from '../../src/crypto/threshold/scalar.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { present } from '../../src/lib/assert.ts'
import { fromHex } from '../../src/lib/bytes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { CeremonySignatures } from '../../src/runtime/ceremony-signatures.ts'
import { Custody } from '../../src/runtime/custody.ts'
import { PartialGuard } from '../../src/runtime/partial-guard.ts'
import { PartialPool } from '../../src/runtime/partials.ts'
import type { Vault } from '../../src/runtime/ports.ts'
import type { OwnPartial } from '../../src/wire/partial.ts'
import { KeyLog, rulesFor, TIMES } from '../membership/key-log.ts'
import { scope } from '../wire/fixtures.ts'
import { MemoryStore, World } from './world.ts'

/** What one honest member signs at the end of a rotation among seven, two of which lie. */
const rules = rulesFor(7)
const SELF = 0
const LIARS = [1, 2] as const
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
const SEED_BYTES = 48

/** What gives `scalar` when a scalar is drawn from it. */
const seedOf = (scalar: bigint): Uint8Array =>
  fromHex((scalar - 1n).toString(16).padStart(2 * SEED_BYTES, '0'))

/** These bytes first. */
function after(first: readonly Uint8Array[], rest: RandomBytes): RandomBytes {
  const left = [...first]
  return lengthBytes => left.shift() ?? rest(lengthBytes)
}

/** Both liars deal, one the negative of the other, and what cannot be opened to the first of them: together they add nothing. */
function dealNothing(log: KeyLog): void {
  const { ceremony } = log.running
  const { threshold } = ceremony.session
  const polynomial = Array.from({ length: threshold }, () => drawScalar(log.random))
  for (const [i, liar] of LIARS.entries()) {
    const scalars = i === 0 ? polynomial : polynomial.map(scalar => ORDER - scalar)
    const dealing = deal(nobleCurve, ceremony, liar + 1, null, after(scalars.map(seedOf), log.random))
    const ciphertexts = dealing.ciphertexts.with(LIARS[0], new Uint8Array(48))
    expect(log.say(liar, { type: 'deal', dealing: { ...dealing, ciphertexts } })).toBe('done')
  }
}

/** The first liar, of what it and its friend sent to it. */
function accuse(log: KeyLog): void {
  const [accuser] = LIARS
  const { session, dealings, encryptionKeys, qualified } = log.running.ceremony
  const encryptionKey = present(encryptionKeys.get(accuser + 1), 'a registration')
  const key = present(log.decryptionKeys.get(replicaId(accuser)), 'a key')
  const secret = present(parseRistrettoScalar(key.slice()), 'a key')
  const complaints = LIARS.map(liar => {
    const dealing = present(
      dealings.find(({ dealer }) => dealer === liar + 1),
      'a dealing',
    )
    const accusation = { session, dealing, accuser: accuser + 1, encryptionKey }
    return complain(accusation, secret, dealing.ephemeral.multiply(secret), log.random)
  })
  const { hash: dealingsHash } = present(qualified, 'dealings that count')
  const confirmation = { sessionId: session.id, dealingsHash, complaints, shareProof: null }
  expect(log.say(accuser, { type: 'confirm', confirmation })).toBe('done')
}

function vaultWith(secrets: ReadonlyMap<string, Uint8Array>): Vault {
  return {
    names: () => [...secrets.keys()],
    read: name => secrets.get(name)?.slice(),
    write: (_name, _secret, done) => done(null),
    erase: (_name, done) => done(null),
  }
}

function createSignatures(vault: Vault) {
  const world = new World()
  const said: OwnPartial[] = []
  const failed = (error: Error): never => {
    throw error
  }
  const signatures = new CeremonySignatures({
    scope: { ...scope, networkId: rules.networkId },
    times: TIMES,
    clock: world.clock,
    logger: silentLogger,
    custody: new Custody(SELF + 1, vault, failed),
    pool: new PartialPool({
      scope,
      self: replicaId(SELF),
      checker: world.checker,
      clock: world.clock,
      window: () => ({ above: 0, upTo: 100 }),
      isAwaited: partial => signatures.isAwaited(partial),
      onPartial: () => {},
    }),
    guard: new PartialGuard(new MemoryStore(world), failed),
    worker: {
      sign: (share, message, done) => {
        const partial = signMessage(share, message)
        world.soon(() => done(partial))
      },
      combine: () => {},
      verify: () => {},
    },
    publish: partial => said.push(partial),
    addOwn: () => {},
    isStopped: () => false,
    onSignature: () => {},
  })
  return { world, said, signatures }
}

it('signs for the new key again when dealers are convicted whose parts of it cancelled each other out', () => {
  const log = new KeyLog(rules)
  log.run('fresh')
  log.pass(10)
  for (const member of [0, 3, 4]) log.start('rotate', member)
  log.registerAll()
  dealNothing(log)
  log.dealAll([0, 3, 4].map(replicaId))
  const confirm = (): void => {
    log.pass(10)
    log.confirmAll([0, 2, 3, 4, 5, 6].map(replicaId))
    log.pass(TIMES.graceMs)
    expect(log.running.isReady).toBe(true)
  }
  const secrets = new Map<string, Uint8Array>()
  const keepShare = (): void => {
    const share = present(log.shares.get(2)?.get(replicaId(SELF)), 'a share')
    secrets.set('share/2', share.slice())
  }
  const { world, said, signatures } = createSignatures(vaultWith(secrets))
  const follow = (): void => {
    keepShare()
    signatures.follow(log.state)
    signatures.say(world.nowMs)
    world.advance(10)
  }

  confirm()
  follow()
  expect(said.map(({ purpose }) => purpose)).toEqual(['activate', 'handover'])
  const before = log.running
  accuse(log)
  confirm()
  const [old, now] = [before, log.running].map(({ ceremony }) => present(ceremony.qualified, 'dealings'))
  expect(now?.sharing).toEqual(old?.sharing)
  expect(log.running.notBeforeMs).toBeGreaterThan(present(before.notBeforeMs, 'a time'))
  follow()
  expect(said.map(({ purpose }) => purpose)).toEqual(['activate', 'handover', 'activate', 'handover'])
})
