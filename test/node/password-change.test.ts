import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readIdentity, refuseChangedKeyFile, writeKeyFile } from '../../src/node/key-file.ts'
import { publicKeyFunctionOf } from '../../src/node/key-kinds.ts'
import { openKeystoreFile, readKeystore } from '../../src/node/keystore-file.ts'
import { changePassword } from '../../src/node/password-change.ts'
import { MARKER_FILE, passwordStateOf } from '../../src/node/password-marker.ts'
import { writeShareFile } from '../../src/node/share-file.ts'
import { openVault } from '../../src/node/vault.ts'

const cheap = { scryptN: 16 }
const options = { oldPassword: 'old', newPassword: 'new', startedMs: 1, ...cheap }
const seed = new Uint8Array(32).fill(3)
const share = new Uint8Array(32).fill(4)
let root: string
let files: readonly string[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quorate-password-'))
  files = ['key.json', 'share-1.json', 'share-2.json'].map(name => join(root, name))
  const [identity = '', ...shares] = files
  await writeKeyFile(identity, seed, 'old', cheap)
  for (const [i, path] of shares.entries())
    await writeShareFile(path, { epoch: i + 1, index: 1, keyId: seed, share }, 'old', cheap)
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function opens(path: string, password: string): Promise<boolean> {
  try {
    const keystore = await readKeystore(path)
    const { secret } = await openKeystoreFile(path, password, publicKeyFunctionOf(keystore))
    expect(secret).toEqual(path.endsWith('key.json') ? seed : share)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'WRONG_PASSWORD' })
    return false
  }
}

/** By file: which of the two passwords opens it. */
const state = () =>
  Promise.all(
    files.map(async path => [await opens(path, 'old'), await opens(path, 'new')].map(Number).join('')),
  )
const [OLD, NEW] = ['10', '01']

/** A machine that stops before it renames for the nth time. */
function stopsAt(n: number) {
  let renames = 0
  return {
    async rename(from: string, to: string): Promise<void> {
      if (renames++ === n) throw new Error('the machine stopped')
      await rename(from, to)
    },
  }
}

describe('a change of passwords', () => {
  it('puts every file under the new one, and leaves nothing else behind', async () => {
    expect(await changePassword(files, options)).toEqual({ changed: files, already: [] })
    expect(await state()).toEqual([NEW, NEW, NEW])
    expect((await readdir(root)).sort()).toEqual(['key.json', 'share-1.json', 'share-2.json'])
    for (const path of files) expect((await stat(path)).mode & 0o777).toBe(0o600)
    const salts = await Promise.all(files.map(async path => (await readKeystore(path)).kdf.salt))
    expect(new Set(salts.map(String)).size).toBe(1)
    const texts = await Promise.all(files.map(async path => JSON.parse(await readFile(path, 'utf8'))))
    expect(new Set(texts.map(({ crypto }) => crypto.cipher.params.iv)).size).toBe(3)
    expect(texts[1].description).toBe(`QUORATE share epoch=1 index=1 keyId=${'03'.repeat(32)}`)
  })

  it('costs a guess as much as any other key, unless told otherwise', async () => {
    await changePassword(files.slice(0, 1), { oldPassword: 'old', newPassword: 'new', startedMs: 1 })
    expect((await readKeystore(files[0] ?? '')).kdf).toMatchObject({ n: 262_144 })
  })

  it('changes nothing when one file opens with neither, and names it', async () => {
    const stranger = join(root, 'other.json')
    await writeKeyFile(stranger, seed, 'another', cheap)
    await expect(changePassword([...files, stranger], options)).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
      message: `Neither the old nor the new password opens "${stranger}"; nothing was changed.`,
    })
    expect(await state()).toEqual([OLD, OLD, OLD])
    expect(await readdir(root)).toHaveLength(4)
  })

  it('changes nothing for an empty password, a key in plain text, or a file that was put together from others', async () => {
    await expect(changePassword(files, { ...options, newPassword: '\n' })).rejects.toMatchObject({
      code: 'EMPTY_PASSWORD',
    })
    const plain = join(root, 'plain.json')
    await writeFile(plain, '03'.repeat(32), { mode: 0o600 })
    await expect(changePassword([...files, plain], options)).rejects.toMatchObject({ code: 'PLAINTEXT' })
    const [identity = '', first = ''] = files
    const mixed = { ...JSON.parse(await readFile(first, 'utf8')), pubkey: 'ab'.repeat(96) }
    await writeFile(first, JSON.stringify(mixed))
    await expect(changePassword([identity, first], options)).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    expect(await opens(identity, 'old')).toBe(true)
  })

  it('that is done already does nothing', async () => {
    await changePassword(files, options)
    const before = await Promise.all(files.map(path => readFile(path, 'utf8')))
    expect(await changePassword(files, options)).toEqual({ changed: [], already: files })
    expect(await Promise.all(files.map(path => readFile(path, 'utf8')))).toEqual(before)
  })

  it.each([0, 1, 2])(
    'that stops before file %i leaves each under one password, says which, and is finished by doing it again',
    async n => {
      const named = (from: number, to?: number) =>
        files
          .slice(from, to)
          .map(path => `"${path}"`)
          .join(', ') || 'none'
      await expect(changePassword(files, options, stopsAt(n))).rejects.toMatchObject({
        code: 'UNWRITABLE',
        message: expect.stringContaining(
          `(the machine stopped). Under the new password: ${named(0, n)}; under the old one: ${named(n)}. Do the same again`,
        ),
      })
      expect(await state()).toEqual(files.map((_, i) => (i < n ? NEW : OLD)))
      for (const [i, path] of files.entries()) {
        const [right, wrong] = i < n ? (['new', 'old'] as const) : (['old', 'new'] as const)
        expect(await passwordStateOf(path, (await readKeystore(path)).uuid)).toBe(right)
        await expect(
          openKeystoreFile(path, wrong, publicKeyFunctionOf(await readKeystore(path))),
        ).rejects.toThrow(`a change of passwords was interrupted, and this file is under the ${right} one`)
      }
      expect(await changePassword(files, options)).toEqual({
        changed: files.slice(n),
        already: files.slice(0, n),
      })
      expect(await state()).toEqual([NEW, NEW, NEW])
      expect((await readdir(root)).sort()).toEqual(['key.json', 'share-1.json', 'share-2.json'])
    },
  )

  it('that was interrupted is told by a node that starts with one of the two passwords', async () => {
    const data = join(root, 'data')
    const path = join(data, 'share-1.json')
    await mkdir(data, { mode: 0o700 })
    await writeShareFile(path, { epoch: 1, index: 1, keyId: seed, share }, 'old', cheap)
    await expect(changePassword([files[0] ?? '', path], options, stopsAt(1))).rejects.toThrow()
    const vault = { directory: data, networkId: seed, seed, coordinate: 1, keyIdOf: () => null, ...cheap }
    await expect(openVault({ ...vault, password: 'new' })).rejects.toThrow(
      `does not open the share "${path}": a change of passwords was interrupted, and this file is under the old one`,
    )
    expect(await changePassword([files[0] ?? '', path], options)).toMatchObject({ changed: [path] })
    const opened = await openVault({ ...vault, password: 'new' })
    expect(opened.read('share/1')).toEqual(share)
    await opened.close()
  })

  it('that is forbidden at the last moment, when its marker can be seen, changes nothing and leaves nothing', async () => {
    const [identity = ''] = files
    const { keystoreUuid } = await readIdentity(identity, 'old')
    let asked = 0
    const beforeRenaming = async () => {
      asked += 1
      await expect(
        refuseChangedKeyFile(identity, { seed, password: 'old', keystoreUuid }),
      ).rejects.toMatchObject({ code: 'CHANGED', message: expect.stringContaining('is being changed') })
      throw new Error('a node runs')
    }
    await expect(changePassword(files, options, { beforeRenaming })).rejects.toThrow('a node runs')
    expect(asked).toBe(1)
    expect(await state()).toEqual([OLD, OLD, OLD])
    expect((await readdir(root)).sort()).toEqual(['key.json', 'share-1.json', 'share-2.json'])
    await refuseChangedKeyFile(identity, { seed, password: 'old', keystoreUuid })
    await changePassword(files, options)
    await expect(
      refuseChangedKeyFile(identity, { seed, password: 'old', keystoreUuid }),
    ).rejects.toMatchObject({ code: 'CHANGED', message: expect.stringContaining('while the node started') })
  })

  it('that is forbidden when it should finish another says of each file what it is under, as before', async () => {
    await expect(changePassword(files, options, stopsAt(1))).rejects.toThrow('the machine stopped')
    const beforeRenaming = () => Promise.reject(new Error('a node runs'))
    await expect(changePassword(files, options, { beforeRenaming })).rejects.toThrow('a node runs')
    expect(await state()).toEqual([NEW, OLD, OLD])
    for (const path of files.slice(1))
      expect(await passwordStateOf(path, (await readKeystore(path)).uuid)).toBe('old')
  })

  it('that was interrupted can be taken back', async () => {
    await expect(changePassword(files, options, stopsAt(2))).rejects.toThrow()
    const back = { ...options, oldPassword: 'new', newPassword: 'old' }
    expect(await changePassword(files, back)).toMatchObject({ already: files.slice(2) })
    expect(await state()).toEqual([OLD, OLD, OLD])
  })

  it('is not misled by a marker that is none', async () => {
    await writeFile(join(root, MARKER_FILE), 'x')
    expect(await passwordStateOf(files[0] ?? '', 'x')).toBeNull()
    await changePassword(files, options)
    expect(await readdir(root)).toHaveLength(3)
  })
})
