import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/crypto/hash.ts'
import { decodeBackup, encodeBackup } from '../../../src/crypto/threshold/backup-container.ts'
import { concatBytes, fromHex, toHex } from '../../../src/lib/bytes.ts'
import type { KeysInfo } from '../../../src/node/api.ts'
import { readGuardianFile } from '../../../src/node/guardian-files.ts'
import { serve } from '../../support/http.ts'
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
  SHARING,
  temporaryDirectory,
} from './support/key-directory.ts'

const NAMES = ['ann', 'bob', 'carol', 'dan', 'eve']
const environment = { QUORATE_PASSWORD: PASSWORD }
let place: KeyDirectory
let guardians: GuardiansOnDisk
let backupFile: string

const keyFileOf = (name: string): string => guardians.keyFiles[NAMES.indexOf(name)] as string
const backUp = (...more: string[]) =>
  cli(['keys', 'backup', '--dir', place.directory, '--guardians', guardians.file, ...more], environment)
beforeAll(async () => {
  place = await createKeyDirectory([1, 2])
  guardians = await createGuardians(NAMES)
  backupFile = join(temporaryDirectory(), 'share.backup')
  const { exitCode, stderr } = await backUp('--threshold', '3', '--epoch', '2', '--out', backupFile)
  expect(stderr).toMatch(/Destroy it when its epoch is retired/)
  expect(exitCode).toBe(0)
})

/** The backup with other content, under a checksum of its own. */
function forge(
  change: (backup: ReturnType<typeof decodeBackup>) => Partial<ReturnType<typeof decodeBackup>>,
) {
  const backup = decodeBackup(new Uint8Array(readFileSync(backupFile)))
  const file = join(temporaryDirectory(), 'forged.backup')
  writeFileSync(file, encodeBackup({ ...backup, ...change(backup) }))
  return file
}

describe('quorate keys guardian', () => {
  it('makes an encrypted key and tells the public part, in the form of the list', async () => {
    const file = join(temporaryDirectory(), 'zoe.json')
    const { exitCode, stdout, stderr } = await cli(
      ['keys', 'guardian', '--name', 'zoe', '--out', file],
      environment,
    )
    expect(exitCode).toBe(0)
    const line = JSON.parse(stdout)
    expect(line).toEqual({ name: 'zoe', publicKey: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(stderr).toMatch(/keep it and its password offline/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const key = await readGuardianFile(file, PASSWORD)
    expect(toHex(key.publicKey)).toBe(line.publicKey)
    expect(readFileSync(file, 'utf8')).not.toContain(toHex(key.secret))
  })

  it('refuses a name that is none, a file that exists, and no password', async () => {
    const out = join(temporaryDirectory(), 'z.json')
    const badName = await cli(['keys', 'guardian', '--name', 'z z', '--out', out], environment)
    expect(badName).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/"z z" is not a name; allowed:/),
    })
    const exists = await cli(['keys', 'guardian', '--name', 'ann', '--out', keyFileOf('ann')], environment)
    expect(exists).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/exists already/) })
    const noPassword = await cli(['keys', 'guardian', '--name', 'z', '--out', out])
    expect(noPassword).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/--password-file, set QUORATE_PASSWORD/),
    })
    expect(existsSync(out)).toBe(false)
  })
})

describe('quorate keys backup', () => {
  it('takes the latest share by default, and says what it made', async () => {
    const out = join(temporaryDirectory(), 'b')
    const { exitCode, stdout, stderr } = await backUp('--threshold', '2', '--out', out, '--json')
    expect(exitCode).toBe(0)
    const summary = JSON.parse(stdout)
    expect(summary).toMatchObject({
      file: out,
      networkId: place.networkId,
      keyId: toHex(KEY_ID),
      epoch: 2,
      member: INDEX - 1,
      publicShare: PUBLIC_SHARE,
      threshold: 2,
    })
    const bytes = new Uint8Array(readFileSync(out))
    expect(summary.checksum).toBe(toHex(sha256(bytes.subarray(0, -32))))
    expect(summary.guardians.map(({ name }: { name: string }) => name)).toEqual(NAMES)
    expect(stderr).toMatch(
      /2 guardians who agree have this share; if they guard 3 members' they have the key/,
    )
  })

  it('overwrites nothing, and says what is wrong with flags, shares and password', async () => {
    const out = join(temporaryDirectory(), 'b')
    const [b, o] = [
      ['--threshold', '3'],
      ['--out', out],
    ]
    expect(await backUp(...b, '--out', backupFile)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/exists already/),
    })
    const tooMany = await backUp('--threshold', '6', ...o)
    expect(tooMany).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/--threshold 6 is more than the 5 guardians/),
    })
    const noShare = await backUp(...b, ...o, '--epoch', '9')
    expect(noShare).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no share of epoch 9 in .*: it has those of 1, 2/),
    })
    const wrong = await cli(
      ['keys', 'backup', '--dir', place.directory, '--guardians', guardians.file, ...b, ...o],
      {
        QUORATE_PASSWORD: 'wrong',
      },
    )
    expect(wrong).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/share-2.json" is wrong/) })
    expect(existsSync(out)).toBe(false)
  })

  it.each([
    [
      { format: 'quorate-guardians/2', guardians: [] },
      /format: is missing or not acceptable; allowed: the text "quorate-guardians\/1"/,
    ],
    [
      { format: 'quorate-guardians/1', guardians: [] },
      /guardians: is missing or not acceptable; allowed: 1 to 128 guardians/,
    ],
    [
      { format: 'quorate-guardians/1', guardians: [{ name: 'a b', publicKey: 'ff' }] },
      /guardians\.0\.name: .*\n.*guardians\.0\.publicKey: .*allowed: 64 lowercase hexadecimal/,
    ],
    [
      { format: 'quorate-guardians/1', guardians: [{ name: 'a', publicKey: 'f'.repeat(64) }] },
      /guardians\.0\.publicKey: is no key in ristretto255/,
    ],
    [
      { format: 'quorate-guardians/1', guardians: [{ name: 'a', publicKey: '0'.repeat(64) }] },
      /guardians\.0\.publicKey: is no key in ristretto255/,
    ],
    [
      {
        format: 'quorate-guardians/1',
        guardians: [
          { name: 'a', publicKey: 'KEY' },
          { name: 'a', publicKey: 'KEY' },
        ],
      },
      /guardians\.1\.name: a is also that of guardians\.0;.*\n.*guardians\.1\.publicKey: .* is also that of guardians\.0/,
    ],
    [
      { format: 'quorate-guardians/1', guardians: [{ name: 'a', publicKey: 'KEY' }], more: 1 },
      /the whole file: is missing or not acceptable; allowed: format and guardians/,
    ],
  ])('says where a list of guardians is wrong: %j', async (list, sentence) => {
    const [guardian] = JSON.parse(readFileSync(guardians.file, 'utf8')).guardians
    const file = join(temporaryDirectory(), 'guardians.json')
    writeFileSync(file, JSON.stringify(list).replaceAll('KEY', guardian.publicKey))
    const args = [
      'keys',
      'backup',
      '--dir',
      place.directory,
      '--guardians',
      file,
      '--threshold',
      '1',
      '--out',
      `${file}.b`,
    ]
    const { exitCode, stderr } = await cli(args, environment)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(sentence)
  })
})

describe('quorate keys verify-backup', () => {
  it('needs no password, and compares with what is stated', async () => {
    const right = await cli(['keys', 'verify-backup', backupFile])
    expect(right.exitCode).toBe(0)
    expect(right.stdout).toMatch(/^code {10}([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/m)
    expect(right.stdout).toContain('guardians     any 3 of 5: ann, bob, carol, dan, eve')
    expect(right.stderr).toMatch(/compare the public share/)
    const stated = [
      '--genesis',
      place.genesisFile,
      '--public-share',
      PUBLIC_SHARE,
      '--epoch',
      '2',
      '--member',
      '1',
    ]
    const all = await cli([
      'keys',
      'verify-backup',
      backupFile,
      ...stated,
      '--key-id',
      toHex(KEY_ID),
      '--json',
    ])
    expect(JSON.parse(all.stdout)).toMatchObject({ publicShare: PUBLIC_SHARE, checkedFragmentOf: null })
  })

  it.each([
    [['--epoch', '3'], /its epoch is 2, not 3/],
    [['--member', '0'], /the share in it is of member 1, not 0/],
    [['--key-id', '00'.repeat(32)], /its keyId is [0-9a-f]{64}, not 0{64}/],
    [['--public-share', 'ab'.repeat(96)], /its publicShare is [0-9a-f]{192}, not (ab)+/],
  ])('refuses one that is of something else: %j', async (flags, sentence) => {
    const { exitCode, stderr } = await cli(['keys', 'verify-backup', backupFile, ...flags])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(sentence)
  })

  it('finds damage, forgery, and what is no backup', async () => {
    const bytes = new Uint8Array(readFileSync(backupFile))
    const damaged = join(temporaryDirectory(), 'damaged')
    writeFileSync(damaged, bytes.with(300, bytes.at(300) === 0 ? 1 : 0))
    expect(await cli(['keys', 'verify-backup', damaged])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/it is damaged: its checksum/),
    })
    const later = forge(() => ({ epoch: 3 }))
    expect(await cli(['keys', 'verify-backup', later])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/its constantProof does not hold/),
    })
    expect(await cli(['keys', 'verify-backup', place.genesisFile])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/it is no backup of quorate/),
    })
    expect(await cli(['keys', 'verify-backup', '/nowhere'])).toMatchObject({
      exitCode: 2,
      stderr: 'quorate: there is no backup /nowhere\n',
    })
    const huge = join(temporaryDirectory(), 'huge')
    writeFileSync(huge, concatBytes(bytes, new Uint8Array(70_000)))
    expect(await cli(['keys', 'verify-backup', huge])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/longer than 65536 bytes/),
    })
  })

  it("checks a guardian's own fragment with its key", async () => {
    const check = (file: string, name: string) =>
      cli(['keys', 'verify-backup', file, '--guardian-key', keyFileOf(name)], { QUORATE_PASSWORD: name })
    expect((await check(backupFile, 'bob')).stdout).toMatch(/the fragment of bob opens, and is right/)
    const broken = forge(({ ciphertexts }) => ({ ciphertexts: ciphertexts.with(1, new Uint8Array(48)) }))
    expect(await check(broken, 'bob')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/the fragment of bob is wrong: it does not open/),
    })
    expect((await check(broken, 'ann')).exitCode).toBe(0)
    const stranger = await createGuardians(['zoe'])
    const args = ['keys', 'verify-backup', backupFile, '--guardian-key', stranger.keyFiles[0] ?? '']
    expect(await cli(args, { QUORATE_PASSWORD: 'zoe' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/none of its guardians has the key/),
    })
  })

  it('compares with what a node says of the network', async () => {
    const { node, server } = await serve()
    const { polynomial } = SHARING
    const active = {
      keyId: toHex(KEY_ID),
      epoch: 2,
      publicKey: polynomial[0] ?? '',
      polynomial,
      threshold: 3,
      members: 4,
      activatedSequence: 1,
      activatedMs: 1,
    }
    const keys: KeysInfo = {
      networkId: fromHex(place.networkId),
      active,
      retiring: [],
      ceremony: null,
      handovers: [],
      rotationVotes: [],
      revokeVotes: [],
      refreshDueMs: 2,
      certifiedSequence: 0,
    }
    const verify = () => cli(['keys', 'verify-backup', backupFile, '--api', server.url])
    try {
      node.keysInfo = keys
      expect((await verify()).stdout).toMatch(/the node at http.* says the same of this public share/)
      for (const [changed, sentence] of [
        [null, /has no shared key/],
        [{ ...keys, networkId: new Uint8Array(32) }, /its network is [0-9a-f]{64}, that of the node/],
        [
          { ...keys, active: { ...active, epoch: 3 } },
          /no shares of the key [0-9a-f]{64} and epoch 2: not yet, or no more/,
        ],
        [
          { ...keys, active: { ...active, polynomial: polynomial.toReversed() } },
          /its public share is .*, that of member 1 in the network is/,
        ],
        [{ ...keys, active: { ...active, polynomial: ['00'.repeat(96)] } }, /in the network is no point/],
      ] as const) {
        node.keysInfo = changed
        expect(await verify()).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(sentence) })
      }
    } finally {
      await server.close()
    }
    expect((await verify()).exitCode).toBe(8)
  })
})
