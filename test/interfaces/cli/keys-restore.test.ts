import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openFragment, readBackup } from '../../../src/crypto/threshold/backup.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { readGuardianFile, writeFragmentFile } from '../../../src/node/guardian-files.ts'
import { readShareFile, writeShareFile } from '../../../src/node/share-file.ts'
import { curve } from '../../crypto/threshold/support.ts'
import { cli } from './support/cli.ts'
import {
  createGuardians,
  createKeyDirectory,
  type GuardiansOnDisk,
  INDEX,
  KEY_ID,
  type KeyDirectory,
  PASSWORD,
  PUBLIC_SHARE,
  passwordFile,
  SHARE,
  scryptN,
  temporaryDirectory,
} from './support/key-directory.ts'

const NAMES = ['ann', 'bob', 'carol', 'dan', 'eve']
const environment = { QUORATE_PASSWORD: PASSWORD }
let place: KeyDirectory
let guardians: GuardiansOnDisk
let backupFile: string

const keyFileOf = (name: string): string => guardians.keyFiles[NAMES.indexOf(name)] as string
/** Each guardian types its own password. */
const passwords = (names: readonly string[]): string[] =>
  names.flatMap(name => ['--fragment-password-file', passwordFile(name)])

beforeAll(async () => {
  place = await createKeyDirectory([2])
  guardians = await createGuardians(NAMES)
  backupFile = join(temporaryDirectory(), 'share.backup')
  const args = ['--guardians', guardians.file, '--threshold', '3', '--out', backupFile]
  expect((await cli(['keys', 'backup', '--dir', place.directory, ...args], environment)).exitCode).toBe(0)
})

describe('quorate keys restore', () => {
  const restore = (args: readonly string[], variables: Record<string, string> = environment) =>
    cli(['keys', 'restore', backupFile, ...args], variables)
  /** A place for the share that has lost it. */
  const emptied = async (): Promise<KeyDirectory> => createKeyDirectory([])
  const sharePath = (where: KeyDirectory): string => join(where.shareDirectory, 'share-2.json')

  it('restores from fragments that guardians opened, under the password of the node', async () => {
    const root = temporaryDirectory()
    const files: string[] = []
    const backup = readBackup(curve, new Uint8Array(readFileSync(backupFile)))
    for (const name of ['eve', 'carol']) {
      const out = join(root, `${name}-fragment.json`)
      const { secret } = await readGuardianFile(keyFileOf(name), name)
      const { value } = openFragment(curve, backup, secret)
      const label = { guardian: name, backupCode: backup.checksumCode }
      await writeFragmentFile(out, label, value, 'by voice', { scryptN })
      files.push(out)
    }
    const out = join(root, 'bob-fragment.json')
    const args = ['keys', 'fragment', backupFile, '--guardian-key', keyFileOf('bob'), '--out', out]
    expect(await cli(args, { QUORATE_PASSWORD: 'bob', QUORATE_NEW_PASSWORD: 'by voice' })).toMatchObject({
      exitCode: 0,
      stdout: `wrote ${out}: the fragment of bob, under the password for whoever restores\n`,
    })
    files.push(out)
    const target = await emptied()
    const { exitCode, stdout } = await restore([...files, '--dir', target.directory], {
      ...environment,
      QUORATE_FRAGMENT_PASSWORD: 'by voice',
    })
    expect(exitCode).toBe(0)
    expect(stdout).toBe(
      'restored the share of member 1, epoch 2, as data/keys/share-2.json, from eve, carol, bob\n',
    )
    expect(await readShareFile(sharePath(target), PASSWORD)).toEqual({
      epoch: 2,
      index: INDEX,
      keyId: KEY_ID,
      publicShare: expect.anything(),
      share: SHARE,
    })
    expect(statSync(sharePath(target)).mode & 0o777).toBe(0o600)
    const again = await restore([...files, '--dir', target.directory], environment)
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/share-2.json exists already and is not overwritten/),
    })
  })

  it("restores from guardians' keys, names the guardian of a bad fragment, and goes on when the others are enough", async () => {
    const target = await emptied()
    const root = temporaryDirectory()
    const damaged = join(root, 'bob-fragment.json')
    await writeFragmentFile(damaged, { guardian: 'bob', backupCode: '0000-0000-0000-0000' }, SHARE, 'bob', {
      scryptN,
    })
    const names = ['ann', 'bob', 'dan', 'carol']
    const inputs = names.map(name => (name === 'bob' ? damaged : keyFileOf(name)))
    const tooFew = await restore([
      ...inputs.slice(0, 3),
      '--dir',
      target.directory,
      ...passwords(names.slice(0, 3)),
    ])
    expect(tooFew.exitCode).toBe(2)
    expect(tooFew.stderr).toMatch(
      /the fragment of bob is wrong: it is of the backup 0000-0000-0000-0000, this one is/,
    )
    expect(tooFew.stderr).toMatch(/it takes 3 fragments and there are 2 right ones/)
    expect(existsSync(sharePath(target))).toBe(false)
    const enough = await restore([...inputs, '--dir', target.directory, ...passwords(names), '--json'])
    expect(enough.exitCode).toBe(0)
    expect(JSON.parse(enough.stdout)).toMatchObject({
      guardians: ['ann', 'dan', 'carol'],
      publicShare: PUBLIC_SHARE,
    })
    expect(enough.stderr).toMatch(/bob-fragment.json is of no use/)
  })

  it('names what cannot be opened, and takes one guardian once', async () => {
    const target = await emptied()
    const inputs = [keyFileOf('ann'), keyFileOf('ann'), keyFileOf('bob'), place.identityFile]
    const { exitCode, stderr } = await restore([
      ...inputs,
      '--dir',
      target.directory,
      ...passwords(['ann', 'ann', 'wrong', 'x']),
    ])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/ann\.json is a second fragment of ann/)
    expect(stderr).toMatch(/The password for the key file ".*bob\.json" is wrong/)
    expect(stderr).toMatch(/key\.json is of no use: it is neither a fragment nor the key of a guardian/)
    expect(stderr).toMatch(/it takes 3 fragments and there are 1 right ones/)
  })

  it('does not put a share under another password than the other keys of the node', async () => {
    const target = await emptied()
    const names = ['ann', 'bob', 'carol']
    const args = [...names.map(keyFileOf), '--dir', target.directory, ...passwords(names)]
    expect(await restore(args, { QUORATE_PASSWORD: 'wrong' })).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/key\.json" is wrong/),
    })
    expect(existsSync(sharePath(target))).toBe(false)
  })

  it('refuses a backup of another network than the node is of', async () => {
    const foreign = join(temporaryDirectory(), 'foreign.backup')
    const other = await createKeyDirectory([2])
    writeFileSync(other.genesisFile, JSON.stringify({ ...other.genesis, name: 'other' }))
    const made = await cli(
      [
        'keys',
        'backup',
        '--dir',
        other.directory,
        '--guardians',
        guardians.file,
        '--threshold',
        '1',
        '--out',
        foreign,
      ],
      environment,
    )
    expect(made.exitCode).toBe(0)
    const target = await emptied()
    const args = ['keys', 'restore', foreign, keyFileOf('ann'), '--dir', target.directory]
    expect(await cli(args, environment)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/its networkId is [0-9a-f]{64}, not [0-9a-f]{64}/),
    })
  })
})

describe('a share whose file does not say which key it is of', () => {
  it('is backed up when that is stated', async () => {
    const where = await createKeyDirectory([])
    const path = join(where.shareDirectory, 'share-1.json')
    await writeShareFile(path, { epoch: 1, index: 2, keyId: new Uint8Array(32), share: SHARE }, PASSWORD, {
      scryptN,
    })
    const out = join(temporaryDirectory(), 'b')
    const args = [
      'keys',
      'backup',
      '--dir',
      where.directory,
      '--guardians',
      guardians.file,
      '--threshold',
      '3',
      '--out',
      out,
    ]
    expect(await cli(args, environment)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/does not say which key it is a share of: state it with --key-id/),
    })
    expect((await cli([...args, '--key-id', toHex(KEY_ID)], environment)).exitCode).toBe(0)
  })
})
