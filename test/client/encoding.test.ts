import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../../src/client/base64.ts'
import { createTransactionSigner, createUnsignedKey } from '../../src/client/signer.ts'
import { transactionToJson, transactionToLine } from '../../src/client/transaction-json.ts'
import { parseTransaction } from '../../src/interfaces/http/json.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { transactionSigningBytes } from '../../src/wire/transaction.ts'

const NETWORK = new Uint8Array(32).fill(7)

test('base64 agrees with the runtime and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
      const text = Buffer.from(bytes).toString('base64')
      expect(toBase64(bytes)).toBe(text)
      expect(fromBase64(text)).toEqual(bytes)
    }),
  )
})

test.each(['a', 'ab', 'abc', 'a===', '====', '=abc', 'ab=c', 'a b=', 'abc-', 'abcé', 'abc\u0141'])(
  '"%s" is no base64',
  text => {
    expect(fromBase64(text)).toBeUndefined()
  },
)

test('a signature is Ed25519 over the signing bytes of the network', () => {
  const seed = new Uint8Array(32).fill(3)
  const signed = createTransactionSigner(seed, NETWORK).sign(utf8('a=b'), { timestampMs: 5, nonce: 6 })
  expect(signed.client).toEqual(ed25519.getPublicKey(seed))
  expect(ed25519.verify(signed.signature, transactionSigningBytes(NETWORK, signed), signed.client)).toBe(true)
  const elsewhere = transactionSigningBytes(new Uint8Array(32), signed)
  expect(ed25519.verify(signed.signature, elsewhere, signed.client)).toBe(false)
})

test('one operation signed twice is two transactions', () => {
  const signer = createTransactionSigner(createUnsignedKey(new Uint8Array(32)), NETWORK)
  const [first, second] = [signer.sign(utf8('a=b')), signer.sign(utf8('a=b'))]
  expect(first.nonce).not.toBe(second.nonce)
  expect(Number.isSafeInteger(second.nonce)).toBe(true)
})

test('what the client writes, the server reads', () => {
  const arbitrary = fc.record({
    client: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    timestampMs: fc.maxSafeNat(),
    nonce: fc.maxSafeNat(),
    operation: fc.uint8Array({ maxLength: 300 }),
    signature: fc.constantFrom(new Uint8Array(0), new Uint8Array(64).fill(200)),
  })
  fc.assert(
    fc.property(arbitrary, transaction => {
      const line = transactionToLine(transaction)
      expect(JSON.parse(line)).toEqual(transactionToJson(transaction))
      expect(parseTransaction(line)).toEqual(transaction)
    }),
  )
})
