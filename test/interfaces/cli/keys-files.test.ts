import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/lib/bytes.ts'
import { readKeyFile, writeKeyFile } from '../../../src/node/key-file.ts'
import { publicKeyFunctionOf } from '../../../src/node/key-kinds.ts'
import { openKeystoreFile, readKeystore } from '../../../src/node/keystore-file.ts'
import { changePassword } from '../../../src/node/password-change.ts'
import { readShareFile } from '../../../src/node/share-file.ts'
import { cli } from './support/cli.ts'
import {
  createKeyDirectory,
  KEY_ID,
  type KeyDirectory,
  PASSWORD,
  PUBLIC_SHARE,
  passwordFile,
  SHARE,
  scryptN,
  temporaryDirectory,
} from './support/key-directory.ts'

const environment = { QUORATE_PASSWORD: PASSWORD }
const official: {
  readonly password: string
  readonly secret: string
  readonly vectors: readonly { readonly name: string; readonly keystore: object }[]
} = JSON.parse(readFileSync(new URL('../../crypto/vectors/erc2335.json', import.meta.url), 'utf8'))

let place: KeyDirectory
beforeAll(async () => {
  place = await createKeyDirectory([1, 2, 10])
})
const keys = (
  command: string,
  args: readonly string[],
  where = place,
  variables: Record<string, string> = {},
) => cli(['keys', command, ...args, '--dir', where.directory], variables)

describe('quorate keys list and show', () => {
  it("list a node's keys without a password, the identity first, shares by epoch", async () => {
    const { exitCode, stdout, stderr } = await keys('list', ['--json'])
    expect([exitCode, stderr]).toEqual([0, ''])
    const entries: { file: string; kind: string; epoch: number | null; publicKey: string }[] =
      JSON.parse(stdout)
    expect(entries.map(({ file, kind, epoch }) => [file, kind, epoch])).toEqual([
      ['key.json', 'identity', null],
      ['data/keys/share-1.json', 'share', 1],
      ['data/keys/share-2.json', 'share', 2],
      ['data/keys/share-10.json', 'share', 10],
    ])
    expect(entries[1]?.publicKey).toBe(PUBLIC_SHARE)
    const lines = (await keys('list', [])).stdout.split('\n')
    expect(lines[0]).toMatch(/^file +kind +epoch +public key$/)
    expect(lines[2]).toMatch(/^data\/keys\/share-1.json +share +1 +[0-9a-f]{192}$/)
  })

  it('list each file once when the directory is named relatively', async () => {
    const { stdout } = await cli([
      'keys',
      'list',
      '--json',
      '--dir',
      relative(process.cwd(), place.directory),
    ])
    expect(stdout).toBe((await keys('list', ['--json'])).stdout)
  })

  it('show what a file says, and with --check that its password opens it', async () => {
    const { stdout } = await keys('show', ['share-2', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'share',
      epoch: 2,
      member: 1,
      keyId: toHex(KEY_ID),
      publicKey: PUBLIC_SHARE,
      kdf: 'scrypt, N = 16, r = 8, p = 1',
      opened: false,
    })
    const checked = await keys('show', ['identity', '--check'], place, environment)
    expect(checked.exitCode).toBe(0)
    expect(checked.stdout).toMatch(/^kind {8}identity$/m)
    expect(checked.stdout).toMatch(/the password opens it/)
    const wrong = await keys('show', ['identity', '--check'], place, { QUORATE_PASSWORD: 'wrong' })
    expect(wrong).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/key.json" is wrong$/m) })
    const missing = await keys('show', ['share-7'])
    expect(missing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no key file share-7 in .*; quorate keys list shows them/),
    })
  })

  it('say which files cannot be used, and why: a key in plain text, one open to others, a damaged share', async () => {
    const where = await createKeyDirectory([1, 2])
    writeFileSync(join(where.directory, 'old-key.json'), JSON.stringify({ seed: '00'.repeat(32) }), {
      mode: 0o600,
    })
    chmodSync(where.identityFile, 0o644)
    writeFileSync(join(where.shareDirectory, 'share-1.json'), '{', { mode: 0o600 })
    const { stdout, stderr } = await keys('list', [], where)
    expect(stdout.match(/unusable/g)).toHaveLength(3)
    expect(stderr).toMatch(/old-key\.json" cannot be used: it holds a key in plain text/)
    expect(stderr).toMatch(/key\.json" is open to other users: run chmod 600/)
    expect(stderr).toMatch(/share-1\.json" cannot be used: it is not JSON/)
    expect(stdout).not.toMatch(/quorate\.json|member\.json/)
  })

  it('say when there is nothing, or no such directory', async () => {
    const empty = temporaryDirectory()
    expect(await cli(['keys', 'list', '--dir', empty])).toMatchObject({
      exitCode: 0,
      stderr: `there are no key files in ${empty}\n`,
    })
    expect(await cli(['keys', 'list', '--dir', '/nowhere'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/there is no directory \/nowhere; --dir names another/),
    })
  })
})

describe('quorate keys change-password', () => {
  it('changes identity and shares as one, from the environment or files', async () => {
    const where = await createKeyDirectory([1])
    const variables = { ...environment, QUORATE_NEW_PASSWORD: 'a new one' }
    const { exitCode, stdout, stderr } = await keys('change-password', [], where, variables)
    expect(exitCode).toBe(0)
    expect(stdout).toBe(
      'key.json is under the new password\ndata/keys/share-1.json is under the new password\n',
    )
    expect(stderr).toMatch(/copies of the files, and backups of the disk, are still under the old password/)
    await readKeyFile(where.identityFile, 'a new one')
    expect((await readShareFile(join(where.shareDirectory, 'share-1.json'), 'a new one')).share).toEqual(
      SHARE,
    )
    const again = await keys(
      'change-password',
      ['--password-file', passwordFile(PASSWORD), '--new-password-file', passwordFile('a new one'), '--json'],
      where,
    )
    expect(JSON.parse(again.stdout)).toEqual({ changed: [], already: ['key.json', 'data/keys/share-1.json'] })
  })

  it('reminds of the password file that the node reads', async () => {
    const where = await createKeyDirectory([])
    const [file, configFile] = [passwordFile(PASSWORD), join(where.directory, 'quorate.json')]
    const config = JSON.parse(readFileSync(configFile, 'utf8'))
    writeFileSync(configFile, JSON.stringify({ ...config, key: { ...config.key, passwordFile: file } }))
    const { exitCode, stderr } = await keys('change-password', [], where, { QUORATE_NEW_PASSWORD: 'n' })
    expect(exitCode).toBe(0)
    expect(stderr).toContain(
      `the node reads its password from ${file}: put the new one there before its next start`,
    )
  })

  it('is refused with a wrong password, the same password, none, and in an empty directory', async () => {
    const variables = { QUORATE_PASSWORD: 'wrong', QUORATE_NEW_PASSWORD: 'n' }
    const wrong = await keys('change-password', [], place, variables)
    expect(wrong).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(
        /^quorate: neither the old nor the new password opens ".*key.json", ".*share-1.json".*nothing was changed/,
      ),
    })
    const same = await keys('change-password', [], place, { ...environment, QUORATE_NEW_PASSWORD: PASSWORD })
    expect(same).toMatchObject({ exitCode: 2, stderr: 'quorate: the new password is the old one\n' })
    expect(await keys('change-password', [], place, environment)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/give --new-password-file, set QUORATE_NEW_PASSWORD/),
    })
    const empty = await cli(['keys', 'change-password', '--dir', temporaryDirectory()], variables)
    expect(empty).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/there are no key files/) })
  })

  it('tells after a crash which file is under which password, and finishes the change', async () => {
    const where = await createKeyDirectory([1])
    const files = [where.identityFile, join(where.shareDirectory, 'share-1.json')]
    let renames = 0
    const crash = changePassword(
      files,
      { oldPassword: PASSWORD, newPassword: 'new', startedMs: 0, scryptN },
      {
        rename: async (from, to) =>
          renames++ === 0 ? renameSync(from, to) : Promise.reject(new Error('off')),
      },
    )
    await expect(crash).rejects.toThrow(/interrupted/)
    const { stdout, stderr } = await keys('list', [], where)
    expect(stdout).toMatch(/^key\.json +identity +new /m)
    expect(stdout).toMatch(/^data\/keys\/share-1\.json +share +1 +old /m)
    expect(stderr).toMatch(/interrupted: run quorate keys change-password again, with the same two passwords/)
    const shown = await keys('show', ['identity', '--check'], where, environment)
    expect(shown.stderr).toMatch(
      /key.json" is wrong: a change of passwords was interrupted, and this file is under the new one/,
    )
    const finished = await keys('change-password', [], where, { ...environment, QUORATE_NEW_PASSWORD: 'new' })
    expect(finished.stdout).toBe(
      'key.json was under the new password already\ndata/keys/share-1.json is under the new password\n',
    )
    expect((await keys('list', [], where)).stderr).toBe('')
  })
})

describe('quorate keys export and import', () => {
  it('take a share from one node to another, under three passwords', async () => {
    const where = await createKeyDirectory([])
    const out = join(temporaryDirectory(), 'moved.json')
    const exported = await keys('export', ['share-2', '--out', out], place, {
      ...environment,
      QUORATE_NEW_PASSWORD: 'transport',
    })
    expect(exported).toMatchObject({ exitCode: 0, stdout: `wrote ${out}: share ${PUBLIC_SHARE}\n` })
    expect((await readKeystore(out)).kdf).toMatchObject({ n: 262_144 })
    expect((await readShareFile(out, 'transport')).share).toEqual(SHARE)
    const variables = { ...environment, QUORATE_IMPORT_PASSWORD: 'transport' }
    const imported = await keys('import', [out], where, variables)
    expect(imported).toMatchObject({
      exitCode: 0,
      stdout: `imported ${out} as data/keys/share-2.json: share ${PUBLIC_SHARE}\n`,
    })
    const path = join(where.shareDirectory, 'share-2.json')
    expect(await readShareFile(path, PASSWORD)).toMatchObject({ epoch: 2, keyId: KEY_ID, share: SHARE })
    expect([statSync(path).mode & 0o777, statSync(where.shareDirectory).mode & 0o777]).toEqual([0o600, 0o700])
    expect(await keys('import', [out], where, variables)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/share-2.json exists already and is not overwritten/),
    })
    expect(await keys('export', ['share-2', '--out', out], place, environment)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/moved.json exists already/),
    })
  })

  it('warn of two nodes with one identity', async () => {
    const out = join(temporaryDirectory(), 'identity.json')
    const { stderr } = await keys('export', ['identity', '--out', out], place, {
      ...environment,
      QUORATE_NEW_PASSWORD: 't',
    })
    expect(stderr).toMatch(/two nodes with one identity contradict one another/)
    expect(await readKeyFile(out, 't')).toEqual(await readKeyFile(place.identityFile, PASSWORD))
  })

  it.each(official.vectors)(
    'import takes the official vector $name, and the copy has the same secret',
    async ({ name, keystore }) => {
      const directory = temporaryDirectory()
      const file = join(temporaryDirectory(), `${name}.json`)
      writeFileSync(file, JSON.stringify(keystore), { mode: 0o600 })
      const args = [
        'keys',
        'import',
        file,
        '--dir',
        directory,
        '--import-password-file',
        passwordFile(official.password),
      ]
      const { exitCode, stdout, stderr } = await cli(args, environment)
      expect(exitCode).toBe(0)
      expect(stdout).toMatch(new RegExp(`^imported .* as ${name}.json: bls-g1 9612d7a727c9d0a2`))
      expect(stderr).toMatch(/its public key is in G1, as Ethereum has it: it is kept, and no node uses it/)
      const path = join(directory, `${name}.json`)
      const { secret } = await openKeystoreFile(path, PASSWORD, publicKeyFunctionOf(await readKeystore(path)))
      expect(toHex(secret)).toBe(official.secret)
    },
  )

  it('import refuses a wrong password, a key in plain text, a mixture of two files, and a name that leads elsewhere', async () => {
    const where = await createKeyDirectory([])
    const root = temporaryDirectory()
    const file = join(root, 'other.json')
    await writeKeyFile(file, new Uint8Array(32).fill(9), 'its password', { scryptN })
    const attempt = (path: string, password: string, ...more: string[]) =>
      keys('import', [path, ...more], where, { ...environment, QUORATE_IMPORT_PASSWORD: password })
    expect(await attempt(file, 'x', '--as', 'o.json')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/other.json" is wrong/),
    })
    expect(await attempt(file, 'its password')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/key\.json exists already/),
    })
    expect(await attempt(file, 'its password', '--as', '../o.json')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/"\.\.\/o\.json" is no name for a key file/),
    })
    const plain = join(root, 'plain.json')
    writeFileSync(plain, toHex(SHARE), { mode: 0o600 })
    expect(await attempt(plain, 'x')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/plain.json" cannot be used: it holds a key in plain text/),
    })
    const share = JSON.parse(readFileSync(join(place.shareDirectory, 'share-1.json'), 'utf8'))
    const mixed = join(root, 'mixed.json')
    writeFileSync(mixed, JSON.stringify({ ...share, pubkey: share.pubkey.replace(/..$/, '00') }), {
      mode: 0o600,
    })
    expect(await attempt(mixed, PASSWORD)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/does not belong to the public key that it names/),
    })
    expect(existsSync(join(where.shareDirectory, 'share-1.json'))).toBe(false)
    const wrongPlace = await keys('import', [file, '--as', 'o.json'], where, {
      QUORATE_PASSWORD: 'wrong',
      QUORATE_IMPORT_PASSWORD: 'its password',
    })
    expect(wrongPlace).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/key\.json" is wrong/) })
  })

  it('work in a directory without a node', async () => {
    const directory = join(temporaryDirectory(), 'keys')
    mkdirSync(directory)
    copyFileSync(place.identityFile, join(directory, 'key.json'))
    copyFileSync(join(place.shareDirectory, 'share-2.json'), join(directory, 'share-2.json'))
    const { stdout } = await cli(['keys', 'list', '--dir', directory, '--json'])
    expect(JSON.parse(stdout).map(({ file }: { file: string }) => file)).toEqual(['key.json', 'share-2.json'])
    const changed = await cli(['keys', 'change-password', '--dir', directory], {
      ...environment,
      QUORATE_NEW_PASSWORD: 'n',
    })
    expect(changed.stdout.match(/is under the new password/g)).toHaveLength(2)
  })
})

it('every command of keys has help with examples', async () => {
  const files = ['list', 'show', 'change-password', 'export', 'import']
  const backups = ['guardian', 'backup', 'verify-backup', 'fragment', 'restore']
  for (const name of [...files, ...backups]) {
    const { exitCode, stdout } = await cli(['keys', name, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout, name).toMatch(/Examples:\n +(QUORATE_PASSWORD=\.\.\. )?quorate keys /)
  }
  expect((await cli(['keys', '--help'])).stdout).toMatch(/Examples:\n +quorate keys/)
  expect(await cli(['keys', 'nonsense'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/unknown command 'nonsense'/),
  })
})
