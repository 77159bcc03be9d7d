import { hkdfSync } from 'node:crypto'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { describe, expect, it } from 'vitest'
import { decryptShare, encryptShare } from '../../../src/crypto/threshold/encryption.ts'
import { RISTRETTO_BASE } from '../../../src/crypto/threshold/ristretto.ts'
import { encodeScalar, Fr } from '../../../src/crypto/threshold/scalar.ts'
import { createSession, memberContext, pairContext } from '../../../src/crypto/threshold/session.ts'
import { concatBytes, toHex, utf8 } from '../../../src/lib/bytes.ts'
import { termsOf } from './stage.ts'

const session = createSession(termsOf())
const other = createSession(termsOf({ attempt: 1 }))
const [e, r] = [1234n, 5678n]
const channel = {
  sharedPoint: RISTRETTO_BASE.multiply(e * r),
  ephemeral: RISTRETTO_BASE.multiply(r),
  encryptionKey: RISTRETTO_BASE.multiply(e),
  context: pairContext(session, 1, 2),
}

describe('a share on its way', () => {
  it('is encrypted as the README says, computed here once more', () => {
    const { sharedPoint, ephemeral, encryptionKey, context } = channel
    const material = concatBytes(sharedPoint.toBytes(), ephemeral.toBytes(), encryptionKey.toBytes())
    const info = concatBytes(utf8('QUORATE/dkg-share/v1'), context)
    const key = new Uint8Array(hkdfSync('sha256', material, new Uint8Array(0), info, 32))
    const expected = xchacha20poly1305(key, new Uint8Array(24), context).encrypt(encodeScalar(99n))
    expect(toHex(encryptShare(channel, 99n))).toBe(toHex(expected))
    expect(expected).toHaveLength(48)
  })

  it('is read by who knows the shared point, unchanged, and for its own session, dealer and receiver', () => {
    for (const share of [0n, 1n, Fr.ORDER - 1n])
      expect(decryptShare(channel, encryptShare(channel, share))).toBe(share)
    const ciphertext = encryptShare(channel, 99n)
    for (const at of [0, 31, 32, 47])
      expect(decryptShare(channel, ciphertext.with(at, (ciphertext[at] as number) ^ 1))).toBeNull()
    expect(decryptShare(channel, ciphertext.slice(1))).toBeNull()
    const contexts = [pairContext(other, 1, 2), pairContext(session, 2, 1), pairContext(session, 1, 3)]
    for (const context of contexts) expect(decryptShare({ ...channel, context }, ciphertext)).toBeNull()
    const moved = RISTRETTO_BASE.multiply(7n)
    for (const changed of [{ sharedPoint: moved }, { ephemeral: moved }, { encryptionKey: moved }])
      expect(decryptShare({ ...channel, ...changed }, ciphertext)).toBeNull()
  })

  it('is no share when it is not below the group order', () => {
    const { sharedPoint, ephemeral, encryptionKey, context } = channel
    const material = concatBytes(sharedPoint.toBytes(), ephemeral.toBytes(), encryptionKey.toBytes())
    const info = concatBytes(utf8('QUORATE/dkg-share/v1'), context)
    const key = new Uint8Array(hkdfSync('sha256', material, new Uint8Array(0), info, 32))
    const encrypt = (text: Uint8Array) => xchacha20poly1305(key, new Uint8Array(24), context).encrypt(text)
    expect(decryptShare(channel, encrypt(encodeScalar(Fr.ORDER)))).toBeNull()
    expect(decryptShare(channel, encrypt(new Uint8Array(31)))).toBeNull()
  })
})

describe('what proofs and ciphertexts are bound to', () => {
  it('is one for each session, dealer and receiver', () => {
    const pairs = [pairContext(session, 1, 2), pairContext(session, 2, 1), pairContext(session, 3, 2)]
    const contexts = [...pairs, pairContext(session, 1, 3), pairContext(other, 1, 2)]
    expect(new Set(contexts.map(toHex)).size).toBe(contexts.length)
    const members = [memberContext(session, 1), memberContext(session, 2), memberContext(other, 1)]
    expect(new Set(members.map(toHex)).size).toBe(members.length)
    expect(contexts.map(({ length }) => length)).toEqual(contexts.map(() => 40))
  })
})
