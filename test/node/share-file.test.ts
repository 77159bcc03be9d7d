import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeScalar, Fr } from '../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../src/crypto/threshold/secret.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { writeKeyFile } from '../../src/node/key-file.ts'
import {
  parseShareDescription,
  publicShareOf,
  readShareFile,
  readShareName,
  shareDescription,
  shareFilePath,
  writeShareFile,
} from '../../src/node/share-file.ts'

const cheap = { scryptN: 16 }
const keyId = new Uint8Array(32).fill(171)
const name = { epoch: 3, index: 2, keyId }
const share = encodeScalar(77n)
let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-share-'))
  path = shareFilePath(directory, 3)
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('the file of a share', () => {
  it('is an ERC-2335 keystore that says which share it is, and is read back', async () => {
    await writeShareFile(path, { ...name, share }, 'password', cheap)
    expect(path).toBe(join(directory, 'share-3.json'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      version: 4,
      path: '',
      pubkey: toHex(publicKeyOf(77n)),
      description: `QUORATE share epoch=3 index=2 keyId=${'ab'.repeat(32)}`,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    const publicShare = publicKeyOf(77n)
    expect(await readShareName(path)).toEqual({ ...name, publicShare })
    expect(await readShareFile(path, 'password')).toEqual({ ...name, publicShare, share })
    await expect(readShareFile(path, 'Password')).rejects.toMatchObject({ code: 'WRONG_PASSWORD' })
  })

  it('gives way only when that is said', async () => {
    await writeShareFile(path, { ...name, share }, 'password', cheap)
    const other = { ...name, share: encodeScalar(78n) }
    await expect(writeShareFile(path, other, 'password', cheap)).rejects.toMatchObject({ code: 'EXISTS' })
    await writeShareFile(path, other, 'password', { ...cheap, replace: true })
    expect((await readShareFile(path, 'password')).share).toEqual(other.share)
  })

  it('is refused when it was put together from two, or is of an identity', async () => {
    await writeShareFile(path, { ...name, share }, 'password', cheap)
    const document = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...document, pubkey: toHex(publicKeyOf(78n)) }))
    await expect(readShareFile(path, 'password')).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    const { cipher } = document.crypto
    const otherStart = { ...cipher, params: { iv: '00'.repeat(16) } }
    await writeFile(path, JSON.stringify({ ...document, crypto: { ...document.crypto, cipher: otherStart } }))
    await expect(readShareFile(path, 'password')).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    const identity = join(directory, 'key.json')
    await writeKeyFile(identity, share, 'password', cheap)
    await expect(readShareFile(identity, 'password')).rejects.toMatchObject({
      code: 'MALFORMED',
      message: expect.stringMatching(
        /key\.json" is not that of a share: its description is "quorate identity key/,
      ),
    })
  })

  it('has no public share for what is no share', () => {
    expect(publicShareOf(share)).toEqual(publicKeyOf(77n))
    for (const none of [
      encodeScalar(0n),
      encodeScalar(Fr.ORDER),
      new Uint8Array(32).fill(255),
      new Uint8Array(31),
    ])
      expect(publicShareOf(none)).toHaveLength(0)
  })

  it.each([
    '',
    'QUORATE share',
    `QUORATE share epoch=1 index=2 keyId=${'ab'.repeat(31)}`,
    `QUORATE share epoch=-1 index=2 keyId=${'ab'.repeat(32)}`,
    ` ${shareDescription(name)}`,
    `${shareDescription(name)} more`,
  ])('has one form of description, not %j', text => {
    expect(parseShareDescription(shareDescription(name))).toEqual(name)
    expect(parseShareDescription(text)).toBeNull()
  })
})
