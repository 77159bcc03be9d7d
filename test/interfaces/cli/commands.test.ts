import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cli } from './support/cli.ts'

const directory = (): string => mkdtempSync(join(tmpdir(), 'quorate-cli-'))

describe('arguments', () => {
  it.each([
    [['nonsense'], /unknown command 'nonsense'; see quorate --help\n$/],
    [['keys'], /a command is missing; quorate keys --help lists them\n$/],
    [['submit', 'set', 'k'], /missing required argument 'value'; see quorate submit set --help\n$/],
    [['testnet', '--json', 'kill', 'x'], /an integer from 0 to 1000; see quorate testnet --help\n$/],
    [['testnet', 'nonsense'], /"nonsense" is not a command of testnet; allowed: status, kill, start, stop/],
    [['testnet', '--replicas', '0'], /allowed: an integer from 1 to 32/],
    [['testnet', '--replicas', 'four'], /allowed: an integer from 1 to 32/],
    [['testnet', '--signatures', 'maybe'], /Allowed choices are required, none/],
    [
      ['testnet', '--application', '/nowhere/app.js'],
      /no application "\/nowhere\/app.js"; allowed: key-value, ledger/,
    ],
    [['bench', '--rate', '-1'], /allowed: a number from 0.1 to 1000000/],
    [['bench', '--signed', '--unsigned'], /either --signed or --unsigned/],
    [['bench', '--rate', '5', '--in-flight', '200'], /--in-flight does nothing with --rate/],
    [['bench', 'certificates', '--rate', '5', '--in-flight', '200'], /--in-flight does nothing with --rate/],
    [
      ['bench', '--api', '127.0.0.1:9', '--keep', '--replicas', '4'],
      /--replicas, --keep do nothing with --api/,
    ],
    [['start'], /no configuration given/],
    [['start', '--config', '/nowhere/quorate.json'], /there is no configuration \/nowhere\/quorate.json/],
    [
      ['start', '--http-port', 'x'],
      /--http-port: "x" is not acceptable; allowed: an integer from 0 to 65535/,
    ],
    [['status', '--api', 'ftp://host'], /is not the address of an API; allowed: http:\/\/HOST:PORT/],
    [['genesis'], /no member descriptors given/],
    [
      ['genesis', '--check', '/nowhere', '--json', '--name', 'quorate', '--no-shared-key'],
      /^quorate: --name, --no-shared-key do nothing with --check: leave them out/,
    ],
    [
      ['genesis', '--application', 'ledger', '--signatures', 'none', '/nowhere'],
      /--signatures does nothing with --application ledger/,
    ],
    [
      ['genesis', '--application-options', '/nowhere', '--signatures', 'none', '/nowhere'],
      /--signatures does nothing with --application-options/,
    ],
    [['genesis', '/nowhere/member.json'], /there is no member descriptor \/nowhere\/member.json/],
    [['get'], /give a key, or --transaction ID/],
    [['get', 'k', '--transaction', 'ab'.repeat(32)], /either a key or --transaction ID, not both/],
    [['get', '--transaction', 'ab'.repeat(32), '--hex'], /--hex does nothing with --transaction/],
    [['get', 'k', '--json', '--hex'], /--hex does nothing with --json/],
    [['get', '--transaction', 'zz'], /"zz" is not a transaction id; allowed: 64 hexadecimal digits/],
    [
      ['submit', 'raw', '--operation', 'xyz'],
      /is not an operation; allowed: an even number of hexadecimal digits/,
    ],
    [
      ['submit', 'transfer', '--to', '12', '--amount', '1'],
      /is not an account; allowed: 64 hexadecimal digits/,
    ],
    [['submit', 'set', 'k', 'v', '--wait', 'long'], /allowed: accepted, committed/],
  ])('%j are refused with exit code 2 and one sentence', async (args, sentence) => {
    const { exitCode, stdout, stderr } = await cli(args)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(sentence)
    expect(stderr).toMatch(/^quorate: /)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('have help with examples for every command, and exit codes in the help of all', async () => {
    const top = await cli(['--help'])
    expect(top.exitCode).toBe(0)
    expect(top.stdout).toContain('Exit codes:')
    const commands = ['testnet', 'init', 'genesis', 'start', 'status', 'submit', 'get', 'watch', 'bench']
    const nested = ['status', 'kill', 'start', 'stop'].map(name => ['testnet', name])
    const submits = ['set', 'delete', 'transfer', 'raw'].map(name => ['submit', name])
    for (const path of [...commands.map(name => [name]), ...nested, ...submits]) {
      const { exitCode, stdout } = await cli([...path, '--help'])
      expect(exitCode).toBe(0)
      expect(stdout, path.join(' ')).toMatch(/Examples:\n +(QUORATE_PASSWORD=\.\.\. )?quorate /)
    }
  })

  it('tell the version', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    expect((await cli(['--version'])).stdout).toBe(`${version}\n`)
  })
})

describe('a node that cannot be reached', () => {
  it.each([['status'], ['get', 'k'], ['submit', 'set', 'k', 'v'], ['watch'], ['bench']])(
    'ends %s with exit code 8',
    async (...args) => {
      const { exitCode, stderr } = await cli([...args, '--api', 'http://127.0.0.1:9'])
      expect(exitCode).toBe(8)
      expect(stderr).toMatch(
        /^quorate: the node at http:\/\/127\.0\.0\.1:9 cannot be reached(\. If it does not run, .*)?\n$/,
      )
    },
  )
})

describe('init and genesis', () => {
  const root = directory()
  const init = (name: string, ...more: string[]) =>
    cli(['init', '--dir', join(root, name), '--name', name, '--listen', '/ip4/127.0.0.1/tcp/4100', ...more], {
      QUORATE_PASSWORD: 'a password',
    })
  const descriptor = (name: string): string => join(root, name, 'member.json')

  beforeAll(async () => {
    for (const name of ['ann', 'bob', 'cid', 'dan']) expect((await init(name)).exitCode).toBe(0)
  })

  it('makes an encrypted key that only its owner can read', () => {
    const file = join(root, 'ann', 'key.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { crypto } = JSON.parse(readFileSync(file, 'utf8')) as { crypto: { kdf: { function: string } } }
    expect(crypto.kdf.function).toBe('scrypt')
  })

  it('overwrites nothing', async () => {
    const before = readFileSync(join(root, 'ann', 'key.json'), 'utf8')
    const { exitCode, stderr } = await init('ann')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/exists already/)
    expect(readFileSync(join(root, 'ann', 'key.json'), 'utf8')).toBe(before)
  })

  it('makes no key beside a configuration that is there, and asks for no password then', async () => {
    const dir = directory()
    writeFileSync(join(dir, 'quorate.json'), '{}')
    const { exitCode, stderr } = await cli(['init', '--dir', dir, '--name', 'eve'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/quorate\.json exists already and is not overwritten\n$/)
    expect(readdirSync(dir)).toEqual(['quorate.json'])
  })

  it('refuses a host that start would refuse', async () => {
    const { exitCode, stderr } = await init('zoe', '--http-host', '')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/http\.host: .*allowed: a host name or an IP address/)
  })

  it.each(['init', 'testnet'])(
    '%s says which directory cannot be made, and ends with exit code 6',
    async command => {
      // A file, and a file system on which a loop that makes what is missing would never end.
      for (const above of [join(root, 'ann', 'key.json'), '/proc']) {
        const path = join(above, 'nested', 'directory')
        const args = [command, '--dir', path, ...(command === 'init' ? ['--name', 'eve'] : [])]
        const { exitCode, stderr } = await cli(args, { QUORATE_PASSWORD: 'a password' })
        expect(exitCode, stderr).toBe(6)
        expect(stderr).toMatch(
          /^quorate: the directory \/.* cannot be made: E.*; give one that can be written\n$/,
        )
      }
    },
  )

  it('ends with exit code 6 where no genesis file can be written', async () => {
    const out = '/nowhere/genesis.json'
    const { exitCode, stderr } = await cli(['genesis', descriptor('ann'), '--out', out])
    expect(exitCode).toBe(6)
    expect(stderr).toMatch(/^quorate: the genesis file \/nowhere\/genesis\.json cannot be written: ENOENT/)
  })

  it('wants a password before it makes anything', async () => {
    const { exitCode, stderr } = await cli(['init', '--dir', join(root, 'eve'), '--name', 'eve'])
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/--key-password-file, set QUORATE_PASSWORD, or run in a terminal/)
    expect(existsSync(join(root, 'eve'))).toBe(false)
  })

  it('refuses a password file that others can read', async () => {
    const file = join(root, 'open-password')
    writeFileSync(file, 'x\n', { mode: 0o644 })
    const { exitCode, stderr } = await cli([
      'init',
      '--dir',
      join(root, 'eve'),
      '--name',
      'eve',
      '--key-password-file',
      file,
    ])
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/can be read by others: run chmod 600/)
  })

  it('tells all that is wrong with a node before it makes it', async () => {
    const { exitCode, stderr } = await init('not a name', '--bootstrap', 'nonsense')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/name: "not a name"/)
    expect(stderr).toMatch(/bootstrap\.0: "nonsense" is not a multiaddr/)
    expect(existsSync(join(root, 'not a name'))).toBe(false)
  })

  it('gives one network id, whatever the order of the descriptors was', async () => {
    const file = join(root, 'genesis.json')
    const made = await cli([
      'genesis',
      '--name',
      'shop',
      '--out',
      file,
      '--json',
      ...['bob', 'ann', 'dan', 'cid'].map(descriptor),
    ])
    expect(made.exitCode).toBe(0)
    const summary = JSON.parse(made.stdout) as {
      networkId: string
      n: number
      faultyMax: number
      quorum: number
      members: { name: string; addresses: string[]; peerId: string }[]
    }
    expect(summary).toMatchObject({ n: 4, faultyMax: 1, quorum: 3 })
    expect(summary.members.map(({ name }) => name).sort()).toEqual(['ann', 'bob', 'cid', 'dan'])
    for (const { addresses, peerId } of summary.members)
      expect(addresses).toEqual([`/ip4/127.0.0.1/tcp/4100/p2p/${peerId}`])
    const checked = JSON.parse((await cli(['genesis', '--check', file, '--json'])).stdout) as {
      networkId: string
    }
    expect(checked.networkId).toBe(summary.networkId)
    const again = await cli(['genesis', '--out', file, ...['ann', 'bob', 'cid', 'dan'].map(descriptor)])
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/exists already and is not overwritten/),
    })
  })

  it('shows what the members agree on about a shared key, or that there is none', async () => {
    const descriptors = ['ann', 'bob', 'cid', 'dan'].map(descriptor)
    const check = async (file: string, ...more: string[]) =>
      (await cli(['genesis', '--check', file, ...more])).stdout
    const file = join(root, 'with-key.json')
    await cli(['genesis', '--out', file, ...descriptors])
    expect(await check(file)).toContain(
      `shared key   dealt again every 30 days; the one before is served for 1 day more
             a ceremony waits 1 min for all in each phase, and 1 min for complaints
`,
    )
    expect(JSON.parse(await check(file, '--json'))).toMatchObject({ threshold: { deadlineMs: 60_000 } })
    const genesis = JSON.parse(readFileSync(file, 'utf8')) as { threshold: object }
    const other = { ...genesis, threshold: { ...genesis.threshold, refreshMs: 2_592_000_001, graceMs: 500 } }
    writeFileSync(join(root, 'other-times.json'), JSON.stringify(other))
    expect(await check(join(root, 'other-times.json'))).toMatch(
      /every 30 days 0\.001 s; .*\n.* 0\.5 s for compl/,
    )
    const none = join(root, 'without-key.json')
    await cli(['genesis', '--out', none, '--no-shared-key', ...descriptors])
    expect(await check(none)).toContain('shared key   none: the members make no key together\n')
    expect(JSON.parse(await check(none, '--json'))).toMatchObject({ threshold: null })
  })

  it('refuses a descriptor that is there twice, was changed, or is none', async () => {
    const genesis = (...files: string[]) => cli(['genesis', '--out', join(root, 'other.json'), ...files])
    const twice = await genesis(descriptor('ann'), descriptor('bob'), descriptor('ann'))
    expect(twice).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/members\.2\.publicKey: .* is also that of members\.0/),
    })
    const changed = join(root, 'changed.json')
    writeFileSync(changed, readFileSync(descriptor('bob'), 'utf8').replace('"bob"', '"rob"'))
    expect(await genesis(changed)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/is not signed by its own key/),
    })
    writeFileSync(changed, '{"format":"quorate-member/1"}')
    expect(await genesis(changed)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/cannot be used: name /),
    })
    expect(existsSync(join(root, 'other.json'))).toBe(false)
  })

  it('ends start with exit code 4 at a wrong password, and 2 without a genesis file', async () => {
    const config = join(root, 'ann', 'quorate.json')
    const missing = await cli(['start', '--config', config], { QUORATE_PASSWORD: 'wrong' })
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/there is no genesis file/) })
    const genesis = join(root, 'for-ann.json')
    expect((await cli(['genesis', '--out', genesis, descriptor('ann')])).exitCode).toBe(0)
    const wrong = await cli(['start', '--config', config, '--genesis', genesis], {
      QUORATE_PASSWORD: 'wrong',
    })
    expect(wrong).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/password .* is wrong/) })
  })
})
