/** What the log really says of keys, through a whole life of them, as the API tells it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LightClient } from '../../../src/client/light-client.ts'
import { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import { createHttpApp, type HttpApp } from '../../../src/interfaces/http/server.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import { EMPTY_KEY_STATE } from '../../../src/membership/key-state.ts'
import { inHex } from '../../../src/node/key-history.ts'
import { keySummary, keysInfo } from '../../../src/node/key-report.ts'
import { KeyLog, rulesFor, TIMES } from '../../membership/key-log.ts'
import { ScriptedNode } from '../../support/scripted-node.ts'

const RULES = rulesFor(4)
const DAY_MS = 86_400_000
const node = new ScriptedNode()
let app: HttpApp
beforeAll(() => {
  app = createHttpApp({ port: 0 }, { node, logger: silentLogger })
})
afterAll(() => app.close())

/** Every field is one that /openapi.json shows. */
async function told(log: KeyLog) {
  const certifiedSequence = 5
  node.keysInfo = {
    networkId: RULES.networkId,
    ...keysInfo(log.state, TIMES, log.at.logTimeMs),
    certifiedSequence,
  }
  const response = await app.fastify.inject({ method: 'GET', url: '/v1/keys' })
  const body = response.json()
  expect(SCHEMAS.Keys.parse(body)).toEqual(body)
  const summary = keySummary(log.state, certifiedSequence, null)
  expect(SCHEMAS.NodeStatus.shape.sharedKey.parse(summary)).toEqual(summary)
  expect(summary).toMatchObject({ keyId: body.active?.keyId ?? null, epoch: body.active?.epoch ?? null })
  const { kind, phase, missing } = body.ceremony ?? {}
  expect(summary.ceremony).toEqual(body.ceremony && { kind, phase, missing })
  return body
}

test('before anything there is nothing', () => {
  expect(keysInfo(EMPTY_KEY_STATE, TIMES, 0)).toMatchObject({
    active: null,
    ceremony: null,
    refreshDueMs: null,
  })
})

test('a ceremony names its phase, and who is missing in it', async () => {
  const log = new KeyLog(RULES)
  log.pass(10)
  log.start('fresh')
  const phases: unknown[] = []
  const note = async () => {
    const { ceremony } = await told(log)
    phases.push([ceremony.phase, ceremony.missing])
  }
  await note()
  log.registerAll(log.members.slice(1))
  await note()
  log.registerAll(log.members.slice(0, 1))
  await note()
  log.dealAll(log.members.slice(0, 3))
  await note()
  log.confirmAll(log.members.slice(0, 3))
  await note()
  log.confirmAll(log.members.slice(3))
  log.pass(10)
  await note()
  expect(phases).toEqual([
    ['registering', [0, 1, 2, 3]],
    ['registering', [0]],
    ['dealing', [0, 1, 2, 3]],
    ['confirming', [0, 1, 2, 3]],
    ['confirming', [3]],
    ['activating', []],
  ])
})

test('votes are told as long as they count', async () => {
  const log = new KeyLog(RULES)
  log.pass(10)
  log.run('fresh')
  log.start('rotate', 2)
  const keyId = log.state.active?.keyId ?? new Uint8Array()
  log.say(3, { type: 'revoke', keyId })
  log.pass(DAY_MS - 1)
  expect(await told(log)).toMatchObject({ rotationVotes: [2], revokeVotes: [3] })
  log.pass(1)
  expect(await told(log)).toMatchObject({ rotationVotes: [], revokeVotes: [] })
  // As the log sees it: one that is enough together with a vote that stands is not enough now.
  log.start('rotate', 1)
  log.say(0, { type: 'revoke', keyId })
  expect(await told(log)).toMatchObject({ ceremony: null, rotationVotes: [1], revokeVotes: [0] })
})

describe('a life of keys', () => {
  const log = new KeyLog(RULES)

  test('is told at each turn of it', async () => {
    log.pass(10)
    log.run('fresh')
    const first = await told(log)
    expect(first).toMatchObject({
      active: { epoch: 1, threshold: 3, members: 4 },
      retiring: [],
      ceremony: null,
    })
    expect(first.refreshDueMs).toBe(first.active.activatedMs + TIMES.refreshMs)

    log.run('refresh')
    const second = await told(log)
    expect(second.active).toMatchObject({ epoch: 2, publicKey: first.active.publicKey })
    expect(second.retiring).toMatchObject([{ epoch: 1, lastSequence: second.active.activatedSequence - 1 }])

    log.start('rotate', 2)
    expect((await told(log)).rotationVotes).toEqual([2])
    log.run('rotate')
    const third = await told(log)
    expect(third.retiring.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1, 2])
    expect(third.handovers).toHaveLength(1)
    const anchor = { networkId: RULES.networkId, publicKey: Buffer.from(first.active.publicKey, 'hex') }
    const light = new LightClient({ anchor })
    light.followHandover(third.handovers[0])
    expect(Buffer.from(light.publicKey ?? []).toString('hex')).toBe(third.active.publicKey)

    log.pass(TIMES.transitionMs, RULES.checkpointInterval + 1)
    expect((await told(log)).retiring).toEqual([])
    log.say(1, { type: 'erased', epoch: 1 })
    for (const member of [3, 0])
      log.say(member, { type: 'revoke', keyId: Buffer.from(third.active.keyId, 'hex') })
    expect((await told(log)).revokeVotes).toEqual([0, 3])
    log.say(1, { type: 'revoke', keyId: Buffer.from(third.active.keyId, 'hex') })
    expect(await told(log)).toMatchObject({ active: null, revokeVotes: [] })
    log.start('fresh')
    log.pass(100 * TIMES.deadlineMs)
    expect(await told(log)).toMatchObject({ ceremony: null })
  })

  test('makes events of all kinds but that of a fault, and each is one of those that are described', () => {
    const kinds = new Set<string>()
    for (const details of log.events) {
      const event = JSON.parse(JSON.stringify(inHex({ sequence: 1, logTimeMs: 5, ...details })))
      expect(SCHEMAS.KeyEvent.parse(event)).toEqual(event)
      kinds.add(event.type)
    }
    const described = SCHEMAS.KeyEvent.options.flatMap(({ shape: { type } }) =>
      'options' in type ? type.options : [...type.values],
    )
    expect([...kinds, 'fault'].sort()).toEqual([...described].sort())
  })
})
