import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { certificateToJson } from '../../../src/client/proof-json.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { networkIdOf } from '../../../src/membership/genesis.ts'
import { readGenesisFile, writeGenesisFile } from '../../../src/node/genesis-file.ts'
import { CertifiedNetwork } from '../../client/certified-network.ts'
import { NOW_MS } from '../../wire/fixtures.ts'
import { cli } from './support/cli.ts'

const directory = mkdtempSync(join(tmpdir(), 'quorate-verify-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const network = new CertifiedNetwork('verified-from-files')
const [id = ''] = network.execute({ colour: 'red', flavour: 'sweet' })
network.execute({ colour: 'green' })
const first = ['--network', toHex(network.networkId), '--key', toHex(network.publicKey)]

function file(name: string, json: unknown): string {
  const path = join(directory, name)
  writeFileSync(path, typeof json === 'string' ? json : JSON.stringify(json))
  return path
}
const genesisFile = join(directory, 'genesis.json')
writeGenesisFile(genesisFile, network.genesis)

const receipt = file('receipt.json', network.receiptProof(id, 2))
const state = file('state.json', network.stateProof('colour'))
const absent = file('absent.json', network.stateProof('sound'))
const certificate = file('certificate.json', network.certificateJson(2))
const lie = file('lie.json', { ...network.stateProof('colour'), value: btoa('blue') })

describe('quorate verify', () => {
  it('prints what is proved, and ends with 0', async () => {
    const { exitCode, stdout, stderr } = await cli(['verify', receipt, state, absent, certificate, ...first])
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const line of [
      `${receipt}: receipt proved`,
      `  id: ${id}`,
      '  result.code: 0',
      `${state}: state proved`,
      '  value: green',
      '  value: null',
      '  certificate.by: key',
      '  certificate.sequence: 2',
      `${certificate}: certificate proved`,
    ])
      expect(stdout.split('\n')).toContain(line)
  })

  it('prints JSON, a line for each', async () => {
    const { stdout } = await cli(['verify', state, receipt, '--json', ...first])
    const [read, executed] = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(read).toMatchObject({
      file: state,
      kind: 'state',
      proved: true,
      key: 'colour',
      value: btoa('green'),
    })
    expect(executed).toMatchObject({
      kind: 'receipt',
      id,
      sequence: 1,
      certificate: { sequence: 2, by: 'key' },
      result: { code: 0, data: '' },
    })
  })

  it('tells bytes from a text that looks like them', async () => {
    const own = new CertifiedNetwork('a network whose values look like bytes')
    own.execute({ text: '0xff', bytes: Uint8Array.of(0xff) })
    const proofs = ['text', 'bytes'].map(key => file(`as-${key}.json`, own.stateProof(key)))
    const args = ['verify', ...proofs, '--network', toHex(own.networkId), '--key', toHex(own.publicKey)]
    const { stdout } = await cli(args)
    expect(stdout.split('\n').filter(line => line.startsWith('  value: '))).toEqual([
      '  value: "0xff"',
      '  value: 0xff',
    ])
    const json = (await cli([...args, '--json'])).stdout.trim().split('\n')
    expect(json.map(line => JSON.parse(line).value)).toEqual([btoa('0xff'), '/w=='])
  })

  it('names a lie, says of what, and ends with 1', async () => {
    const { exitCode, stdout, stderr } = await cli(['verify', lie, state, ...first])
    expect(exitCode).toBe(1)
    expect(stdout).toContain(`${lie}: state NOT PROVED: `)
    expect(stdout).toContain('(NOT_IN_STATE)')
    expect(stdout).toContain(`${state}: state proved`)
    expect(stderr).toContain('1 of 2 answers is not proved')
  })

  it('believes the members of a genesis, and a key beside it', async () => {
    expect(networkIdOf(readGenesisFile(genesisFile))).toEqual(network.networkId)
    const byMembers = file('members.json', network.receiptProof(id, 1, 'members'))
    const read = file('members-state.json', network.stateProof('colour', 'members'))
    expect(await cli(['verify', byMembers, read, '--genesis', genesisFile])).toMatchObject({ exitCode: 0 })
    const withKey = await cli([
      'verify',
      byMembers,
      state,
      '--genesis',
      genesisFile,
      '--key',
      toHex(network.publicKey),
    ])
    expect(withKey.exitCode).toBe(0)
    const withoutKey = await cli(['verify', state, '--genesis', genesisFile])
    expect([withoutKey.exitCode, withoutKey.stdout]).toEqual([1, expect.stringContaining('UNKNOWN_KEY')])
  })

  it('takes a list, and follows hand-overs in whatever order they come', async () => {
    const own = new CertifiedNetwork('a network whose keys are verified from files')
    const pinned = ['--network', toHex(own.networkId), '--key', toHex(own.publicKey)]
    const handovers = [1, 2].map(() => {
      own.execute({ colour: 'red' })
      return own.handoverJson(own.rotate())
    })
    own.execute({ colour: 'blue' })
    const proof = own.stateProof('colour')
    expect(await cli(['verify', file('one.json', proof), ...pinned])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('UNKNOWN_KEY'),
    })
    const all = file('all.json', [proof, ...[...handovers].reverse()])
    expect(await cli(['verify', all, ...pinned])).toMatchObject({ exitCode: 0 })
    const keys = file('keys.json', { networkId: toHex(own.networkId), handovers })
    const last = ['--network', toHex(own.networkId), '--key', toHex(own.publicKey)]
    const late = await cli(['verify', keys, file('one.json', proof), ...last])
    expect([late.exitCode, late.stdout]).toEqual([0, expect.stringContaining('hand-over passed over')])
    const [forged] = handovers
    const wrong = file('wrong.json', { ...forged, oldNotAfterMs: 2 ** 50 })
    expect(await cli(['verify', wrong, ...pinned])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('WRONG_SIGNATURE'),
    })
  })

  it('shows what others wrote into the state so that it looks like nothing else', async () => {
    const own = new CertifiedNetwork('a network whose values look like lines')
    const written = {
      lines: 'red\nforged.json: state proved\n  key: account\n  value: 1000',
      screen: 'red\u001b[2K\u001b]0;title\u0007\u0085\u202e\u2028',
      void: 'null',
      quoted: '"null"',
    }
    own.execute(written)
    const proofs = [...Object.keys(written), 'absent'].map(key => file(`${key}.json`, own.stateProof(key)))
    const anchor = ['--network', toHex(own.networkId), '--key', toHex(own.publicKey)]
    const { exitCode, stdout } = await cli(['verify', ...proofs, ...anchor])
    expect(exitCode).toBe(0)
    const values = stdout.split('\n').filter(line => line.startsWith('  value: '))
    expect(values).toEqual([
      '  value: "red\\nforged.json: state proved\\n  key: account\\n  value: 1000"',
      '  value: "red\\u001b[2K\\u001b]0;title\\u0007\\u0085\\u202e\\u2028"',
      '  value: "null"',
      '  value: "\\"null\\""',
      '  value: null',
    ])
    expect(stdout.split('\n').filter(line => line.endsWith(': state proved'))).toHaveLength(5)
  })

  it('names a list in lists, however deep, as what it is', async () => {
    const deep = file('deep.json', `${'{"handovers":['.repeat(20_000)}${']}'.repeat(20_000)}`)
    const { exitCode, stdout } = await cli(['verify', deep, ...first])
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('hand-over NOT PROVED')])
    expect(stdout).toContain('MALFORMED')
  })

  it('reads no more than it may, also of what has no size', async () => {
    const { exitCode, stderr } = await cli(['verify', '/dev/zero', ...first])
    expect([exitCode, stderr]).toEqual([
      2,
      'quorate: the answer /dev/zero cannot be read: it is larger than 268435456 bytes\n',
    ])
  })

  it('refuses what is older than asked for', async () => {
    const { statement } = network.certificate(2)
    const fresh = network.certify({ ...statement, logTimeMs: Date.now() })
    const young = file('young.json', certificateToJson(network.networkId, fresh))
    expect(await cli(['verify', young, '--max-age', '60', ...first])).toMatchObject({ exitCode: 0 })
    expect(Date.now() - NOW_MS).toBeGreaterThan(60_000)
    expect(await cli(['verify', certificate, '--max-age', '60', ...first])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('STALE'),
    })
  })

  it.each([
    ['no anchor', [state]],
    ['half an anchor', [state, '--network', 'ab'.repeat(32)]],
    ['a key that is no key', [state, '--network', 'ab'.repeat(32), '--key', '11'.repeat(96)]],
    ['a key of another length', [state, '--key', 'ab']],
    ['a network and a genesis', [state, '--genesis', genesisFile, '--network', 'ab'.repeat(32)]],
    ['a file that is not there', [join(directory, 'nothing.json'), ...first]],
    ['a file that is not JSON', [file('text.json', 'text'), ...first]],
    ['a file of something else', [file('other.json', { colour: 'red' }), ...first]],
    ['an empty list', [file('empty.json', []), ...first]],
    ['an application that nobody knows', [state, '--application', 'chess', ...first]],
    ['an age that is none', [state, '--max-age', '-1', ...first]],
  ])('ends with 2 for %s', async (_, args) => {
    const { exitCode, stdout, stderr } = await cli(['verify', ...args])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^quorate: .+\n$/)
  })
})
