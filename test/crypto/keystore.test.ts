import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentity } from '../../src/crypto/identity.ts'
import {
  type Kdf,
  KeystoreError,
  openKeystore,
  parseKeystore,
  passwordBytes,
  scryptKdf,
  sealKeystore,
} from '../../src/crypto/keystore.ts'
import { fromHex, toHex } from '../../src/lib/bytes.ts'

interface Official {
  readonly password: string
  readonly passwordBytes: string
  readonly secret: string
  readonly vectors: readonly { readonly name: string; readonly keystore: { [field: string]: unknown } }[]
}
const official: Official = JSON.parse(
  readFileSync(new URL('./vectors/erc2335.json', import.meta.url), 'utf8'),
)

function derive(kdf: Kdf, password: string): Uint8Array {
  const bytes = passwordBytes(password)
  if (kdf.function === 'pbkdf2') return pbkdf2Sync(bytes, kdf.salt, kdf.c, 32, 'sha256')
  return scryptSync(bytes, kdf.salt, 32, { N: kdf.n, r: kdf.r, p: kdf.p, maxmem: 2 ** 29 })
}

const blsPublicKey = (secret: Uint8Array) => bls12_381.longSignatures.getPublicKey(secret).toBytes()
const publicKeyOf = (seed: Uint8Array) => createIdentity(seed).publicKey
const seed = new Uint8Array(32).map((_, i) => i)

function seal(password: string): string {
  const kdf = scryptKdf({ n: 16, salt: new Uint8Array(32).fill(5) })
  return sealKeystore({
    secret: seed,
    publicKey: publicKeyOf(seed),
    kdf,
    derivedKey: derive(kdf, password),
    iv: new Uint8Array(16).fill(6),
    uuid: '00000000-0000-4000-8000-000000000000',
    description: 'a test',
  })
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof KeystoreError) return error.code
    throw error
  }
  return 'none'
}

describe('ERC-2335', () => {
  it('normalises the password', () => {
    expect(toHex(passwordBytes(official.password))).toBe(official.passwordBytes)
    expect(passwordBytes('a\u0000b\u001fc\u007fd\u0080e\u009ff\n')).toEqual(passwordBytes('abcdef'))
    expect(passwordBytes('\u212b')).toEqual(passwordBytes('A\u030a'))
  })

  it.each(official.vectors)('opens the official vector $name', ({ keystore }) => {
    const parsed = parseKeystore(JSON.stringify(keystore))
    const key = derive(parsed.kdf, official.password)
    expect(toHex(openKeystore(parsed, key, blsPublicKey))).toBe(official.secret)
    expect(codeOf(() => openKeystore(parsed, key, publicKeyOf))).toBe('KEY_MISMATCH')
  })
})

describe('a keystore of our own', () => {
  it('opens with its password, however that is composed, and with no other', () => {
    const parsed = parseKeystore(seal('p\u00e4sswort'))
    expect(openKeystore(parsed, derive(parsed.kdf, 'pa\u0308sswort'), publicKeyOf)).toEqual(seed)
    expect(codeOf(() => openKeystore(parsed, derive(parsed.kdf, 'passwort'), publicKeyOf))).toBe(
      'WRONG_PASSWORD',
    )
    expect(seal('p')).not.toContain(toHex(seed))
  })

  it('is refused when any bit of vector, ciphertext, checksum, salt or public key was changed', () => {
    const text = seal('password')
    const parts = (document: ReturnType<typeof JSON.parse>) => [
      [document.crypto.cipher.params, 'iv'],
      [document.crypto.cipher, 'message'],
      [document.crypto.checksum, 'message'],
      [document.crypto.kdf.params, 'salt'],
      [document, 'pubkey'],
    ]
    fc.assert(
      fc.property(fc.nat(4), fc.nat(), (part, bit) => {
        const document = JSON.parse(text)
        const [holder, name] = parts(document)[part] as [Record<string, string>, string]
        const bytes = fromHex(holder[name] as string)
        const at = (bit >> 3) % bytes.length
        bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7))
        holder[name] = toHex(bytes)
        const parsed = parseKeystore(JSON.stringify(document))
        const code = codeOf(() => openKeystore(parsed, derive(parsed.kdf, 'password'), publicKeyOf))
        expect(['WRONG_PASSWORD', 'KEY_MISMATCH']).toContain(code)
      }),
    )
  })

  it.each([
    ['MALFORMED', 'no JSON'],
    ['MALFORMED', '[]'],
    ['MALFORMED', `"${'x'.repeat(20_000)}"`],
    ['UNSUPPORTED', '{"version":3}'],
    ['MALFORMED', '{"version":4}'],
    ['PLAINTEXT', toHex(seed)],
    ['PLAINTEXT', '-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----'],
    ['PLAINTEXT', JSON.stringify({ seed: toHex(seed) })],
  ])('is refused with %s: %s', (code, text) => {
    expect(codeOf(() => parseKeystore(text))).toBe(code)
  })

  it.each([
    ['MALFORMED', { n: 2 ** 24 }],
    ['MALFORMED', { n: 1000 }],
    ['MALFORMED', { n: 1 }],
    ['MALFORMED', { p: 1e9 }],
    ['MALFORMED', { r: -1 }],
    ['UNSUPPORTED', { dklen: 64 }],
    ['MALFORMED', { salt: 'xy' }],
  ])('is refused with %s before anybody spends memory on %j', (code, params) => {
    const document = JSON.parse(seal('password'))
    Object.assign(document.crypto.kdf.params, params)
    expect(codeOf(() => parseKeystore(JSON.stringify(document)))).toBe(code)
  })

  it('tells its description and its uuid, and is refused when these would do something to a terminal', () => {
    const document = JSON.parse(seal('password'))
    const parsed = parseKeystore(JSON.stringify(document))
    expect([parsed.description, parsed.uuid]).toEqual(['a test', '00000000-0000-4000-8000-000000000000'])
    const { description: _, ...bare } = document
    expect(parseKeystore(JSON.stringify(bare)).description).toBe('')
    for (const change of [
      { description: '\u001b[2J' },
      { description: 'a\nb' },
      { description: 'x'.repeat(513) },
      { description: 5 },
      { uuid: undefined },
      { uuid: '\u202e' },
    ])
      expect(codeOf(() => parseKeystore(JSON.stringify({ ...document, ...change })))).toBe('MALFORMED')
  })

  it('parses anything to a keystore or a named error', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        expect(codeOf(() => parseKeystore(text))).not.toBe('none')
      }),
    )
  })
})
