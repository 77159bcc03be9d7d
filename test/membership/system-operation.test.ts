import { describe, expect, it } from 'vitest'
import { MEMBERS_MAX } from '../../src/crypto/threshold/session.ts'
import { present } from '../../src/lib/assert.ts'
import { concatBytes } from '../../src/lib/bytes.ts'
import {
  decodeSystemOperation,
  encodeSystemOperation,
  type SystemOperation,
  systemOperationBytes,
} from '../../src/membership/system-operation.ts'
import { type SystemCode, systemResult } from '../../src/membership/system-result.ts'
import { quorum } from '../../src/pbft/quorum.ts'
import { SYSTEM_OPERATION_BYTES_MAX } from '../../src/wire/limits.ts'

const bytesOf = (length: number, first: number): Uint8Array => new Uint8Array(length).map((_, i) => first + i)
const many = (count: number, length: number) => Array.from({ length: count }, (_, i) => bytesOf(length, i))

function dealing(threshold: number, members: number): SystemOperation {
  return {
    type: 'deal',
    dealing: {
      sessionId: bytesOf(32, 1),
      commitments: many(threshold, 96),
      constantProof: bytesOf(64, 2),
      ephemeral: bytesOf(32, 3),
      ephemeralProof: bytesOf(64, 4),
      ciphertexts: many(members, 48),
    },
  }
}

const complaint = { dealer: 2, sharedPoint: bytesOf(32, 1), proof: bytesOf(64, 2) }
const confirmation = {
  sessionId: bytesOf(32, 1),
  dealingsHash: bytesOf(32, 2),
  complaints: [complaint, complaint],
}
const sessionId = bytesOf(32, 5)
const certificate = bytesOf(48, 6)

const operations: readonly (readonly [name: string, operation: SystemOperation])[] = [
  ['start fresh', { type: 'start', kind: 'fresh', epoch: 1 }],
  ['start refresh', { type: 'start', kind: 'refresh', epoch: 2 ** 40 }],
  ['start rotate', { type: 'start', kind: 'rotate', epoch: 7 }],
  [
    'register',
    {
      type: 'register',
      registration: { sessionId, encryptionKey: bytesOf(32, 2), proof: bytesOf(64, 3) },
    },
  ],
  ['deal', dealing(3, 4)],
  [
    'confirm with a proof',
    { type: 'confirm', confirmation: { ...confirmation, shareProof: bytesOf(48, 1) } },
  ],
  ['confirm without', { type: 'confirm', confirmation: { ...confirmation, shareProof: null } }],
  ['activate', { type: 'activate', sessionId, certificate, newSignature: null }],
  ['activate, of a rotation', { type: 'activate', sessionId, certificate, newSignature: bytesOf(48, 2) }],
  ['hand-over', { type: 'hand-over', sessionId, oldSignature: bytesOf(48, 1) }],
  ['advance', { type: 'advance' }],
  ['erased', { type: 'erased', epoch: 2 ** 40 }],
  ['revoke', { type: 'revoke', keyId: bytesOf(32, 9) }],
]

describe('system operations', () => {
  it.each(operations)('%s: one encoding, and nothing before it or behind it', (_, operation) => {
    const bytes = encodeSystemOperation(operation)
    expect(decodeSystemOperation(bytes)).toEqual(operation)
    expect(decodeSystemOperation(concatBytes(bytes, new Uint8Array(1)))).toBeNull()
    const shorter = decodeSystemOperation(bytes.subarray(0, -1))
    expect(shorter).toBeNull()
  })

  it('of other types, kinds and epochs there are none', () => {
    expect(decodeSystemOperation(new Uint8Array(0))).toBeNull()
    expect(decodeSystemOperation(new Uint8Array([8]))).toBeNull()
    expect(decodeSystemOperation(new Uint8Array([255]))).toBeNull()
    expect(decodeSystemOperation(new Uint8Array([0, 3]))).toBeNull()
    const erased = encodeSystemOperation({ type: 'erased', epoch: 1 })
    expect(decodeSystemOperation(erased.with(8, 0))).toBeNull()
    expect(decodeSystemOperation(erased.with(1, 255))).toBeNull()
  })

  it('what is decoded does not lie in the bytes that it came from', () => {
    const bytes = encodeSystemOperation({ type: 'revoke', keyId: bytesOf(32, 9) })
    const operation = present(decodeSystemOperation(bytes), 'an operation')
    bytes.fill(0)
    expect(operation).toEqual({ type: 'revoke', keyId: bytesOf(32, 9) })
  })

  it.each([1, 4, 7, 31, MEMBERS_MAX])(
    'of %i members the largest is a dealing, and fits into its bound',
    n => {
      const largest = encodeSystemOperation(dealing(quorum(n), n)).length
      expect(systemOperationBytes(n)).toBe(largest)
      expect(largest).toBeLessThan(SYSTEM_OPERATION_BYTES_MAX)
      const complaints = Array.from({ length: n }, () => complaint)
      const accusing = { ...confirmation, complaints, shareProof: bytesOf(48, 1) }
      const others: readonly SystemOperation[] = [
        ...operations
          .map(([, operation]) => operation)
          .filter(({ type }) => type !== 'deal' && type !== 'confirm'),
        { type: 'confirm', confirmation: accusing },
      ]
      for (const other of others) expect(encodeSystemOperation(other).length).toBeLessThan(largest)
    },
  )
})

describe('results', () => {
  it('have a code and a word, but for those that are done', () => {
    expect(systemResult('done')).toEqual({ code: 0, data: new Uint8Array(0) })
    const codes: readonly SystemCode[] = ['malformed', 'no-ceremony', 'late', 'wrong-certificate']
    expect(codes.map(code => systemResult(code).code)).toEqual([1, 3, 32, 51])
  })
})
