import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeConfirmation,
  decodeDealing,
  decodeRegistration,
  encodeConfirmation,
  encodeDealing,
  encodeRegistration,
} from '../../../src/crypto/threshold/package.ts'
import { complaintOf, confirmationOf, dealt, registered } from './mallory.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const registration = fc.record({ sessionId: bytes(32), encryptionKey: bytes(32), proof: bytes(64) })
const dealing = fc.record({
  sessionId: bytes(32),
  commitments: fc.array(bytes(96), { maxLength: 4 }),
  constantProof: bytes(64),
  ephemeral: bytes(32),
  ephemeralProof: bytes(64),
  ciphertexts: fc.array(bytes(48), { maxLength: 5 }),
})
const confirmation = fc.record({
  sessionId: bytes(32),
  dealingsHash: bytes(32),
  complaints: fc.array(
    fc.record({ dealer: fc.integer({ min: 0, max: 65_535 }), sharedPoint: bytes(32), proof: bytes(64) }),
    { maxLength: 3 },
  ),
  shareProof: fc.option(bytes(48)),
})

describe('packages', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(registration, dealing, confirmation, (r, d, c) => {
        expect(decodeRegistration(encodeRegistration(r))).toEqual(r)
        expect(decodeDealing(encodeDealing(d))).toEqual(d)
        expect(decodeConfirmation(encodeConfirmation(c))).toEqual(c)
      }),
    )
  })

  it('have one encoding each: what decodes at all encodes to the same bytes, and no prefix or longer text decodes', () => {
    fc.assert(
      fc.property(dealing, confirmation, fc.nat(), fc.integer({ min: 1, max: 255 }), (d, c, at, by) => {
        for (const [encoded, again] of [
          [encodeDealing(d), (b: Uint8Array) => encodeAgain(decodeDealing(b), encodeDealing)],
          [encodeConfirmation(c), (b: Uint8Array) => encodeAgain(decodeConfirmation(b), encodeConfirmation)],
        ] as const) {
          expect(again(encoded.slice(0, at % encoded.length))).toBeNull()
          expect(again(new Uint8Array([...encoded, 0]))).toBeNull()
          const changed = encoded.with(
            at % encoded.length,
            ((encoded[at % encoded.length] as number) + by) & 255,
          )
          const reencoded = again(changed)
          if (reencoded !== null) expect(reencoded).toEqual(changed)
        }
      }),
    )
    function encodeAgain<T>(value: T | null, encode: (value: T) => Uint8Array): Uint8Array | null {
      return value === null ? null : encode(value)
    }
  })

  it('announce no more than is there', () => {
    const many = new Uint8Array(196).fill(255)
    expect(decodeDealing(many)).toBeNull()
    expect(decodeConfirmation(many)).toBeNull()
  })

  it('are as long as the README says', () => {
    const stage = dealt('sizes')
    const confirmed = confirmationOf(stage, 1)
    expect(encodeDealing(registered('sizes').deal(1))).toHaveLength(196 + 96 * 3 + 48 * 4)
    expect(encodeConfirmation(confirmed)).toHaveLength(67 + 48)
    const complaints = [complaintOf(stage, 1, 3)]
    expect(encodeConfirmation({ ...confirmed, complaints, shareProof: null })).toHaveLength(67 + 98)
  })
})
