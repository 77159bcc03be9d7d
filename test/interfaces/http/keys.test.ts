import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ZodType } from 'zod'
import { decodeCertificate } from '../../../src/client/proof-json.ts'
import { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import type { KeyEventInfo, KeysInfo } from '../../../src/node/api.ts'
import { digest, sequence } from '../../../src/pbft/types.ts'
import type { ThresholdCertificate } from '../../../src/wire/statement.ts'
import { type Served, serve } from '../../support/http.ts'
import { NETWORK_ID } from '../../support/scripted-node.ts'

const TOKEN = 'a-token-of-the-operator'
let served: Served
beforeEach(async () => {
  served = await serve({ operatorToken: TOKEN })
})
afterEach(() => served.server.close())

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)
const certificateOf = (at: number): ThresholdCertificate => ({
  keyId: bytes(32, 1),
  epoch: 2,
  statement: {
    epoch: 0,
    sequence: sequence(at),
    historyDigest: digest('aa'.repeat(32)),
    stateRoot: digest('bb'.repeat(32)),
    membersHash: digest('cc'.repeat(32)),
    logTimeMs: 5,
  },
  signature: bytes(48, 3),
})

const KEY = {
  keyId: toHex(bytes(32, 1)),
  epoch: 2,
  publicKey: toHex(bytes(96, 2)),
  polynomial: [toHex(bytes(96, 2)), toHex(bytes(96, 6)), toHex(bytes(96, 7))],
  threshold: 3,
  members: 4,
  activatedSequence: 30,
  activatedMs: 1_000,
}
const KEYS: KeysInfo = {
  networkId: NETWORK_ID,
  active: KEY,
  retiring: [{ ...KEY, epoch: 1, lastSequence: 29, retiresMs: 2_000, retiresSequence: 158 }],
  ceremony: {
    kind: 'rotate',
    phase: 'confirming',
    missing: [1],
    epoch: 3,
    attempt: 0,
    sessionId: toHex(bytes(32, 5)),
    startSequence: 40,
    startMs: 1_500,
    phaseSinceMs: 1_600,
    notBeforeMs: null,
  },
  handovers: [
    {
      oldKeyId: bytes(32, 8),
      newKey: bytes(96, 2),
      newKeyId: bytes(32, 1),
      epoch: 2,
      notBeforeMs: 900,
      oldNotAfterMs: 1_900,
      oldSignature: bytes(48, 6),
      newSignature: bytes(48, 7),
    },
  ],
  rotationVotes: [0, 2],
  revokeVotes: [],
  refreshDueMs: 9_000,
  certifiedSequence: 64,
}

/** The schema that /openapi.json shows knows every field of the answer. */
function matches(schema: ZodType, body: unknown) {
  expect(schema.parse(body)).toEqual(body)
}

const url = (path: string) => `${served.server.url}${path}`
const get = async (path: string) => {
  const response = await fetch(url(path))
  return { status: response.status, body: await response.json() }
}

test('the keys are told as the log has them', async () => {
  served.node.keysInfo = KEYS
  const { status, body } = await get('/v1/keys')
  expect(status).toBe(200)
  matches(SCHEMAS.Keys, body)
  expect(body).toMatchObject({ networkId: toHex(NETWORK_ID), active: KEY, ceremony: { missing: [1] } })
  expect(await served.client.keys()).toEqual(body)
})

test('a network without a shared key says so', async () => {
  expect(await get('/v1/keys')).toMatchObject({ status: 404, body: { error: { code: 'NO_SHARED_KEY' } } })
  expect(await get('/v1/certificate')).toMatchObject({ status: 404 })
  expect(await served.client.keys()).toBeNull()
})

test('a certificate is the latest, or covers what was asked for', async () => {
  served.node.keysInfo = KEYS
  served.node.certificates = [certificateOf(64), certificateOf(128)]
  const { body } = await get('/v1/certificate?sequence=65')
  matches(SCHEMAS.ThresholdCertificate, body)
  expect(decodeCertificate(body)).toEqual({ networkId: toHex(NETWORK_ID), value: certificateOf(128) })
  expect(await served.client.certificate(1)).toMatchObject({ statement: { sequence: 64 } })
  expect(await served.client.certificate(129)).toBeNull()
  for (const wrong of ['0', '-1', 'x', '1&sequence=2'])
    expect(await get(`/v1/certificate?sequence=${wrong}`)).toMatchObject({ status: 400 })
})

describe('what only the operator may ask', () => {
  const ask = (request: string, headers: Record<string, string>, body = '{}') =>
    fetch(url(`/v1/keys/${request}`), { method: 'POST', headers, body })
  const json = { 'content-type': 'application/json' }

  beforeEach(() => {
    served.node.keysInfo = KEYS
  })

  test.each(['refresh', 'rotate', 'revoke'] as const)('%s is asked with the token', async request => {
    served.node.keyOutcome = { state: 'executed', sequence: 7, code: 0, reason: '' }
    const reply = await served.client.askOfKey(request, TOKEN)
    expect(reply).toEqual({ state: 'executed', sequence: 7, code: 0, reason: '' })
    matches(SCHEMAS.KeyRequest, reply)
    expect(served.node.asked).toEqual([request])
  })

  test.each([
    [401, {}],
    [401, { authorization: `Basic ${btoa(`operator:${TOKEN}`)}` }],
    [401, { authorization: 'Bearer ' }],
    [403, { authorization: `Bearer ${TOKEN}x` }],
    [403, { authorization: `Bearer ${TOKEN.slice(1)}` }],
  ])('nothing is asked without it: %i', async (status, headers) => {
    const response = await ask('rotate', { ...json, ...headers })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code: 'NOT_OPERATOR' } })
    expect(served.node.asked).toEqual([])
  })

  test('a node without a token has no operator', async () => {
    const other = await serve()
    other.node.keysInfo = KEYS
    const refused = other.client.askOfKey('refresh', TOKEN)
    await expect(refused).rejects.toMatchObject({ code: 'NOT_OPERATOR', status: 403 })
    expect(other.node.asked).toEqual([])
    await other.server.close()
  })

  test('a page of another origin may not send the token, even if it knew it', async () => {
    const headers = {
      origin: 'https://elsewhere.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type',
    }
    const response = await fetch(url('/v1/keys/rotate'), { method: 'OPTIONS', headers })
    expect(response.headers.get('access-control-allow-headers')).not.toContain('authorization')
    expect(response.headers.get('access-control-allow-methods')).not.toContain('POST')
  })

  test('it is told when the log has not taken it yet, and why it is refused', async () => {
    expect(await served.client.askOfKey('refresh', TOKEN)).toEqual({ state: 'pending' })
    served.node.keyOutcome = { state: 'expired' }
    const expired = await ask('refresh', { ...json, authorization: `Bearer ${TOKEN}` })
    const body: unknown = await expired.json()
    expect([expired.status, body]).toEqual([200, { state: 'expired' }])
    matches(SCHEMAS.KeyRequest, body)
    const refusal = { code: 'NOT_A_MEMBER', message: 'an observer has no voice' }
    served.node.keyOutcome = { state: 'refused', refusal }
    await expect(served.client.askOfKey('refresh', TOKEN)).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
      status: 422,
    })
  })
})

test('events of keys and certificates come through, and a place is not lost by them', async () => {
  const { node, client } = served
  const seen: unknown[] = []
  const events = client.events({ afterId: 0 })
  const first = events.next()
  await expect.poll(() => node.subscribers).toBe(1)
  const at = { sequence: 1, logTimeMs: 5 }
  const info = {
    ...at,
    type: 'activated',
    kind: 'fresh',
    keyId: KEY.keyId,
    epoch: 1,
    publicKey: KEY.publicKey,
  }
  node.tell({ id: 0, type: 'key', info: info as KeyEventInfo })
  node.advance(1)
  const certificate = { ...at, keyId: KEY.keyId, epoch: 1, signature: toHex(bytes(48, 3)) }
  node.tell({ id: 1, type: 'certificate', info: certificate })
  seen.push((await first).value, (await events.next()).value, (await events.next()).value)
  await events.return()
  matches(SCHEMAS.KeyEvent, info)
  matches(SCHEMAS.CertificateEvent, certificate)
  expect(seen).toMatchObject([
    { type: 'key', id: 0, info },
    { type: 'executed', id: 1 },
    { type: 'certificate', id: 1, info: certificate },
  ])
})
