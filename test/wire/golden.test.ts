import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/crypto/hash.ts'
import { fromHex, toHex, utf8 } from '../../src/lib/bytes.ts'
import {
  DEFAULT_PROTOCOL,
  type Genesis,
  membersHashOf,
  networkIdOf,
  orderedMembers,
} from '../../src/membership/genesis.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { createBatch, identify } from '../../src/wire/batch.ts'
import {
  decodeThresholdCertificate,
  encodeThresholdCertificate,
  proposalDigest,
} from '../../src/wire/convert.ts'
import { envelopeSigningBytes } from '../../src/wire/envelope.ts'
import { WireThresholdCertificate } from '../../src/wire/pb/messages.ts'
import {
  checkpointMessage,
  type HandoverFields,
  handoverMessage,
  keyIdOf,
  statementBytes,
  type ThresholdCertificate,
} from '../../src/wire/statement.ts'
import { transactionId, transactionSigningBytes } from '../../src/wire/transaction.ts'
import { envelopeOf, identities, identityOf, scope } from './fixtures.ts'
import { allDrafts, prePrepareDraft, sampleStatement } from './samples.ts'

/**
 * Bytes that are signed, hashed or sent, as they were when they were first committed. Another implementation can be checked against
 * them; and a change here means that old signatures, disks or members no longer fit. `UPDATE_GOLDEN=1` writes them anew.
 */
const file = new URL('./golden.json', import.meta.url)

const transaction = {
  client: identityOf(3).publicKey,
  timestampMs: 1_700_000_000_123,
  nonce: 2 ** 40,
  operation: utf8('operation'),
  signature: new Uint8Array(64).fill(9),
}

const systemTransaction = { ...transaction, kind: 'system' } as const

const certificate: ThresholdCertificate = {
  keyId: keyIdOf(new Uint8Array(96).fill(5)),
  epoch: 3,
  statement: sampleStatement,
  signature: new Uint8Array(48).fill(6),
}

const handover: HandoverFields = {
  oldKeyId: new Uint8Array(32).fill(1),
  newKey: new Uint8Array(96).fill(2),
  epoch: 3,
  notBeforeMs: 4,
  oldNotAfterMs: 5,
}

const genesis: Genesis = {
  format: 'quorate-genesis/1',
  name: 'golden',
  createdMs: 1_700_000_000_000,
  members: identities.map(({ publicKey }, i) => ({ name: `m${i}`, publicKey: toHex(publicKey) })),
  application: { module: 'key-value', options: { signatures: 'required' } },
  protocol: DEFAULT_PROTOCOL,
}

/** Written out: a default may become another one, the bytes of what is written may not. */
const threshold = { transitionMs: 86_400_000, refreshMs: 2_592_000_000, deadlineMs: 20_000, graceMs: 60_000 }

const batch = createBatch(scope, replicaId(2), [identify(scope, transaction)], bytes =>
  identityOf(2).sign(bytes),
)

/** The bytes of one envelope for each kind of message. */
function envelopes(): Record<string, string> {
  const entries = Object.entries(allDrafts()).map(([type, draft], i) => {
    const bytes = envelopeOf(type === 'checkpoint' ? 1 : 0, [draft], { number: 100 + i })
    return [`envelope of ${type}`, toHex(bytes)] as const
  })
  return Object.fromEntries(entries)
}

const current: Record<string, string> = {
  'transaction: signed bytes': toHex(transactionSigningBytes(scope.networkId, transaction)),
  'transaction: id': transactionId(scope.networkId, transaction),
  'system transaction: signed bytes': toHex(transactionSigningBytes(scope.networkId, systemTransaction)),
  'system transaction: id': transactionId(scope.networkId, systemTransaction),
  'shared key: id': toHex(certificate.keyId),
  'shared key: what it signs of a statement': toHex(
    checkpointMessage(scope.networkId, certificate, sampleStatement),
  ),
  'shared key: what it signs of another key': toHex(handoverMessage(scope.networkId, handover)),
  'shared key: certificate': toHex(WireThresholdCertificate.encode(encodeThresholdCertificate(certificate))),
  'statement: signed bytes': toHex(statementBytes(scope, sampleStatement)),
  'envelope: signed bytes of an empty body': toHex(envelopeSigningBytes(scope, new Uint8Array(0))),
  'batch: signed bytes': toHex(batch.signedBytes),
  'batch: digest': batch.digest,
  'batch: bytes': toHex(batch.bytes),
  'proposal: digest': proposalDigest(scope, prePrepareDraft),
  'proposal: digest of the null request': proposalDigest(scope, {
    sequence: prePrepareDraft.sequence,
    batchDigests: [],
    logTimeMs: 0,
    certify: false,
  }),
  'members: hash': toHex(membersHashOf(scope.memberKeys.map(key => ({ key })))),
  'genesis: network id': toHex(networkIdOf(genesis)),
  'genesis with keys: network id': toHex(networkIdOf({ ...genesis, threshold })),
  'genesis: order of members': orderedMembers(genesis)
    .map(({ name }) => name)
    .join(' '),
  ...envelopes(),
}

if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, `${JSON.stringify(current, null, 2)}\n`)
const golden = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>

describe('golden bytes', () => {
  it('there is one for everything that is compared, and nothing else', () => {
    expect(Object.keys(golden)).toEqual(Object.keys(current))
  })

  it.each(Object.keys(current))('%s', name => {
    expect(current[name]).toBe(golden[name])
  })
})

/** Written down by hand from the layouts in the doc comments, so that not only the same code is compared with itself. */
describe('layouts', () => {
  const id = '07'.repeat(32)
  const ascii = (text: string) => toHex(utf8(text))

  it('a transaction', () => {
    const client = toHex(transaction.client)
    const fields = `${client}0000018bcfe5687b0000010000000000${ascii('operation')}`
    expect(current['transaction: signed bytes']).toBe(`${ascii('QUORATE/tx/v1')}${id}${fields}`)
  })

  it('a statement', () => {
    const numbers = `${'0'.repeat(16)}000000000000012c`
    const hashes = `${'11'.repeat(32)}${'22'.repeat(32)}${'33'.repeat(32)}`
    const expected = `${ascii('QUORATE/tsig/v1')}02${id}${'00'.repeat(32)}${numbers}${hashes}0000018bcfe56800`
    expect(current['statement: signed bytes']).toBe(expected)
  })

  it('a system transaction: the same under a tag of its own', () => {
    const [ordinary, system] = ['transaction', 'system transaction'].map(
      name => current[`${name}: signed bytes`] ?? '',
    )
    expect(system).toBe(ordinary?.replace(ascii('QUORATE/tx/v1'), ascii('QUORATE/system-tx/v1')))
  })

  it('what a shared key signs of a statement', () => {
    const key = `${toHex(sha256(new Uint8Array(96).fill(5)))}0000000000000003`
    const hashes = `${'11'.repeat(32)}${'22'.repeat(32)}${'33'.repeat(32)}`
    const layout = `${ascii('QUORATE/tsig/v1')}02${id}${key}000000000000012c${hashes}0000018bcfe56800`
    expect(current['shared key: what it signs of a statement']).toBe(toHex(sha256(fromHex(layout))))
  })

  it('what a shared key signs of another key', () => {
    const numbers = ['3', '4', '5'].map(digit => digit.padStart(16, '0')).join('')
    const layout = `${ascii('QUORATE/tsig/v1')}04${id}${'01'.repeat(32)}${'02'.repeat(96)}${numbers}`
    expect(current['shared key: what it signs of another key']).toBe(toHex(sha256(fromHex(layout))))
  })

  it('an envelope', () => {
    expect(current['envelope: signed bytes of an empty body']).toBe(`${ascii('QUORATE/envelope/v1')}${id}`)
  })

  it('every signed layout has a tag of its own, none the beginning of another', () => {
    const signed = [
      'transaction: signed bytes',
      'system transaction: signed bytes',
      'statement: signed bytes',
      'envelope: signed bytes of an empty body',
      'batch: signed bytes',
    ].map(name => current[name] ?? '')
    const tags = signed.map(bytes => /^51554f524154452f(?:[2-7].)*?2f7631/.exec(bytes)?.[0] ?? '')
    expect(tags.every(tag => tag.length > 0)).toBe(true)
    for (const tag of tags) expect(signed.filter(bytes => bytes.startsWith(tag))).toHaveLength(1)
  })
})

describe('a certificate by a shared key', () => {
  const wire = encodeThresholdCertificate(certificate)
  const bytes = WireThresholdCertificate.encode(wire)

  it('is read as it was written', () => {
    expect(decodeThresholdCertificate(WireThresholdCertificate.decode(bytes))).toEqual(certificate)
  })

  it.each([
    ['no statement', { statement: undefined }],
    ['a short key id', { keyId: new Uint8Array(31) }],
    ['a long signature', { signature: new Uint8Array(49) }],
    ['epoch 0', { epoch: 0 }],
    ['half an epoch', { epoch: 0.5 }],
  ])('with %s is none', (_, fields) => {
    expect(decodeThresholdCertificate({ ...wire, ...fields })).toBeNull()
  })
})
