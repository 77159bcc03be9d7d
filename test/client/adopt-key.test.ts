import { beforeAll, describe, expect, it } from 'vitest'
import createKeyValue from '../../src/application/key-value.ts'
import { fromBase64, toBase64 } from '../../src/client/base64.ts'
import { LightClient } from '../../src/client/light-client.ts'
import { certificateToJson, handoverToJson, keyProofToJson } from '../../src/client/proof-json.ts'
import type { KeyProofJson } from '../../src/client/proof-types.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { publicKeyOf, signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSignatureCombiner } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import type { AnyCertificate } from '../../src/membership/proof.ts'
import type { ReplicatedState } from '../../src/membership/replicated-state.ts'
import { Proofs } from '../../src/node/proofs.ts'
import { type Certificate, replicaId, type Statement } from '../../src/pbft/types.ts'
import {
  checkpointMessage,
  type Handover,
  handoverMessage,
  keyIdOf,
  statementBytes,
  type ThresholdCertificate,
} from '../../src/wire/statement.ts'
import { partialsOf, seededBytes } from '../crypto/threshold/support.ts'
import { KeyLog } from '../membership/key-log.ts'
import {
  createKeyedState,
  executeIn,
  keyedGenesis,
  keyedRules,
  keyedScope,
  roundsOf,
  step,
} from '../membership/keyed-state.ts'
import { MemoryStore, World } from '../runtime/world.ts'
import { identities } from '../wire/fixtures.ts'
import { code } from './refusal.ts'

/** Who has the genesis only learns the network's key from one node that nobody trusts: the members vouch for the state that says so. */
const { networkId } = keyedScope
const log = new KeyLog(keyedRules)
const state = createKeyedState()
let empty: ReturnType<Proofs['key']>
let proof: KeyProofJson

function byMembers(statement: Statement): Certificate {
  const bytes = statementBytes(keyedScope, statement)
  const signatures = keyedScope.memberKeys.slice(0, 3).map((key, i) => {
    const identity = identities.find(({ publicKey }) => toHex(publicKey) === toHex(key))
    return { replica: replicaId(i), signature: present(identity, 'a member').sign(bytes) }
  })
  return { statement, signatures }
}

function byKey(statement: Statement): ThresholdCertificate {
  const { sharing, epoch } = present(log.state.active, 'a key')
  const name = { keyId: keyIdOf(sharing.publicKey), epoch }
  const message = checkpointMessage(networkId, name, statement)
  const shares = [...(log.shares.get(epoch) ?? new Map()).values()]
  const { signature } = createSignatureCombiner(nobleCurve, sharing).combine(
    message,
    partialsOf(shares, [1, 2, 3], message),
    seededBytes('a certificate'),
  )
  return { ...name, statement, signature: present(signature, 'a signature') }
}

/** What a node answers whose last stable checkpoint is the present state. */
function answerOf(of: ReplicatedState): ReturnType<Proofs['key']> {
  const certificate = byMembers(of.statement())
  const source = { latest: () => certificate, covering: () => certificate }
  return new Proofs({
    networkId,
    application: createKeyValue({}),
    state: of,
    store: new MemoryStore(new World()),
    sources: { key: { latest: () => null, covering: () => null }, members: source },
  }).key()
}

function proofOf(of: ReplicatedState, by?: AnyCertificate): KeyProofJson {
  const answer = answerOf(of)
  if ('code' in answer) throw new Error(answer.message)
  return keyProofToJson(networkId, answer.proof, by ?? answer.certificate)
}

beforeAll(() => {
  executeIn(state, [], log.at.logTimeMs)
  log.pass(0)
  empty = answerOf(state)
  for (const round of roundsOf(log, 'fresh')) step(log, [state], round)
  proof = proofOf(state)
})

const clientOf = () => new LightClient({ anchor: { genesis: keyedGenesis } })
const publicKey = () => present(log.state.active, 'a key').sharing.publicKey
const recent = () => ({ nowMs: state.logTimeMs + 1_000, maxAgeMs: 60_000 })

describe('a key that members vouch for', () => {
  it('is believed from then on', () => {
    const client = clientOf()
    const certificate = certificateToJson(networkId, byKey(state.statement()))
    expect(code(() => client.verifyCertificate(certificate))).toBe('UNKNOWN_KEY')
    expect(client.adoptKey(proof)).toMatchObject({
      publicKey: publicKey(),
      epoch: 1,
      activatedSequence: state.keys.active?.activatedSequence,
      activatedMs: state.keys.active?.activatedMs,
      certificate: { by: 'members', sequence: state.sequence },
    })
    expect(client.publicKey).toEqual(publicKey())
    expect(client.verifyCertificate(certificate).by).toBe('key')
    expect(client.adoptKey(proof).publicKey).toEqual(publicKey())
  })

  it('ends what was believed before, where that does not lead to it', () => {
    const stranger = new KeyLog({ ...keyedRules, networkId: new Uint8Array(32) })
    stranger.random(1)
    const other = createKeyedState()
    for (const round of roundsOf(stranger, 'fresh')) step(stranger, [other], round)
    const former = present(stranger.state.active, 'a key').sharing.publicKey
    expect(former).not.toEqual(publicKey())
    const client = new LightClient({ anchor: { genesis: keyedGenesis, publicKey: former } })
    client.adoptKey(proof, recent())
    expect(client.publicKey).toEqual(publicKey())
    const late = { ...state.statement(), logTimeMs: (state.keys.active?.activatedMs ?? 0) + 1 }
    const certificate = { ...byKey(late), keyId: keyIdOf(former) }
    expect(code(() => client.verifyCertificate(certificateToJson(networkId, certificate)))).toBe(
      'OUT_OF_WINDOW',
    )
  })

  it('is the same after its shares were dealt again', () => {
    const client = clientOf()
    const later = createKeyedState()
    const again = new KeyLog(keyedRules)
    for (const kind of ['fresh', 'refresh'] as const)
      for (const round of roundsOf(again, kind)) step(again, [later], round)
    expect(client.adoptKey(proofOf(later))).toMatchObject({
      epoch: 2,
      publicKey: again.state.active?.sharing.publicKey,
    })
  })
})

describe('a key that is none', () => {
  it('is not shown before there is one', () => {
    expect(empty).toMatchObject({ code: 'NO_SHARED_KEY' })
  })

  const bent = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`
  const lies: Readonly<Record<string, (true_: KeyProofJson) => unknown>> = {
    'another key': proof => {
      const part = fromBase64(proof.part) ?? new Uint8Array()
      part.set(new Uint8Array(96).fill(7), 40)
      return { ...proof, part: toBase64(part) }
    },
    'no key': proof => ({ ...proof, part: toBase64(new Uint8Array(200)) }),
    'too little': proof => ({ ...proof, part: '' }),
    'more parts': proof => ({ ...proof, otherHashes: ['ab'.repeat(32)] }),
    'another window': proof => ({ ...proof, floorMs: proof.floorMs + 1 }),
    'another first sequence': proof => ({ ...proof, firstSequence: proof.firstSequence + 1 }),
    'another application': proof => ({ ...proof, applicationRoot: bent(proof.applicationRoot) }),
  }
  it.each(Object.keys(lies))('in a proof with %s', lie => {
    const client = clientOf()
    expect(code(() => client.adoptKey(lies[lie]?.(proof)))).toBe('NOT_IN_STATE')
    expect(client.publicKey).toBeNull()
  })

  it('by the word of a key, of too few members, or to who does not know the members', () => {
    const { statement } = byMembers(state.statement())
    expect(code(() => clientOf().adoptKey(proofOf(state, byKey(statement))))).toBe('WRONG_MEMBERS')
    const two = { statement, signatures: byMembers(statement).signatures.slice(1) }
    expect(code(() => clientOf().adoptKey(proofOf(state, two)))).toBe('WRONG_MEMBERS')
    const keyed = new LightClient({ anchor: { networkId, publicKey: publicKey() } })
    expect(code(() => keyed.adoptKey(proof))).toBe('WRONG_MEMBERS')
  })

  it('from before what the client has seen', () => {
    const client = clientOf()
    client.verifyCertificate(
      certificateToJson(networkId, byMembers({ ...state.statement(), sequence: 1_000 as never })),
    )
    expect(code(() => client.adoptKey(proof))).toBe('ROLLED_BACK')
  })
})

/** The members revoked it because somebody else has it. The client had it pinned, and learns the next one from the members. */
describe('a key that is over by the word of the members, in the hands of a thief', () => {
  const keyOf = (secret: number) => ({
    bytes: new Uint8Array(32).fill(secret, 31),
    publicKey: publicKeyOf(BigInt(secret)),
  })
  const [revoked, thiefs] = [keyOf(11), keyOf(12)]
  const activatedMs = () => state.keys.active?.activatedMs ?? 0
  const pinned = () => new LightClient({ anchor: { genesis: keyedGenesis, publicKey: revoked.publicKey } })

  function handover(
    to: { readonly publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array },
    at: number,
  ) {
    const fields = {
      oldKeyId: keyIdOf(revoked.publicKey),
      newKey: to.publicKey,
      newKeyId: keyIdOf(to.publicKey),
      epoch: 2,
      notBeforeMs: at,
      oldNotAfterMs: 2 ** 52,
    }
    const message = handoverMessage(networkId, fields)
    const signatures = { oldSignature: signMessage(revoked.bytes, message), newSignature: to.sign(message) }
    return handoverToJson(networkId, { ...fields, ...signatures } satisfies Handover)
  }

  const toThief = (at = 0) => handover({ ...thiefs, sign: message => signMessage(thiefs.bytes, message) }, at)

  function forged(by: ReturnType<typeof keyOf>, changes: Partial<Statement>) {
    const name = { keyId: keyIdOf(by.publicKey), epoch: 1 }
    const statement = { ...state.statement(), ...changes }
    const signature = signMessage(by.bytes, checkpointMessage(networkId, name, statement))
    return certificateToJson(networkId, { ...name, statement, signature })
  }

  it('hands over to nobody', () => {
    const client = pinned()
    client.adoptKey(proof, recent())
    expect(code(() => client.followHandover(toThief()))).toBe('OUT_OF_WINDOW')
    expect(client.publicKey).toEqual(publicKey())
    expect(code(() => client.verifyCertificate(forged(thiefs, {})))).toBe('UNKNOWN_KEY')
    const later = forged(revoked, { logTimeMs: activatedMs() + 1 })
    expect(code(() => client.verifyCertificate(later))).toBe('OUT_OF_WINDOW')
  })

  it('and to whom it handed over before is over with it', () => {
    const client = pinned()
    client.followHandover(toThief())
    expect(client.publicKey).toEqual(thiefs.publicKey)
    client.adoptKey(proof, recent())
    for (const by of [revoked, thiefs]) {
      const later = forged(by, { logTimeMs: activatedMs() + 1 })
      expect(code(() => client.verifyCertificate(later))).toBe('OUT_OF_WINDOW')
    }
  })

  it('may have handed over to the key that the members name: that is no contradiction', () => {
    const client = pinned()
    client.adoptKey(proof, recent())
    const { sharing, epoch } = present(log.state.active, 'a key')
    const shares = [...(log.shares.get(epoch) ?? new Map()).values()]
    const sign = (message: Uint8Array) => {
      const partials = partialsOf(shares, [1, 2, 3], message)
      const random = seededBytes('a hand-over')
      return present(
        createSignatureCombiner(nobleCurve, sharing).combine(message, partials, random).signature,
        'a signature',
      )
    }
    const json = handover({ publicKey: publicKey(), sign }, 0)
    client.followHandover(json)
    client.followHandover(json)
    expect(client.publicKey).toEqual(publicKey())
    const later = forged(revoked, { logTimeMs: activatedMs() + 1 })
    expect(code(() => client.verifyCertificate(later))).toBe('OUT_OF_WINDOW')
  })

  it('says no more than what is before the sequence that the members vouched for', () => {
    const client = pinned()
    client.adoptKey(proof, recent())
    const beyond = forged(revoked, { sequence: 1_000_000 as never, logTimeMs: activatedMs() - 1 })
    expect(code(() => client.verifyCertificate(beyond, { monotonic: true }))).toBe('CONTRADICTION')
    expect(client.sequence).toBe(state.sequence)
    const before = forged(revoked, { sequence: 1 as never, logTimeMs: activatedMs() - 1 })
    expect(code(() => client.verifyCertificate(before, { monotonic: true }))).toBe('ROLLED_BACK')
    const late = forged(revoked, { sequence: 1 as never, logTimeMs: state.logTimeMs + 1 })
    expect(code(() => client.verifyCertificate(late))).toBe('OUT_OF_WINDOW')
  })

  it('does not come back by a proof from its time, in place of one from the anchor', () => {
    const client = new LightClient({ anchor: { genesis: keyedGenesis, publicKey: thiefs.publicKey } })
    const later = { nowMs: state.logTimeMs + 60_001, maxAgeMs: 60_000 }
    for (const demands of [{}, later]) expect(code(() => client.adoptKey(proof, demands))).toBe('STALE')
    client.verifyCertificate(
      certificateToJson(networkId, byMembers({ ...state.statement(), sequence: 1 as never })),
    )
    expect(code(() => client.adoptKey(proof))).toBe('STALE')
    expect(client.publicKey).toEqual(thiefs.publicKey)
    client.verifyCertificate(forged(thiefs, { sequence: 1_000_000 as never }))
    for (const demands of [{}, recent()])
      expect(code(() => client.adoptKey(proof, demands))).toBe('ROLLED_BACK')
    expect(client.publicKey).toEqual(thiefs.publicKey)
  })

  it('gives way to a later one without an age, where it is known until when it counted', () => {
    for (const learn of [
      (client: LightClient) =>
        client.verifyCertificate(forged(revoked, { sequence: 1 as never, logTimeMs: 0 })),
      (client: LightClient) =>
        client.verifyCertificates([forged(revoked, { sequence: 1 as never, logTimeMs: 0 })]),
    ]) {
      const client = pinned()
      learn(client)
      client.adoptKey(proof)
      expect(client.publicKey).toEqual(publicKey())
    }
  })
})
