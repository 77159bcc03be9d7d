import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createIdentity } from '../../src/crypto/identity.ts'
import { createGenesis } from '../../src/interfaces/cli/create-genesis.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { networkIdOf, orderedMembers } from '../../src/membership/genesis.ts'
import { loadConfig } from '../../src/node/config-sources.ts'
import { reportDisk, searchDisks } from '../../src/node/disk-report.ts'
import { writeGenesisFile } from '../../src/node/genesis-file.ts'
import { ConflictError, otherStateSigned } from '../../src/pbft/conflict.ts'
import { digest, sequence, view } from '../../src/pbft/types.ts'
import { writeConflict } from '../../src/runtime/conflict-record.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { EPOCH } from '../../src/runtime/parts.ts'
import type { StoreOperation } from '../../src/runtime/ports.ts'
import { type LevelStore, openLevelStore } from '../../src/storage/level-store.ts'
import { encodeEnvelopeBody, encodeSignedEnvelope } from '../../src/wire/encode.ts'
import { envelopeSigningBytes } from '../../src/wire/envelope.ts'
import { judge } from '../../src/wire/evidence.ts'
import { StoredView } from '../../src/wire/pb/messages.ts'
import { cli } from '../interfaces/cli/support/cli.ts'
import { sampleStatement } from '../wire/samples.ts'

/** Databases of real nodes' kind, with real signatures, which say what members signed. */
const identities = [1, 2, 3, 4].map(seed => createIdentity(new Uint8Array(32).fill(seed)))
const genesis = createGenesis(
  identities.map(({ publicKey }, i) => ({ name: `member-${i}`, publicKey: toHex(publicKey) })),
  { name: 'test', createdMs: 1, application: { module: 'key-value', options: {} }, admissionEffort: 1 },
)
const members = orderedMembers(genesis)
const scope = { networkId: networkIdOf(genesis), epoch: EPOCH, memberKeys: members.map(({ key }) => key) }

/** A PREPARE of a member, signed by it or by another. */
function prepareOf(sender: number, what: string, signer = sender): Uint8Array {
  const drafts = [
    { type: 'prepare', view: view(3), sequence: sequence(9), digest: digest(what.repeat(64)) } as const,
  ]
  const body = encodeEnvelopeBody(scope, { sender, number: 1, drafts })
  const identity = identities.find(({ publicKey }) => toHex(publicKey) === members[signer]?.publicKey)
  return encodeSignedEnvelope(body, identity?.sign(envelopeSigningBytes(scope, body)) ?? body, [])
}

const put = (key: string, value: Uint8Array): StoreOperation => ({ type: 'put', key, value })

interface Disk {
  readonly file: string
  use(what: (store: LevelStore) => unknown): Promise<void>
}

/** A node's directory, with a database that a member ran on. */
async function diskOf(member: number, envelopes: readonly Uint8Array[] = []): Promise<Disk> {
  const root = mkdtempSync(join(tmpdir(), 'quorate-disk-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const file = join(root, 'quorate.json')
  writeGenesisFile(join(root, 'genesis.json'), genesis)
  const key = { file: 'key.json' }
  writeFileSync(file, JSON.stringify({ name: `m${member}`, directory: 'data', genesis: 'genesis.json', key }))
  mkdirSync(join(root, 'data'))
  const use = async (what: (store: LevelStore) => unknown): Promise<void> => {
    const store = await openLevelStore({ directory: join(root, 'data', 'database') })
    await what(store)
    await store.close()
  }
  await use(store =>
    store.write(
      [
        put(diskNames.identity, scope.networkId),
        put(diskNames.owner, members[member]?.key ?? new Uint8Array(32)),
        put(diskNames.executed(7), new Uint8Array(1)),
        put(diskNames.executed(11), new Uint8Array(1)),
        put(diskNames.view, StoredView.encode({ view: 3, active: false })),
        ...envelopes.map((envelope, i) => put(diskNames.conflictPart('envelope', i), envelope)),
      ],
      { sync: true },
      () => {},
    ),
  )
  return { file, use }
}

const configOf = ({ file }: Disk) => loadConfig(file, {}, {})

it('says how far the node came that ran on a disk', async () => {
  const disk = await diskOf(2)
  expect(await reportDisk(configOf(disk))).toMatchObject({
    networkName: 'test',
    networkId: toHex(scope.networkId),
    name: 'm2',
    publicKey: members[2]?.publicKey,
    index: 2,
    view: 3,
    viewActive: false,
    sequence: 11,
    stableSequence: 0,
    recovering: false,
    stopped: null,
  })
  const { exitCode, stdout } = await cli(['status', '--config', disk.file])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^node +m2, member 2, does not run$/m)
  expect(stdout).toMatch(/^view +3 \(being changed\)$/m)
  expect(stdout).toMatch(/^sequence +11 executed, 0 stable$/m)
  expect(stdout).not.toContain('stopped')
})

it.each([
  [
    'two-commits',
    'two commit certificates of sequence 9 differ',
    new ConflictError('two-commits', 'two commit certificates of sequence 9 differ'),
  ],
  [
    'other-state-signed',
    'the network’s key signed another state than ours at sequence 9',
    otherStateSigned(
      {
        keyId: new Uint8Array(32),
        epoch: 1,
        statement: { ...sampleStatement, sequence: sequence(9) },
        signature: new Uint8Array(48),
      },
      null,
    ),
  ],
] as const)('says that a replica stopped for good, and why: %s', async (reason, message, conflict) => {
  const disk = await diskOf(0)
  await disk.use(store => writeConflict(store, conflict, () => {}))
  expect((await reportDisk(configOf(disk))).stopped).toMatchObject({ reason })
  const { stdout } = await cli(['status', '--config', disk.file])
  expect(stdout).toMatch(new RegExp(`^stopped +${reason}: .*${message}.*; the proofs`, 'm'))
  expect(stdout).toContain(`quorate culprits --config ${disk.file}`)
})

it('names who voted for two things, by the disks of both who were told', async () => {
  const one = await diskOf(0, [prepareOf(1, 'a'), prepareOf(2, 'a')])
  const other = await diskOf(3, [prepareOf(1, 'b'), prepareOf(2, 'a')])
  expect((await searchDisks([configOf(one)])).culprits).toEqual([])
  const { entries, culprits } = await searchDisks([configOf(one), configOf(other)])
  expect(entries).toBe(6)
  expect(culprits).toMatchObject([{ index: 1, name: members[1]?.name, evidence: [{ fault: 'two-votes' }] }])
  const [evidence] = culprits[0]?.evidence ?? []
  expect(evidence && judge(scope, genesis.protocol.logWindow, evidence)).toHaveLength(2)

  const told = await cli(['culprits', '--config', one.file, '--config', other.file])
  expect(told.exitCode).toBe(1)
  expect(told.stdout).toMatch(
    new RegExp(`^1 +${members[1]?.name} +${members[1]?.publicKey} +two-votes$`, 'm'),
  )
  expect(told.stderr).toContain('6 entries of 2 databases searched, 1 members named')
  const alone = await cli(['culprits', '--config', one.file, '--json'])
  expect(alone.exitCode).toBe(0)
  expect(JSON.parse(alone.stdout)).toEqual({ entries: 3, culprits: [] })
})

it('names nobody by what somebody else signed', async () => {
  const disk = await diskOf(0, [prepareOf(1, 'a'), prepareOf(1, 'b', 2)])
  expect((await searchDisks([configOf(disk)])).culprits).toEqual([])
})

it('reads all of a disk that holds much', async () => {
  const many = new Array<Uint8Array>(1_200).fill(prepareOf(2, 'a'))
  const disk = await diskOf(0, [prepareOf(1, 'a'), ...many, prepareOf(1, 'b')])
  const { entries, culprits } = await searchDisks([configOf(disk)])
  expect(entries).toBe(1_203)
  expect(culprits.map(({ index }) => index)).toEqual([1])
})

it('makes no database where there is none, and leaves that of a node that runs, and of another network, alone', async () => {
  const disk = await diskOf(0)
  const config = configOf(disk)
  await expect(reportDisk({ ...config, directory: join(config.directory, 'x') })).rejects.toThrow(
    'no node ever ran on it',
  )
  await disk.use(() => expect(reportDisk(config)).rejects.toThrow('in use by another process'))
  await disk.use(store =>
    store.write([put(diskNames.identity, new Uint8Array(32))], { sync: true }, () => {}),
  )
  await expect(searchDisks([config])).rejects.toThrow(/is that of network 00.*, and not of/)
  const refused = await cli(['status', '--config', disk.file, '--api', 'http://localhost:1'])
  expect(refused).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--api does nothing with --config'),
  })
  expect((await cli(['culprits', '--config', disk.file, '--from', '3'])).exitCode).toBe(2)
})

it('tells whoever asks a node that does not run where to look', async () => {
  const { exitCode, stderr } = await cli(['status', '--api', 'http://127.0.0.1:1'])
  expect(exitCode).toBe(8)
  expect(stderr).toContain('quorate status --config FILE looks at its disk')
})
