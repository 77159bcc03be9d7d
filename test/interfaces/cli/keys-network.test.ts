import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyEventInfo, KeyRequestOutcome, KeysInfo } from '../../../src/node/api.ts'
import { replicaId } from '../../../src/pbft/types.ts'
import { type Served, serve } from '../../support/http.ts'
import { NETWORK_ID } from '../../support/scripted-node.ts'
import { cli } from './support/cli.ts'

const TOKEN = 'a-token-of-the-operator'
const KEYS: KeysInfo = {
  networkId: NETWORK_ID,
  active: null,
  retiring: [],
  ceremony: null,
  handovers: [],
  rotationVotes: [0],
  revokeVotes: [],
  refreshDueMs: null,
  certifiedSequence: 0,
}
const STARTED: KeyRequestOutcome = { state: 'executed', sequence: 1, code: 0, reason: '' }

let served: Served
let directory: string
let where: string[]
beforeEach(async () => {
  served = await serve({ operatorToken: TOKEN })
  served.node.keysInfo = KEYS
  directory = mkdtempSync(join(tmpdir(), 'quorate-request-'))
  const file = join(directory, 'token')
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 })
  where = ['--api', served.server.url, '--token-file', file]
})
afterEach(async () => {
  await served.server.close()
  rmSync(directory, { recursive: true })
})

const at = { sequence: 1, logTimeMs: 5 }
const KEY_ID = 'ab'.repeat(32)

/** What the first sequences changed about the keys, in the history of the node. */
function history(...sequences: readonly (readonly object[])[]): void {
  served.node.keyEvents = sequences.flatMap((events, i) =>
    events.map(details => ({ ...at, sequence: i + 1, ...details }) as KeyEventInfo),
  )
  served.node.advance(sequences.length)
}

const begun = (kind: string, attempt = 0) => ({
  type: 'ceremony-started',
  kind,
  epoch: 2,
  attempt,
  sessionId: `${attempt}`.repeat(64),
})
const asked = (request: string, votes: number) => ({
  type: 'asked',
  request,
  member: votes - 1,
  votes,
  needed: 2,
})
const activated = (kind: string, epoch = 2) => ({
  type: 'activated',
  kind,
  keyId: KEY_ID,
  epoch,
  publicKey: 'cd'.repeat(96),
})
const failed = (attempt = 0) => ({ type: 'failed', reason: 'stalled', epoch: 2, attempt })
const ACTIVE = 'shared key abababababababab: active, shares of epoch 2'

describe('quorate keys refresh', () => {
  beforeEach(() => {
    served.node.keyOutcome = STARTED
  })

  it('asks, shows each step, and ends when the new shares count', async () => {
    history([begun('refresh')])
    const run = cli(['keys', 'refresh', ...where])
    await expect.poll(() => served.node.subscribers).toBe(1)
    served.node.keyEvents = [
      ...served.node.keyEvents,
      { ...at, sequence: 2, type: 'confirmed', member: replicaId(3) },
      { ...at, sequence: 2, ...activated('refresh') } as KeyEventInfo,
    ]
    served.node.advance(1)
    const { exitCode, stdout } = await run
    expect(exitCode).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'ceremony for new shares of the key: begun, epoch 2',
      'ceremony: member 3 confirmed its share',
      ACTIVE,
      '',
    ])
    expect(served.node.asked).toEqual(['refresh'])
  })

  it('says all of it as one JSON value', async () => {
    history([begun('refresh')], [activated('refresh')], [])
    const { stdout } = await cli(['keys', 'refresh', '--json', ...where])
    expect(JSON.parse(stdout)).toMatchObject({
      request: 'refresh',
      sequence: 1,
      effect: { type: 'ceremony-started' },
      activated: { epoch: 2 },
    })
  })

  it('fails when the ceremony does', async () => {
    history([begun('refresh')], [failed()])
    const { exitCode, stderr } = await cli(['keys', 'refresh', ...where])
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('failed (stalled)')])
  })

  it.each([['failed', failed()] as const, ['activated', activated('rotate', 1)] as const])(
    'does not take the end of another ceremony, %s in the same sequence, for that of its own',
    async (_, end) => {
      history([end, begun('refresh', 1)], [activated('refresh')])
      const { exitCode, stdout } = await cli(['keys', 'refresh', ...where])
      const first = 'ceremony for new shares of the key: begun, epoch 2, attempt 2'
      expect([exitCode, stdout]).toEqual([0, `${first}\n${ACTIVE}\n`])
    },
  )

  it('gives up waiting', async () => {
    history([begun('refresh')])
    const { exitCode, stderr } = await cli(['keys', 'refresh', '--timeout', '5', ...where])
    expect(exitCode).toBe(8)
    expect(stderr).toContain('do not count after 5 s')
  })

  it('does not guess when the node has forgotten it, or says no more', async () => {
    const silent = await cli(['keys', 'refresh', '--timeout', '1', ...where])
    expect(silent).toMatchObject({ exitCode: 8, stderr: expect.stringContaining('does not tell what came') })
    served.node.historyMax = 1
    history([begun('refresh')], [])
    const forgotten = await cli(['keys', 'refresh', ...where])
    expect(forgotten).toMatchObject({ exitCode: 8, stderr: silent.stderr })
  })

  it('waits for nothing when told so, or when the log has not taken it', async () => {
    history([begun('refresh')])
    expect(await cli(['keys', 'refresh', '--no-wait', ...where])).toMatchObject({
      exitCode: 0,
      stdout:
        'asked to refresh the shared key: in the log at sequence 1\nceremony for new shares of the key: begun, epoch 2\n',
    })
    served.node.keyOutcome = { state: 'pending' }
    expect(await cli(['keys', 'refresh', ...where])).toMatchObject({
      exitCode: 0,
      stdout: 'asked to refresh the shared key: accepted\n',
    })
  })

  it('says when it is too late for the log to take it', async () => {
    served.node.keyOutcome = { state: 'expired' }
    const { exitCode, stderr } = await cli(['keys', 'refresh', ...where])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('expired before it was ordered')])
  })

  it.each([
    ['too-early', 'less than ten minutes ago'],
    ['ceremony-running', 'a ceremony runs already'],
    ['something-new', 'the log says something-new'],
  ])('says why the log refuses: %s', async (reason, sentence) => {
    served.node.keyOutcome = { state: 'executed', sequence: 1, code: 8, reason }
    const { exitCode, stderr } = await cli(['keys', 'refresh', ...where])
    expect(exitCode).toBe(3)
    expect(stderr).toContain(sentence)
  })
})

describe('quorate keys rotate and revoke', () => {
  beforeEach(() => {
    served.node.keyOutcome = STARTED
  })

  it('a single voice is not enough, and is told so', async () => {
    history([asked('rotate', 1)])
    const { exitCode, stdout } = await cli(['keys', 'rotate', ...where])
    expect(exitCode).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'asked to rotate the shared key: in the log at sequence 1',
      'member 0 asks to rotate the key: 1 of 2 that are needed',
      'more members have to ask, within a day',
      '',
    ])
  })

  it('a ceremony that has failed by the time of looking was begun, and failed', async () => {
    history([asked('rotate', 2), begun('rotate')], [failed()])
    const { exitCode, stdout, stderr } = await cli(['keys', 'rotate', ...where])
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('failed (stalled)')])
    expect(stdout).not.toContain('more members')
  })

  it('a ceremony that has ended well by the time of looking is told as a success', async () => {
    history([asked('rotate', 2), begun('rotate')], [activated('rotate')], [])
    const { exitCode, stdout } = await cli(['keys', 'rotate', ...where])
    expect([exitCode, stdout]).toEqual([0, `ceremony for another key: begun, epoch 2\n${ACTIVE}\n`])
  })

  it('a voice that the log has already is no refusal: rotate', async () => {
    served.node.keyOutcome = { state: 'executed', sequence: 1, code: 34, reason: 'repeated' }
    history([])
    const { exitCode, stdout } = await cli(['keys', 'rotate', ...where])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^asked .*\nmore members have to ask, /)])
  })

  it('a voice that the log has already is no refusal: revoke', async () => {
    served.node.keyOutcome = { state: 'executed', sequence: 1, code: 34, reason: 'repeated' }
    history([])
    const { exitCode, stdout } = await cli(['keys', 'revoke', ...where])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^asked .*\nmore members have to ask\n$/)])
  })

  it('a revocation is told, and what comes after it not waited for', async () => {
    history([asked('revoke', 2), { type: 'revoked', keyId: KEY_ID }, begun('fresh')])
    const { exitCode, stdout } = await cli(['keys', 'revoke', ...where])
    expect([exitCode, stdout]).toEqual([
      0,
      'asked to revoke the shared key: in the log at sequence 1\nshared key abababababababab: revoked\n',
    ])
    expect(served.node.asked).toEqual(['revoke'])
  })
})

/** One command for several nodes, as for a test network. */
describe('the nodes of one operator', () => {
  let more: Served
  let nodes: string[]
  beforeEach(async () => {
    more = await serve({ operatorToken: TOKEN })
    more.node.keysInfo = KEYS
    nodes = [served, more].flatMap(({ port }, i) => ['--dir', nodeDirectory(`${i}`, port)])
  })
  afterEach(() => more.server.close())

  function nodeDirectory(name: string, port: number): string {
    const path = join(directory, name)
    mkdirSync(join(path, 'data'), { recursive: true })
    writeFileSync(
      join(path, 'quorate.json'),
      JSON.stringify({
        name,
        directory: 'data',
        genesis: 'genesis.json',
        key: { file: 'key.json' },
        http: { port },
      }),
    )
    writeFileSync(join(path, 'data', 'operator-token'), `${TOKEN}\n`, { mode: 0o600 })
    return path
  }

  it('are asked until there were enough', async () => {
    served.node.keyOutcome = STARTED
    history([asked('revoke', 2), { type: 'revoked', keyId: KEY_ID }])
    expect(await cli(['keys', 'revoke', ...nodes])).toMatchObject({ exitCode: 0 })
    expect([served.node.asked, more.node.asked]).toEqual([['revoke'], []])
  })

  it('tell of the ceremony that somebody else’s voice began between theirs', async () => {
    const sequences = [[asked('rotate', 1)], [asked('rotate', 2), begun('rotate')], [], [activated('rotate')]]
    served.node.keyOutcome = STARTED
    history(...sequences)
    more.node.keyOutcome = { state: 'executed', sequence: 3, code: 4, reason: 'ceremony-running' }
    more.node.keyEvents = served.node.keyEvents
    more.node.advance(5)
    const { exitCode, stdout } = await cli(['keys', 'rotate', ...nodes])
    expect([exitCode, stdout]).toEqual([0, `ceremony for another key: begun, epoch 2\n${ACTIVE}\n`])
  })
})

describe('whoever is not the operator', () => {
  it('is refused by the node', async () => {
    const args = ['keys', 'rotate', '--api', served.server.url]
    const { exitCode, stderr } = await cli(args, { QUORATE_OPERATOR_TOKEN: 'a-token-of-somebody' })
    expect(exitCode).toBe(3)
    expect(stderr).toContain('operator-token')
    expect(served.node.asked).toEqual([])
  })

  it.each([
    [['--api', 'http://127.0.0.1:1'], 'no token: give --token-file'],
    [['--api', 'http://127.0.0.1:1', '--dir', '.'], 'either --dir or --api'],
    [['--dir', '/nowhere'], '/nowhere holds neither a node (quorate.json) nor a test network'],
  ])('is told what is missing: %j', async (args, sentence) => {
    const { exitCode, stderr } = await cli(['keys', 'rotate', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(sentence)
  })
})
