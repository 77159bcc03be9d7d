import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ZodType } from 'zod'
import { transactionToJson } from '../../../src/client/transaction-json.ts'
import { openApiDocument } from '../../../src/interfaces/http/openapi.ts'
import { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import { createHttpApp, type HttpApp } from '../../../src/interfaces/http/server.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import { transactionId } from '../../../src/wire/transaction.ts'
import { NETWORK_ID, ScriptedNode } from '../../support/scripted-node.ts'
import { transactionOf } from '../../support/transactions.ts'

let node: ScriptedNode
let app: HttpApp

beforeEach(() => {
  node = new ScriptedNode()
  app = createHttpApp(
    { port: 0, allowWritesFromOrigins: ['https://desk.example'], limits: { bodyBytesMax: 2_000 } },
    { node, logger: silentLogger },
  )
})
afterEach(() => app.close())

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await app.fastify.inject({ method: 'GET', url, headers })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

async function post(payload: unknown, query = '') {
  const headers = { 'content-type': 'application/json' }
  const url = `/v1/transactions${query}`
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const response = await app.fastify.inject({ method: 'POST', url, headers, payload: body })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

/** The schema that /openapi.json shows knows every field of the answer. */
function matches(schema: ZodType, body: unknown) {
  expect(schema.parse(body)).toEqual(body)
}

test('a transaction is accepted at once, or answered with its result', async () => {
  const transaction = transactionOf('colour=red')
  const id = transactionId(NETWORK_ID, transaction)
  node.hold()
  const accepted = await post(transactionToJson(transaction))
  expect(accepted).toMatchObject({ status: 202, body: { id, state: 'accepted' } })
  matches(SCHEMAS.TransactionStatus, accepted.body)

  node.release()
  const committed = await post(transactionToJson(transaction), '?wait=committed')
  expect(committed).toMatchObject({
    status: 200,
    body: { id, state: 'committed', sequence: 1, position: 0, result: { code: 0, data: btoa('red') } },
  })
  matches(SCHEMAS.TransactionStatus, committed.body)
})

test('a repeated transaction gets the stored reply, whatever it waits for', async () => {
  const transaction = transactionToJson(transactionOf('colour=red'))
  const first = await post(transaction, '?wait=committed')
  const second = await post(transaction)
  expect(second.status).toBe(200)
  expect(second.body).toEqual(first.body)
})

test('a time-out tells the id, why, and how to ask again', async () => {
  node.hold()
  node.stall = { code: 'QUORUM_LOST', message: 'Members 1 and 2 are missing.', missing: [1, 2], sinceMs: 5 }
  const transaction = transactionOf('colour=red')
  const id = transactionId(NETWORK_ID, transaction)
  const late = await post(transactionToJson(transaction), '?wait=committed&timeoutMs=20')
  expect(late).toMatchObject({
    status: 202,
    body: { id, state: 'accepted', timedOut: true, message: 'Members 1 and 2 are missing.' },
  })
  matches(SCHEMAS.TransactionStatus, late.body)
  expect(node.waiters).toBe(0)

  const again = get(late.body.next)
  node.release()
  expect(await again).toMatchObject({ status: 200, body: { id, state: 'committed' } })
})

test('a transaction that expires while it is waited for says so', async () => {
  node.hold()
  const answer = post(transactionToJson(transactionOf('colour=red')), '?wait=committed')
  await expect.poll(() => node.waiters).toBe(1)
  node.expirePending()
  expect(await answer).toMatchObject({ status: 200, body: { state: 'expired' } })
})

test('refusals of the node are told with their code: the fault of the transaction, or of the moment', async () => {
  const empty = await post(transactionToJson(transactionOf('')))
  expect(empty).toMatchObject({ status: 422, body: { error: { code: 'EMPTY' } } })
  expect(empty.body.id).toHaveLength(64)
  matches(SCHEMAS.Error, empty.body)

  node.refuseWith = { code: 'BUSY', message: 'Too many transactions wait.' }
  const busy = await post(transactionToJson(transactionOf('a=b')))
  expect(busy).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    body: { error: { code: 'BUSY' } },
  })
})

test.each([
  ['', 'The transaction is not JSON.'],
  ['{', 'The transaction is not JSON.'],
  ['[]', 'client must be 64 hexadecimal digits.'],
  ['null', 'A transaction is a JSON object.'],
  [{ ...transactionToJson(transactionOf('a=b')), client: 'zz' }, 'client must be 64 hexadecimal digits.'],
  [{ ...transactionToJson(transactionOf('a=b')), nonce: 1.5 }, 'nonce must be a whole number'],
  [{ ...transactionToJson(transactionOf('a=b')), timestampMs: -1 }, 'timestampMs must be a whole number'],
  [{ ...transactionToJson(transactionOf('a=b')), operation: 'a' }, 'operation must be base64'],
  [{ ...transactionToJson(transactionOf('a=b')), signature: 'AAAA' }, 'signature must be 64 bytes'],
  [{ ...transactionToJson(transactionOf('a=b')), kind: 'system' }, 'kind must be left out'],
])('what is no transaction is refused with a sentence: %j', async (payload, message) => {
  const { status, body } = await post(payload)
  expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'INVALID_TRANSACTION' })
  expect(body.error.message).toContain(message)
})

test('bad query parameters are refused', async () => {
  for (const query of ['?wait=for-me', '?timeoutMs=-1', '?timeoutMs=1e9', '?wait=accepted&wait=committed']) {
    expect((await post(transactionToJson(transactionOf('a=b')), query)).body.error.code).toBe('INVALID_QUERY')
  }
})

test('the state is served with value, proof, root, sequence and certificate; absence too', async () => {
  await post(transactionToJson(transactionOf('shop/colour=red')), '?wait=committed')
  const present = await get('/v1/state/shop/colour')
  expect(present.body).toMatchObject({ key: 'shop/colour', value: btoa('red'), sequence: 1 })
  matches(SCHEMAS.State, present.body)
  const absent = await get('/v1/state/shop/size')
  expect(absent).toMatchObject({ status: 200, body: { value: null, proof: btoa('proof of shop/size') } })
})

test.each([
  ['/v1/state/a%20b', 'a b'],
  ['/v1/state/a%2Fb/c', 'a/b/c'],
  ['/v1/state/100%25', '100%'],
  ['/v1/state/caf%C3%A9', 'café'],
  ['/v1/state?key=..', '..'],
  ['/v1/state?key=a%2Fb', 'a/b'],
])('%s asks for the key "%s"', async (url, key) => {
  expect((await get(url)).body.key).toBe(key)
})

test('a key that the application refuses, and a missing one', async () => {
  expect(await get('/v1/state/forbidden')).toMatchObject({
    status: 400,
    body: { error: { code: 'BAD_KEY' } },
  })
  expect(await get('/v1/state')).toMatchObject({ status: 400, body: { error: { code: 'INVALID_QUERY' } } })
})

test('status, members, peers and sequences have the shape that is documented', async () => {
  await post(transactionToJson(transactionOf('a=b')), '?wait=committed')
  matches(SCHEMAS.NodeStatus, (await get('/v1/status')).body)
  matches(SCHEMAS.Members, (await get('/v1/members')).body)
  matches(SCHEMAS.Peers, (await get('/v1/peers')).body)
  matches(SCHEMAS.Sequence, (await get('/v1/sequences/1')).body)
  expect(await get('/v1/sequences/99')).toMatchObject({
    status: 404,
    body: { error: { code: 'SEQUENCE_UNKNOWN' } },
  })
  expect(await get('/v1/sequences/first')).toMatchObject({ status: 400 })
})

test('readyz says why not', async () => {
  expect((await get('/readyz')).status).toBe(200)
  node.stall = { code: 'QUORUM_LOST', message: 'Members 1 and 2 are missing.', missing: [1, 2], sinceMs: 5 }
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { error: { code: 'QUORUM_LOST' } } })
  node.stall = null
  node.state = 'recovering'
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { error: { code: 'NOT_READY' } } })
  expect((await get('/healthz')).status).toBe(200)
})

test('metrics are text', async () => {
  const response = await app.fastify.inject('/metrics')
  expect(response.headers['content-type']).toContain('text/plain')
  expect(response.body).toContain('quorate_sequence')
})

test('what is not there, not allowed, or not of the right type', async () => {
  expect(await get('/v1/nothing')).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } })
  expect(await get(`/v1/sequences/${'1'.repeat(500)}`)).toMatchObject({ status: 404 })
  expect(await get('/v1/state/%ff')).toMatchObject({ status: 400, body: { error: { code: 'BAD_URL' } } })
  expect(await get('/v1/transactions/xyz')).toMatchObject({
    status: 400,
    body: { error: { code: 'INVALID_ID' } },
  })
  expect(await get(`/v1/transactions/${'0'.repeat(64)}`)).toMatchObject({ status: 404 })
  const put = await app.fastify.inject({ method: 'PUT', url: '/v1/transactions', payload: 'x' })
  expect(put.statusCode).toBe(405)
  expect(put.headers.allow).toBe('POST')
  expect(put.json().error.code).toBe('METHOD_NOT_ALLOWED')
  for (const url of ['/v1/transactions', '/v1/transactions/bulk']) {
    const headers = { 'content-type': 'text/plain' }
    const response = await app.fastify.inject({ method: 'POST', url, headers, payload: 'x' })
    expect([response.statusCode, response.json().error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
  }
})

test('a large body is refused', async () => {
  const { status, body } = await post(' '.repeat(2_001))
  expect([status, body.error.code]).toEqual([413, 'BODY_TOO_LARGE'])
})

test('a failure of the node is an error 500 without details', async () => {
  node.failWith = new Error('secret detail')
  const { status, body } = await post(transactionToJson(transactionOf('a=b')))
  expect([status, body.error.code]).toEqual([500, 'INTERNAL'])
  expect(JSON.stringify(body)).not.toContain('secret')
})

test('any page may read, only named origins may write', async () => {
  const origin = 'https://elsewhere.example'
  expect((await get('/v1/status', { origin })).headers['access-control-allow-origin']).toBe('*')
  const ask = (from: string) =>
    app.fastify.inject({
      method: 'OPTIONS',
      url: '/v1/transactions',
      headers: { origin: from, 'access-control-request-method': 'POST' },
    })
  expect((await ask(origin)).headers['access-control-allow-origin']).toBeUndefined()
  expect((await ask('https://desk.example')).headers['access-control-allow-origin']).toBe(
    'https://desk.example',
  )
})

test('the description names every route, and every reference in it leads somewhere', async () => {
  const document = (await get('/openapi.json')).body
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())))
  const schemas = document.components.schemas
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)
  for (const [, name] of references) expect(schemas).toHaveProperty(name as string)
  expect(Object.keys(schemas).sort()).toEqual(Object.keys(SCHEMAS).sort())
  await app.fastify.ready()
  for (const [path, methods] of Object.entries(document.paths)) {
    const url = path.replace('{key}', '*').replace(/\{(\w+)\}/g, ':$1')
    for (const method of Object.keys(methods as object)) {
      expect(app.fastify.hasRoute({ url, method: method.toUpperCase() as 'GET' }), `${method} ${url}`).toBe(
        true,
      )
    }
  }
})
