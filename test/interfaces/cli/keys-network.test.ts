import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyEventInfo, KeyRequestOutcome, KeysInfo } from '../../../src/node/api.ts'
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
  directory = mkdtempSync(join(tmpdir(), 'quorate-wish-'))
  const file = join(directory, 'token')
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 })
  where = ['--api', served.server.url, '--token-file', file]
})
afterEach(async () => {
  await served.server.close()
  rmSync(directory, { recursive: true })
})

const at = { sequence: 1, logTimeMs: 5 }
const tell = (details: object) =>
  served.node.tell({ id: 0, type: 'key', info: { ...at, ...details } as KeyEventInfo })
const ACTIVATED = { type: 'activated', kind: 'refresh', keyId: 'ab'.repeat(32), epoch: 2, publicKey: '' }

describe('quorate keys refresh', () => {
  it('asks, shows each step, and ends when the new shares count', async () => {
    served.node.keyOutcome = STARTED
    const run = cli(['keys', 'refresh', ...where])
    await expect.poll(() => served.node.subscribers).toBe(1)
    tell({ type: 'ceremony-started', kind: 'refresh', epoch: 2, attempt: 0, sessionId: '' })
    tell({ type: 'confirmed', member: 3 })
    tell(ACTIVATED)
    served.node.advance(1)
    const { exitCode, stdout } = await run
    expect(exitCode).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'ceremony for new shares of the key: begun, epoch 2',
      'ceremony: member 3 confirmed its share',
      'shared key abababababababab: active, shares of epoch 2',
      '',
    ])
    expect(served.node.asked).toEqual(['refresh'])
  })

  it('says all of it as one JSON value', async () => {
    served.node.keyOutcome = STARTED
    const run = cli(['keys', 'refresh', '--json', ...where])
    await expect.poll(() => served.node.subscribers).toBe(1)
    tell(ACTIVATED)
    served.node.advance(1)
    const { stdout } = await run
    expect(JSON.parse(stdout)).toMatchObject({ wish: 'refresh', sequence: 1, activated: { epoch: 2 } })
  })

  it('fails when the ceremony does', async () => {
    served.node.keyOutcome = STARTED
    const run = cli(['keys', 'refresh', ...where])
    await expect.poll(() => served.node.subscribers).toBe(1)
    tell({ type: 'failed', reason: 'stalled', epoch: 2, attempt: 0 })
    expect(await run).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('failed (stalled)') })
  })

  it('gives up waiting', async () => {
    served.node.keyOutcome = STARTED
    const { exitCode, stderr } = await cli(['keys', 'refresh', '--timeout', '1', ...where])
    expect(exitCode).toBe(8)
    expect(stderr).toContain('do not count after 1 s')
  })

  it('waits for nothing when told so, or when the log has not taken it', async () => {
    served.node.keyOutcome = STARTED
    expect(await cli(['keys', 'refresh', '--no-wait', ...where])).toMatchObject({
      exitCode: 0,
      stdout: 'asked to refresh the shared key: in the log at sequence 1\n',
    })
    served.node.keyOutcome = { state: 'pending' }
    expect(await cli(['keys', 'refresh', ...where])).toMatchObject({
      exitCode: 0,
      stdout: 'asked to refresh the shared key: accepted\n',
    })
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
  it('a single voice is not enough, and is told so', async () => {
    served.node.keyOutcome = STARTED
    const { exitCode, stdout } = await cli(['keys', 'rotate', ...where])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('more members have to ask')
  })

  it.each(['rotate', 'revoke'])('a voice that the log has already is no refusal: %s', async wish => {
    served.node.keyOutcome = { state: 'executed', sequence: 1, code: 34, reason: 'repeated' }
    const { exitCode, stdout } = await cli(['keys', wish, ...where])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^asked /)])
  })

  it('a revocation is asked and not waited for', async () => {
    served.node.keyOutcome = STARTED
    const { exitCode, stdout } = await cli(['keys', 'revoke', ...where])
    expect([exitCode, stdout]).toEqual([0, 'asked to revoke the shared key: in the log at sequence 1\n'])
    expect(served.node.asked).toEqual(['revoke'])
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
