import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../src/lib/bytes.ts'
import { readKeyFile, writeKeyFile } from '../../src/node/key-file.ts'

const seed = new Uint8Array(32).fill(3)
const cheap = { scryptN: 16 }
let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-key-'))
  path = join(directory, 'key.json')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const failure = (code: string) => ({
  name: 'KeyFileError',
  code,
  message: expect.stringContaining(`"${path}"`),
})

describe('key file', () => {
  it('is read back, private, encrypted, and alone in its directory', async () => {
    await writeKeyFile(path, seed, 'password', cheap)
    expect(await readKeyFile(path, 'password')).toEqual(seed)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).not.toContain(toHex(seed))
    expect(await readdir(directory)).toEqual(['key.json'])
  })

  it('costs a guess 256 MiB unless told otherwise', async () => {
    await writeKeyFile(path, seed, 'password')
    expect(JSON.parse(await readFile(path, 'utf8')).crypto.kdf.params).toMatchObject({
      n: 262_144,
      r: 8,
      p: 1,
    })
    expect(await readKeyFile(path, 'password')).toEqual(seed)
  })

  it('does not open with another password', async () => {
    await writeKeyFile(path, seed, 'password', cheap)
    await expect(readKeyFile(path, 'Password')).rejects.toMatchObject(failure('WRONG_PASSWORD'))
  })

  it.each(['', '\n\u0000'])('is not written under the empty password %j', async password => {
    await expect(writeKeyFile(path, seed, password, cheap)).rejects.toMatchObject(failure('EMPTY_PASSWORD'))
    expect(await readdir(directory)).toEqual([])
  })

  it('is never overwritten', async () => {
    await writeKeyFile(path, seed, 'password', cheap)
    const other = new Uint8Array(32).fill(4)
    await expect(writeKeyFile(path, other, 'password', cheap)).rejects.toMatchObject(failure('EXISTS'))
    expect(await readKeyFile(path, 'password')).toEqual(seed)
    expect(await readdir(directory)).toEqual(['key.json'])
  })

  it.each([0o640, 0o604, 0o620])('is refused when others may touch it: mode %o', async mode => {
    await writeKeyFile(path, seed, 'password', cheap)
    await chmod(path, mode)
    await expect(readKeyFile(path, 'password')).rejects.toMatchObject(failure('NOT_PRIVATE'))
  })

  it.each([
    ['PLAINTEXT', toHex(seed)],
    ['MALFORMED', ''],
    ['MALFORMED', 'x'.repeat(100_000)],
    ['UNSUPPORTED', '{}'],
  ])('is refused with %s when it is no keystore', async (code, text) => {
    await writeFile(path, text, { mode: 0o600 })
    await expect(readKeyFile(path, 'password')).rejects.toMatchObject(failure(code))
  })

  it('says when there is none, or it cannot be read or written', async () => {
    await expect(readKeyFile(path, 'password')).rejects.toMatchObject(failure('NOT_FOUND'))
    await expect(readKeyFile(directory, 'password')).rejects.toMatchObject({ name: 'KeyFileError' })
    const nowhere = join(directory, 'missing', 'key.json')
    await expect(writeKeyFile(nowhere, seed, 'password', cheap)).rejects.toMatchObject({ code: 'UNWRITABLE' })
  })
})
