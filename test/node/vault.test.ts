import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../src/lib/bytes.ts'
import { type SecretFiles, secretFiles } from '../../src/node/secret-files.ts'
import { readShareFile, shareFilePath } from '../../src/node/share-file.ts'
import { type FileVault, openVault, type VaultOptions } from '../../src/node/vault.ts'
import type { StorageError } from '../../src/runtime/ports.ts'

const SESSION = `session/${'a1'.repeat(32)}`
const secret = new Uint8Array(700).fill(5)
const share = new Uint8Array(32).fill(9)
const keyId = new Uint8Array(32).fill(7)
let directory: string
let options: VaultOptions
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'quorate-vault-')), 'keys')
  options = {
    directory,
    networkId: new Uint8Array(32).fill(1),
    seed: new Uint8Array(32).fill(2),
    password: 'password',
    coordinate: 3,
    keyIdOf: epoch => (epoch === 1 ? keyId : null),
    scryptN: 16,
  }
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

type Answer = StorageError | null
const write = (vault: FileVault, name: string, bytes: Uint8Array) =>
  new Promise<Answer>(resolve => vault.write(name, bytes, resolve))
const erase = (vault: FileVault, name: string) => new Promise<Answer>(resolve => vault.erase(name, resolve))

/** What a node has in its vault in the middle of a refresh. */
async function fill(): Promise<void> {
  const vault = await openVault(options)
  expect(await write(vault, 'share/1', share)).toBeNull()
  expect(await write(vault, SESSION, secret)).toBeNull()
  await vault.close()
}

async function contentOf(vault: FileVault) {
  return new Map(vault.names().map(name => [name, vault.read(name)]))
}

describe('a vault', () => {
  it('has what was written when it is opened again', async () => {
    await fill()
    const vault = await openVault(options)
    expect(await contentOf(vault)).toEqual(
      new Map([
        [SESSION, secret],
        ['share/1', share],
      ]),
    )
  })

  it('keeps shares as keystores that say what they are shares of, and open by the password alone', async () => {
    await fill()
    const read = await readShareFile(shareFilePath(directory, 1), 'password')
    expect(read).toMatchObject({ share, epoch: 1, index: 3, keyId })
  })

  it('is for its owner alone, and nothing in it is in the clear', async () => {
    await fill()
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    const files = await readdir(directory)
    expect(files).toHaveLength(2)
    for (const file of files) {
      expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600)
      const content = await readFile(join(directory, file))
      expect(content.includes(Buffer.from(share)) || content.toString('latin1').includes(toHex(share))).toBe(
        false,
      )
      expect(content.includes(Buffer.from(secret.subarray(0, 32)))).toBe(false)
    }
  })

  it('shows a write and an erasure at once, in the order of the calls', async () => {
    const vault = await openVault(options)
    const first = write(vault, SESSION, secret)
    expect(vault.read(SESSION)).toEqual(secret)
    const second = write(vault, SESSION, share)
    const gone = erase(vault, SESSION)
    expect(vault.read(SESSION)).toBeUndefined()
    const again = write(vault, SESSION, secret)
    expect(vault.read(SESSION)).toEqual(secret)
    expect(await Promise.all([first, second, gone, again])).toEqual([null, null, null, null])
    await vault.close()
    expect((await openVault(options)).read(SESSION)).toEqual(secret)
  })

  it('gives and takes copies: neither side can change what the other has', async () => {
    const vault = await openVault(options)
    const mine = share.slice()
    const written = write(vault, 'share/1', mine)
    mine.fill(0)
    vault.read('share/1')?.fill(0)
    await written
    expect(vault.read('share/1')).toEqual(share)
    await vault.close()
    expect((await openVault(options)).read('share/1')).toEqual(share)
  })

  it('erases what is there, and does not mind what is not', async () => {
    await fill()
    const vault = await openVault(options)
    expect(await erase(vault, 'share/1')).toBeNull()
    expect(await erase(vault, 'share/2')).toBeNull()
    expect(await readdir(directory)).toEqual([`session.${'a1'.repeat(32)}.sealed`])
  })

  it('derives one key for all shares', async () => {
    const vault = await openVault(options)
    await write(vault, 'share/1', share)
    await write(vault, 'share/2', share)
    const salts = [1, 2].map(async epoch => {
      const { crypto } = JSON.parse(await readFile(shareFilePath(directory, epoch), 'utf8'))
      return [crypto.kdf.params.salt, crypto.cipher.params.iv]
    })
    const [first, second] = await Promise.all(salts)
    expect(first?.[0]).toBe(second?.[0])
    expect(first?.[1]).not.toBe(second?.[1])
  })

  it.each(['', 'share/0', 'Share/1', 'a b', '../x', 'a/b/c/d/e'])('has no secret named %j', async name => {
    const vault = await openVault(options)
    expect(() => vault.write(name, secret, () => {})).toThrow('secret')
  })
})

describe('a directory that is not as it was left', () => {
  beforeEach(fill)
  const sealed = () => join(directory, `session.${'a1'.repeat(32)}.sealed`)
  const refusal = (code: string, path: string) => ({
    name: 'KeyFileError',
    code,
    message: expect.stringContaining(`"${path}"`),
  })

  it('does not open by another password', async () => {
    const path = shareFilePath(directory, 1)
    await expect(openVault({ ...options, password: 'Password' })).rejects.toMatchObject(
      refusal('WRONG_PASSWORD', path),
    )
  })

  it.each([
    ['identity', { seed: new Uint8Array(32) }],
    ['network', { networkId: new Uint8Array(32) }],
  ])('does not open for another %s', async (_, change) => {
    await expect(openVault({ ...options, ...change })).rejects.toMatchObject(refusal('MALFORMED', sealed()))
  })

  it('names the file of which one bit changed', async () => {
    const content = await readFile(sealed())
    for (const place of [0, 10, 40, content.length - 1]) {
      const changed = Buffer.from(content)
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place)
      await writeFile(sealed(), changed)
      await expect(openVault(options)).rejects.toMatchObject(refusal('MALFORMED', sealed()))
    }
  })

  it('names the file that was given another name', async () => {
    const other = join(directory, `session.${'b2'.repeat(32)}.sealed`)
    await writeFile(other, await readFile(sealed()), { mode: 0o600 })
    await expect(openVault(options)).rejects.toMatchObject(refusal('MALFORMED', other))
  })

  it.each([
    ['PLAINTEXT', toHex(share)],
    ['MALFORMED', ''],
    ['MALFORMED', 'x'.repeat(200_000)],
    ['KEY_MISMATCH', 'another iv'],
  ])('refuses a share with %s', async (code, text) => {
    const path = shareFilePath(directory, 1)
    const keystore = JSON.parse(await readFile(path, 'utf8'))
    keystore.crypto.cipher.params.iv = '00'.repeat(16)
    await writeFile(path, text === 'another iv' ? JSON.stringify(keystore) : text)
    await expect(openVault(options)).rejects.toMatchObject(refusal(code, path))
  })

  it.each([0o750, 0o705])('refuses to use a directory of mode %o', async mode => {
    await chmod(directory, mode)
    await expect(openVault(options)).rejects.toMatchObject(refusal('NOT_PRIVATE', directory))
  })

  it('refuses to read what others can', async () => {
    await chmod(sealed(), 0o640)
    await expect(openVault(options)).rejects.toMatchObject(refusal('NOT_PRIVATE', sealed()))
  })

  it('leaves alone what is none of its files', async () => {
    await writeFile(join(directory, 'notes.txt'), 'mine')
    const vault = await openVault(options)
    expect(vault.names()).toHaveLength(2)
    expect(await readFile(join(directory, 'notes.txt'), 'utf8')).toBe('mine')
  })
})

/** The real disk until step number `crashAt`, which is half done, or not at all; then nothing any more. */
function crashing(crashAt: number, isHalfDone: boolean): { files: SecretFiles; steps: string[] } {
  const steps: string[] = []
  const step = async (name: string, whole: () => Promise<void>, half: () => Promise<void>) => {
    if (steps.length >= crashAt) {
      if (steps.length === crashAt && isHalfDone) await half()
      steps.push('crash')
      throw new Error('the machine stopped')
    }
    steps.push(name)
    await whole()
  }
  const files: SecretFiles = {
    ...secretFiles,
    create: (path, content) =>
      step(
        'create',
        () => secretFiles.create(path, content),
        () => secretFiles.create(path, content.subarray(0, content.length >> 1)),
      ),
    rename: (from, to) =>
      step(
        'rename',
        () => secretFiles.rename(from, to),
        async () => {},
      ),
    overwrite: path =>
      step(
        'overwrite',
        () => secretFiles.overwrite(path),
        () => overwriteHalf(path),
      ),
    remove: path =>
      step(
        'remove',
        () => secretFiles.remove(path),
        async () => {},
      ),
    syncDirectory: path =>
      step(
        'sync',
        () => secretFiles.syncDirectory(path),
        async () => {},
      ),
  }
  return { files, steps }
}

async function overwriteHalf(path: string): Promise<void> {
  const content = await readFile(path)
  await writeFile(path, content.fill(0, 0, content.length >> 1))
}

describe('a machine that stops in the middle', () => {
  const WRITE_STEPS = ['create', 'rename', 'sync']
  const ERASE_STEPS = ['rename', 'sync', 'overwrite', 'remove', 'sync']

  it('takes these steps', async () => {
    const { files, steps } = crashing(Number.POSITIVE_INFINITY, false)
    const vault = await openVault(options, files)
    await write(vault, SESSION, secret)
    expect(steps).toEqual(WRITE_STEPS)
    await erase(vault, SESSION)
    expect(steps).toEqual([...WRITE_STEPS, ...ERASE_STEPS])
  })

  const halves = [false, true]
  const crashesIn = (steps: readonly string[]) =>
    steps.flatMap((_, i) => halves.map(half => [i, half] as const))

  it.each(crashesIn(WRITE_STEPS))(
    'a write has the old or the new value: step %i, half done: %s',
    async (at, half) => {
      await fill()
      const vault = await openVault(options, crashing(at, half).files)
      expect(await write(vault, SESSION, share)).toMatchObject({ code: 'WRITE_FAILED' })
      const again = await openVault(options)
      expect([secret, share]).toContainEqual(again.read(SESSION))
      expect(again.read('share/1')).toEqual(share)
      expect(await readdir(directory)).toHaveLength(2)
    },
  )

  it.each(crashesIn(ERASE_STEPS))(
    'an erasure leaves it whole or not at all: step %i, half done: %s',
    async (at, half) => {
      await fill()
      const vault = await openVault(options, crashing(at, half).files)
      expect(await erase(vault, 'share/1')).toMatchObject({ code: 'WRITE_FAILED' })
      const again = await openVault(options)
      // What has been renamed was said to be gone, and is.
      expect(again.read('share/1')).toEqual(at === 0 ? share : undefined)
      expect(again.read(SESSION)).toEqual(secret)
      expect(await readdir(directory)).toHaveLength(at === 0 ? 2 : 1)
    },
  )

  it.each(crashesIn(['overwrite', 'remove', 'sync']))(
    'opening goes on where it stopped: step %i, half done: %s',
    async (at, half) => {
      await fill()
      await secretFiles.rename(shareFilePath(directory, 1), `${shareFilePath(directory, 1)}.erasing`)
      await expect(openVault(options, crashing(at, half).files)).rejects.toThrow('stopped')
      const again = await openVault(options)
      expect(again.names()).toEqual([SESSION])
      expect(await readdir(directory)).toHaveLength(1)
    },
  )

  it('says no to everything after the first failure: what is not there must not be built upon', async () => {
    const vault = await openVault(options, crashing(1, false).files)
    const answers = [write(vault, SESSION, secret), write(vault, 'share/1', share), erase(vault, SESSION)]
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ code: 'WRITE_FAILED' })
    expect((await openVault(options)).names()).toEqual([])
  })

  it('overwrites before it deletes', async () => {
    await fill()
    const { files } = crashing(3, false)
    await erase(await openVault(options, files), 'share/1')
    const left = await readFile(`${shareFilePath(directory, 1)}.erasing`)
    expect(left.length).toBeGreaterThan(500)
    expect(left.every(byte => byte === 0)).toBe(true)
  })
})
