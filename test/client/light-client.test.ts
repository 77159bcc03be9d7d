import { beforeAll, describe, expect, it } from 'vitest'
import { fromBase64, toBase64 } from '../../src/client/base64.ts'
import { LightClient } from '../../src/client/light-client.ts'
import { LightClientError, type LightClientErrorCode } from '../../src/client/light-client-error.ts'
import { certificateToJson } from '../../src/client/proof-json.ts'
import type { ReceiptProofJson, StateProofJson } from '../../src/client/proof-types.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { concatBytes, fromHex, toHex, u64, utf8 } from '../../src/lib/bytes.ts'
import { digest, replicaId } from '../../src/pbft/types.ts'
import { keyIdOf } from '../../src/wire/statement.ts'
import { NOW_MS } from '../wire/fixtures.ts'
import { CertifiedNetwork } from './certified-network.ts'

const network = new CertifiedNetwork('a light client')
const other = new CertifiedNetwork('another network')
const ids: string[][] = []

beforeAll(() => {
  for (const [i, colour] of ['red', 'green', 'blue', 'white', 'black'].entries())
    ids.push([...network.execute({ colour, [`count-${i}`]: String(i), same: 'same' })])
  other.execute({ colour: 'red' })
})

const clientOf = (of = network) =>
  new LightClient({ anchor: { networkId: of.networkId, publicKey: of.publicKey }, application: 'key-value' })
const memberClientOf = (of = network) => new LightClient({ anchor: { genesis: of.genesis } })

function failure(call: () => unknown): LightClientError {
  try {
    call()
  } catch (error) {
    if (error instanceof LightClientError) return error
    throw error
  }
  throw new Error('it was believed')
}
const code = (call: () => unknown): LightClientErrorCode => failure(call).code

/** The same with the last digit changed. */
const bent = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`
const bentBase64 = (text: string) => {
  const bytes = fromBase64(text) ?? new Uint8Array()
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
  return toBase64(bytes)
}
const idOf = (sequence: number, position: number) => ids[sequence - 1]?.[position] ?? ''

describe('what is true', () => {
  it('a certificate, and the randomness that everybody finds in it', () => {
    const client = clientOf()
    const verified = client.verifyCertificate(network.certificateJson(3))
    const signature = fromHex(network.certificateJson(3).signature)
    expect(verified).toMatchObject({
      by: 'key',
      sequence: 3,
      logTimeMs: NOW_MS + 30,
      keyId: toHex(keyIdOf(network.publicKey)),
      randomness: sha256(signature),
    })
    expect(client.sequence).toBe(3)
    expect(client.networkId).toBe(toHex(network.networkId))
    expect(client.publicKey).toEqual(network.publicKey)
  })

  it.each(['key', 'members'] as const)('a receipt, from wherever the certificate is, by %s', by => {
    const client = by === 'key' ? clientOf() : memberClientOf()
    for (const [sequence, position, certified] of [
      [1, 0, 1],
      [1, 2, 5],
      [2, 1, 4],
      [5, 2, 5],
    ] as const) {
      const id = idOf(sequence, position)
      const verified = client.verifyReceipt(id, network.receiptProof(id, certified, by))
      expect(verified).toMatchObject({ id, sequence, logTimeMs: NOW_MS + 10 * sequence })
      expect(verified.result).toEqual({ code: 0, data: new Uint8Array() })
      expect(verified.certificate).toMatchObject({ by, sequence: certified })
    }
  })

  it.each(['key', 'members'] as const)('a value of the state, and that there is none, by %s', by => {
    const client = by === 'key' ? clientOf() : memberClientOf()
    expect(client.verifyState('colour', network.stateProof('colour', by))).toMatchObject({
      key: 'colour',
      value: utf8('black'),
      certificate: { by, sequence: 5 },
    })
    expect(client.verifyState('flavour', network.stateProof('flavour', by)).value).toBeNull()
  })

  it('hexadecimal digits in capitals', () => {
    const id = idOf(2, 0)
    const proof = network.receiptProof(id, 3)
    const loud = { ...proof, receipt: { ...proof.receipt, id: id.toUpperCase() } }
    expect(clientOf().verifyReceipt(id.toUpperCase(), loud).id).toBe(id)
  })
})

describe('a lie about a receipt', () => {
  const lies: Readonly<Record<string, (proof: ReceiptProofJson) => unknown>> = {
    'its result': proof => ({ ...proof, receipt: { ...proof.receipt, code: 1 } }),
    'its answer': proof => ({ ...proof, receipt: { ...proof.receipt, data: toBase64(utf8('yes')) } }),
    'its sequence': proof => ({ ...proof, receipt: { ...proof.receipt, sequence: 3 } }),
    'its position': proof => ({ ...proof, receipt: { ...proof.receipt, position: 0 } }),
    'its position, beyond all': proof => ({ ...proof, receipt: { ...proof.receipt, position: 9 } }),
    'its path': proof => ({ ...proof, path: proof.path.map(bent) }),
    'the length of its path': proof => ({ ...proof, path: proof.path.slice(1) }),
    'its time': proof => ({ ...proof, logTimeMs: proof.logTimeMs + 1 }),
    'its proposal': proof => ({ ...proof, proposalDigest: bent(proof.proposalDigest) }),
    'what was before': proof => ({ ...proof, historyBefore: bent(proof.historyBefore) }),
    'a link': proof => ({
      ...proof,
      links: proof.links.map(link => ({ ...link, receiptsRoot: bent(link.receiptsRoot) })),
    }),
    'the number of links': proof => ({ ...proof, links: proof.links.slice(1) }),
    'the certificate, which is of another sequence': proof => ({
      ...proof,
      certificate: network.certificateJson(5),
    }),
  }

  it.each(Object.keys(lies))('about %s', lie => {
    const id = idOf(2, 1)
    const proof = network.receiptProof(id, 4)
    expect(clientOf().verifyReceipt(id, proof).id).toBe(id)
    expect(code(() => clientOf().verifyReceipt(id, lies[lie]?.(proof)))).toBe('NOT_IN_HISTORY')
  })

  it('of a transaction that was not asked for, or was never executed', () => {
    const proof = network.receiptProof(idOf(2, 1), 4)
    expect(code(() => clientOf().verifyReceipt(idOf(2, 0), proof))).toBe('OTHER_SUBJECT')
    const invented = { ...proof, receipt: { ...proof.receipt, id: 'ab'.repeat(32) } }
    expect(code(() => clientOf().verifyReceipt('ab'.repeat(32), invented))).toBe('NOT_IN_HISTORY')
    expect(clientOf().verifyReceipt(null, proof).id).toBe(idOf(2, 1))
  })

  it('with a certificate that says what it should, and that nobody signed', () => {
    const proof = network.receiptProof(idOf(2, 1), 2)
    const certificate = { ...network.certificateJson(2), signature: network.certificateJson(3).signature }
    expect(code(() => clientOf().verifyReceipt(null, { ...proof, certificate }))).toBe('WRONG_SIGNATURE')
  })
})

describe('a lie about the state', () => {
  const lies: Readonly<Record<string, (proof: StateProofJson) => unknown>> = {
    'the value': proof => ({ ...proof, value: toBase64(utf8('pink')) }),
    'that there is none': proof => ({ ...proof, value: null }),
    'the key': proof => ({ ...proof, key: 'colours' }),
    'the proof': proof => ({ ...proof, proof: bentBase64(proof.proof) }),
    'an empty proof': proof => ({ ...proof, proof: '' }),
    'the root': proof => ({ ...proof, applicationRoot: bent(proof.applicationRoot) }),
    'the rest of the state': proof => ({ ...proof, systemRoot: bent(proof.systemRoot) }),
    'when it was': proof => ({ ...proof, certificate: network.certificateJson(4) }),
  }
  it.each(Object.keys(lies))('about %s', lie => {
    const proof = network.stateProof('colour')
    expect(code(() => clientOf().verifyState(null, lies[lie]?.(proof)))).toBe('NOT_IN_STATE')
  })

  it('that there is a value where there is none', () => {
    const proof = { ...network.stateProof('flavour'), value: toBase64(utf8('sweet')) }
    expect(code(() => clientOf().verifyState('flavour', proof))).toBe('NOT_IN_STATE')
  })

  it('about another key than was asked for, or of an application that nobody knows', () => {
    const proof = network.stateProof('colour')
    expect(code(() => clientOf().verifyState('flavour', proof))).toBe('OTHER_SUBJECT')
    const anchor = { networkId: network.networkId, publicKey: network.publicKey }
    expect(code(() => new LightClient({ anchor }).verifyState('colour', proof))).toBe('NO_VERIFIER')
    const strange = new LightClient({ anchor, application: 'chess' })
    expect(code(() => strange.verifyState('colour', proof))).toBe('NO_VERIFIER')
  })
})

describe('a certificate that is none', () => {
  const lies: Readonly<Record<string, object>> = {
    'another history': { historyDigest: 'ab'.repeat(32) },
    'another state': { stateRoot: 'ab'.repeat(32) },
    'other members': { membersHash: 'ab'.repeat(32) },
    'another time': { logTimeMs: NOW_MS },
    'another sequence': { sequence: 2 },
  }
  it.each(Object.keys(lies))('of %s', lie => {
    const json = network.certificateJson(3)
    const forged = { ...json, statement: { ...json.statement, ...lies[lie] } }
    expect(code(() => clientOf().verifyCertificate(forged))).toBe('WRONG_SIGNATURE')
  })

  it('of other shares, or with a signature that is no point, or the one at infinity', () => {
    const json = network.certificateJson(3)
    for (const change of [
      { epoch: 2 },
      { signature: 'ff'.repeat(48) },
      { signature: `c0${'00'.repeat(47)}` },
    ])
      expect(code(() => clientOf().verifyCertificate({ ...json, ...change }))).toBe('WRONG_SIGNATURE')
  })

  it('of another network, whether it says so or not', () => {
    const foreign = other.certificateJson(1)
    expect(code(() => clientOf().verifyCertificate(foreign))).toBe('FOREIGN_NETWORK')
    const disguised = { ...foreign, networkId: toHex(network.networkId) }
    expect(code(() => clientOf().verifyCertificate(disguised))).toBe('UNKNOWN_KEY')
    const thorough = { ...disguised, keyId: toHex(keyIdOf(network.publicKey)) }
    expect(code(() => clientOf().verifyCertificate(thorough))).toBe('WRONG_SIGNATURE')
    const receipt = { ...network.receiptProof(idOf(1, 0), 1), networkId: toHex(other.networkId) }
    expect(code(() => clientOf().verifyReceipt(null, receipt))).toBe('FOREIGN_NETWORK')
    const state = { ...network.stateProof('colour'), networkId: toHex(other.networkId) }
    expect(code(() => clientOf().verifyState(null, state))).toBe('FOREIGN_NETWORK')
  })

  it('signed by the key for another purpose, whether it says so or not', () => {
    const { statement, keyId, epoch, ...rest } = network.certificateJson(3)
    const layout = (purpose: number) =>
      concatBytes(
        utf8('QUORATE/tsig/v1'),
        Uint8Array.of(purpose),
        network.networkId,
        fromHex(keyId),
        u64(epoch),
        u64(statement.sequence),
        fromHex(statement.historyDigest),
        fromHex(statement.stateRoot),
        fromHex(statement.membersHash),
        u64(statement.logTimeMs),
      )
    const signedFor = (purpose: number) => toHex(network.sign(sha256(layout(purpose))))
    expect(signedFor(2)).toBe(rest.signature)
    const forged = { ...rest, keyId, epoch, statement, signature: signedFor(1) }
    expect(code(() => clientOf().verifyCertificate(forged))).toBe('WRONG_SIGNATURE')
    expect(code(() => clientOf().verifyCertificate({ ...forged, purpose: 'commit' }))).toBe('WRONG_PURPOSE')
    expect(clientOf().verifyCertificate({ ...network.certificateJson(3), purpose: undefined }).sequence).toBe(
      3,
    )
  })
})

describe('members that sign each for itself', () => {
  const of = (members: readonly number[]) => {
    const { statement } = network.certificate(3, 'members')
    return network.certifyByMembers(statement, members)
  }
  const json = (certificate: ReturnType<typeof of>) => certificateToJson(network.networkId, certificate)
  const refused = (certificate: ReturnType<typeof of>, client = memberClientOf()) =>
    code(() => client.verifyCertificate(json(certificate)))

  it('are enough when they are a quorum of the genesis, whichever', () => {
    for (const members of [
      [0, 1, 2],
      [1, 2, 3],
      [0, 1, 2, 3],
      [3, 0, 1],
    ])
      expect(memberClientOf().verifyCertificate(json(of(members)))).toMatchObject({
        by: 'members',
        sequence: 3,
        randomness: null,
        keyId: null,
      })
  })

  it('are too few, or one that signs for two, or strangers', () => {
    expect(refused(of([0, 1]))).toBe('WRONG_MEMBERS')
    expect(refused(of([0, 1, 1]))).toBe('WRONG_MEMBERS')
    const strange = of([0, 1, 2])
    const signatures = strange.signatures.map((one, i) => (i === 0 ? { ...one, replica: replicaId(9) } : one))
    expect(refused({ ...strange, signatures })).toBe('WRONG_MEMBERS')
    expect(refused(of([0, 1, 2]), memberClientOf(other))).toBe('WRONG_MEMBERS')
  })

  it('did not sign this', () => {
    const certificate = of([0, 1, 2])
    const swapped = certificate.signatures.map(one => ({
      ...one,
      signature: certificate.signatures[0]?.signature ?? one.signature,
    }))
    expect(refused({ ...certificate, signatures: swapped })).toBe('WRONG_SIGNATURE')
    const statement = { ...certificate.statement, stateRoot: digest('ab'.repeat(32)) }
    expect(refused({ ...certificate, statement })).toBe('WRONG_SIGNATURE')
  })

  it('are strangers to who has a key only', () => {
    expect(refused(of([0, 1, 2]), clientOf())).toBe('WRONG_MEMBERS')
  })

  it('and a key are both believed by who has both', () => {
    const client = new LightClient({ anchor: { genesis: network.genesis, publicKey: network.publicKey } })
    expect(client.verifyCertificate(json(of([0, 1, 2]))).by).toBe('members')
    expect(client.verifyCertificate(network.certificateJson(3)).by).toBe('key')
  })
})

describe('time', () => {
  const json = () => network.certificateJson(3)
  const atMs = NOW_MS + 30

  it('what is older than asked for is refused, and what is further ahead than that', () => {
    const client = clientOf()
    expect(client.verifyCertificate(json(), { nowMs: atMs + 1_000, maxAgeMs: 1_000 }).sequence).toBe(3)
    expect(code(() => client.verifyCertificate(json(), { nowMs: atMs + 1_001, maxAgeMs: 1_000 }))).toBe(
      'STALE',
    )
    expect(code(() => client.verifyCertificate(json(), { nowMs: atMs - 1_001, maxAgeMs: 1_000 }))).toBe(
      'AHEAD_OF_CLOCK',
    )
    expect(code(() => client.verifyCertificate(json(), { nowMs: Number.NaN, maxAgeMs: 1_000 }))).toBe('STALE')
    expect(
      code(() =>
        client.verifyState('colour', network.stateProof('colour'), { nowMs: atMs * 2, maxAgeMs: 1 }),
      ),
    ).toBe('STALE')
    expect(() => client.verifyCertificate(json(), { maxAgeMs: 1_000 })).toThrow(TypeError)
  })

  it('a monotonic read is not led back, and a wrong certificate leads nobody on', () => {
    const client = clientOf()
    client.verifyCertificate(network.certificateJson(4))
    const forged = { ...network.certificateJson(5), signature: json().signature }
    expect(code(() => client.verifyCertificate(forged))).toBe('WRONG_SIGNATURE')
    expect(client.verifyCertificate(network.certificateJson(4), { monotonic: true }).sequence).toBe(4)
    expect(code(() => client.verifyCertificate(json(), { monotonic: true }))).toBe('ROLLED_BACK')
    expect(client.verifyCertificate(json()).sequence).toBe(3)
    expect(client.sequence).toBe(4)
  })

  it('two statements of one sequence are a contradiction, whoever signed them', () => {
    const client = clientOf()
    client.verifyCertificate(json())
    const { statement } = network.certificate(3)
    const fork = network.certify({ ...statement, stateRoot: digest('ab'.repeat(32)) })
    const forked = certificateToJson(network.networkId, fork)
    expect(code(() => client.verifyCertificate(forked))).toBe('CONTRADICTION')
  })
})

describe('many certificates', () => {
  it('are verified together', () => {
    const client = clientOf()
    const all = [1, 2, 3, 4, 5].map(sequence => network.certificateJson(sequence))
    expect(client.verifyCertificates(all).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
    expect(client.sequence).toBe(5)
    expect(client.verifyCertificates([])).toEqual([])
  })

  it.each([0, 2, 4])('are refused for the wrong one, which is named: %d', wrong => {
    const client = clientOf()
    const all = [1, 2, 3, 4, 5].map(sequence => network.certificateJson(sequence))
    const beside = all[(wrong + 1) % 5]?.signature ?? ''
    const spoilt = all.map((one, i) => (i === wrong ? { ...one, signature: beside } : one))
    expect(failure(() => client.verifyCertificates(spoilt))).toMatchObject({
      code: 'WRONG_SIGNATURE',
      index: wrong,
    })
    expect(client.sequence).toBe(0)
    const foreign = all.map((one, i) => (i === wrong ? other.certificateJson(1) : one))
    expect(failure(() => client.verifyCertificates(foreign))).toMatchObject({
      code: 'FOREIGN_NETWORK',
      index: wrong,
    })
  })

  it('two wrong ones whose errors cancel in a plain sum are found', () => {
    const [a, b] = [network.certificateJson(1), network.certificateJson(2)]
    const swapped = [
      { ...a, signature: b.signature },
      { ...b, signature: a.signature },
    ]
    expect(failure(() => clientOf().verifyCertificates(swapped))).toMatchObject({
      code: 'WRONG_SIGNATURE',
      index: 0,
    })
  })
})
