import { beforeAll, describe, expect, it } from 'vitest'
import { LightClient } from '../../src/client/light-client.ts'
import { certificateToJson } from '../../src/client/proof-json.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { type Handover, handoverMessage, keyIdOf } from '../../src/wire/statement.ts'
import { CertifiedNetwork } from './certified-network.ts'
import { code } from './refusal.ts'

/** Sequences 1 and 2 by the first key, 3 and 4 by the second, 5 by the third. */
const network = new CertifiedNetwork('a network that changes its key')
const keys: Uint8Array[] = []
const handovers: Handover[] = []

beforeAll(() => {
  for (const sequences of [2, 2, 1]) {
    keys.push(network.publicKey)
    for (let i = 0; i < sequences; i++) network.execute({ key: `${keys.length} ${i}` })
    if (keys.length < 3) handovers.push(network.rotate())
  }
})

const clientOf = (key = 0) =>
  new LightClient({
    anchor: { networkId: network.networkId, publicKey: keys[key] ?? new Uint8Array() },
    application: 'key-value',
  })
const handover = (i: number, changes: Partial<Handover> = {}) =>
  network.handoverJson({ ...(handovers[i] as Handover), ...changes })

describe('a client follows its network to new keys', () => {
  it('from the pinned one to the last, each believed for its time', () => {
    const client = clientOf()
    expect(client.verifyCertificate(network.certificateJson(2)).sequence).toBe(2)
    expect(code(() => client.verifyCertificate(network.certificateJson(3)))).toBe('UNKNOWN_KEY')
    client.followHandover(handover(0))
    expect(client.verifyCertificate(network.certificateJson(3)).keyId).toBe(
      toHex(keyIdOf(keys[1] ?? new Uint8Array())),
    )
    client.followHandover(handover(1))
    expect(client.publicKey).toEqual(keys[2])
    expect(client.verifyCertificates([1, 2, 3, 4, 5].map(n => network.certificateJson(n)))).toHaveLength(5)
    expect(client.verifyState('key', network.stateProof('key')).certificate.sequence).toBe(5)
  })

  it('may be shown the same hand-over again', () => {
    const client = clientOf()
    client.followHandover(handover(0))
    client.followHandover(handover(1))
    client.followHandover(handover(0))
    expect(client.publicKey).toEqual(keys[2])
  })

  it('does not believe the old key after its time, nor the new one before', () => {
    const client = clientOf()
    client.followHandover(handover(0))
    const { notBeforeMs, oldNotAfterMs } = handovers[0] as Handover
    const at = (key: number, logTimeMs: number) => {
      const { statement } = network.certificate(2)
      const json = certificateToJson(network.networkId, {
        ...network.certificate(key === 0 ? 2 : 3),
        statement: { ...statement, logTimeMs },
      })
      return code(() => client.verifyCertificate(json))
    }
    // Within its time a key is asked whether it signed this, and it did not.
    expect(at(0, oldNotAfterMs)).toBe('WRONG_SIGNATURE')
    expect(at(0, oldNotAfterMs + 1)).toBe('OUT_OF_WINDOW')
    expect(at(1, notBeforeMs)).toBe('WRONG_SIGNATURE')
    expect(at(1, notBeforeMs - 1)).toBe('OUT_OF_WINDOW')
  })
})

describe('a hand-over that is none', () => {
  it('of a key that the client does not know', () => {
    expect(code(() => clientOf().followHandover(handover(1)))).toBe('UNKNOWN_KEY')
  })

  it('of another network', () => {
    const json = { ...handover(0), networkId: 'ab'.repeat(32) }
    expect(code(() => clientOf().followHandover(json))).toBe('FOREIGN_NETWORK')
  })

  it.each<[string, Partial<Handover>]>([
    ['another time of the new key', { notBeforeMs: 0 }],
    ['another time of the old key', { oldNotAfterMs: 2 ** 50 }],
    ['other shares', { epoch: 7 }],
  ])('with %s than was signed', (_, changes) => {
    expect(code(() => clientOf().followHandover(handover(0, changes)))).toBe('WRONG_SIGNATURE')
  })

  it('to another key, to none, or signed by one of both only', () => {
    const [first, second] = handovers as [Handover, Handover]
    const newKey = keys[2] ?? new Uint8Array()
    expect(code(() => clientOf().followHandover(handover(0, { newKey })))).toBe('WRONG_SIGNATURE')
    expect(code(() => clientOf().followHandover(handover(0, { newSignature: first.oldSignature })))).toBe(
      'WRONG_SIGNATURE',
    )
    expect(code(() => clientOf().followHandover(handover(0, { oldSignature: first.newSignature })))).toBe(
      'WRONG_SIGNATURE',
    )
    expect(code(() => clientOf().followHandover(handover(0, { newSignature: second.newSignature })))).toBe(
      'WRONG_SIGNATURE',
    )
  })

  it('of a key that ends before the next one counts', () => {
    const changes = { oldNotAfterMs: (handovers[0]?.notBeforeMs ?? 0) - 1 }
    expect(code(() => clientOf().followHandover(handover(0, changes)))).toBe('OUT_OF_WINDOW')
  })

  it('of a key that hands over in two ways: both are kept to the first', () => {
    const fork = new CertifiedNetwork('a network that changes its key')
    fork.execute({ key: '1 0' })
    expect(fork.publicKey).toEqual(keys[0])
    const otherWay = fork.rotate(1)
    expect(otherWay.newKey).not.toEqual(keys[1])
    const client = clientOf()
    client.followHandover(handover(0))
    expect(code(() => client.followHandover(fork.handoverJson(otherWay)))).toBe('CONTRADICTION')
    expect(client.publicKey).toEqual(keys[1])
    const late = clientOf()
    late.followHandover(fork.handoverJson(otherWay))
    expect(code(() => late.followHandover(handover(0)))).toBe('CONTRADICTION')
  })

  it('is not taken for a certificate, nor a certificate for it', () => {
    const [first] = handovers as [Handover]
    const client = clientOf()
    const json = { ...network.certificateJson(2), signature: toHex(first.oldSignature) }
    expect(code(() => client.verifyCertificate(json))).toBe('WRONG_SIGNATURE')
    const changes = {
      oldSignature: Uint8Array.from(Buffer.from(network.certificateJson(2).signature, 'hex')),
    }
    expect(code(() => client.followHandover(handover(0, changes)))).toBe('WRONG_SIGNATURE')
    expect(handoverMessage(network.networkId, first)).toHaveLength(32)
  })
})
