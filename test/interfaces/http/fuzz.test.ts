import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { transactionToJson } from '../../../src/client/transaction-json.ts'
import { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import { createHttpApp, type HttpApp } from '../../../src/interfaces/http/server.ts'
import type { Logger } from '../../../src/lib/logger.ts'
import { type Served, serve } from '../../support/http.ts'
import { connected } from '../../support/raw-http.ts'
import { ScriptedNode } from '../../support/scripted-node.ts'
import { transactionOf } from '../../support/transactions.ts'

/** Whatever is sent, the answer is no failure of the server, and an error has the documented shape. */
let app: HttpApp
let served: Served
const errors: object[] = []
beforeAll(async () => {
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: data => errors.push(data) }
  app = createHttpApp({ port: 0, limits: { waitMaxMs: 5 } }, { node: new ScriptedNode(), logger })
  served = await serve()
})
afterAll(async () => {
  await app.close()
  await served.server.close()
})

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const PATHS = [
  '/v1/transactions',
  '/v1/transactions/bulk',
  '/v1/transactions/',
  `/v1/transactions/${'a'.repeat(64)}`,
  '/v1/state',
  '/v1/state/',
  '/v1/status',
  '/v1/members',
  '/v1/peers',
  '/v1/sequences/',
  '/v1/events/',
  '/metrics',
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/',
]
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '..',
    '%',
    '%00',
    '%2F',
    '%ff',
    '//',
    '__proto__',
    'constructor',
    '?',
    '#',
    '1e3',
    '-1',
    '999999999999999999',
  ),
)
const query = fc.array(
  fc.tuple(fc.oneof(fc.constantFrom('wait', 'timeoutMs', 'key', 'after'), hostile), hostile),
  { maxLength: 3 },
)
const valid = transactionToJson(transactionOf('a=b'))
const almost = fc
  .record({ field: fc.constantFrom(...Object.keys(valid)), value: fc.jsonValue() })
  .map(({ field, value }) => JSON.stringify({ ...valid, [field]: value }))
const body = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.json(),
  almost,
  fc.array(fc.oneof(almost, fc.json(), hostile), { maxLength: 20 }).map(lines => lines.join('\n')),
)
const contentType = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/x-ndjson',
    'text/plain',
    'application/json; charset=utf-16',
    '',
  ),
  fc.string({ maxLength: 30 }),
)

test('no request makes a route fail', async () => {
  const request = fc.record({
    method: fc.constantFrom(...METHODS),
    path: fc.constantFrom(...PATHS),
    tail: fc.oneof(fc.constant(''), hostile),
    encoded: fc.boolean(),
    query,
    contentType,
    body,
    lastEventId: fc.string({ maxLength: 20 }),
  })
  await fc.assert(
    fc.asyncProperty(
      request,
      async ({ method, path, tail, encoded, query, contentType, body, lastEventId }) => {
        const search = new URLSearchParams(query).toString()
        const safeTail = encoded ? encodeURIComponent(tail.toWellFormed()) : encodeURI(tail.toWellFormed())
        const payload = method === 'GET' || method === 'HEAD' ? {} : { payload: body }
        const response = await app.fastify.inject({
          method,
          url: `${path}${safeTail}${search === '' ? '' : `?${search}`}`,
          headers: { 'content-type': headerSafe(contentType), 'last-event-id': headerSafe(lastEventId) },
          ...payload,
        })
        expect(response.statusCode).not.toBe(500)
        if (response.statusCode < 400 || method === 'HEAD') return
        const json = response.json()
        expect(SCHEMAS.Error.parse(json)).toEqual(json)
      },
    ),
    { numRuns: 600 },
  )
  expect(errors).toEqual([])
})

/** What an HTTP client library would refuse to send is sent by the next test. */
function headerSafe(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, '?')
}

test('no bytes on a socket make the server fail', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
    fc
      .constantFrom(
        'GET /v1/events?after=0 HTTP/1.1\r\nhost: a\r\n\r\n',
        'POST /v1/transactions/bulk HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n',
        '5\r\nhello\r\n',
        '3\r\n{}\n\r\n',
        '0\r\n\r\n',
        'POST /v1/transactions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n{}',
        'GET /v1/status HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
      )
      .map(text => Buffer.from(text, 'latin1')),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (pieces, abrupt) => {
        const socket = await connected(served.port)
        socket.on('error', () => {})
        for (const bytes of pieces) socket.write(bytes)
        const turn = () => new Promise(resolve => setTimeout(resolve, 2))
        await turn()
        if (abrupt) socket.resetAndDestroy()
        else socket.destroy()
        await turn()
      },
    ),
    { numRuns: 150 },
  )
  expect((await served.client.status()).networkName).toBe('scripted')
  expect(served.errors).toEqual([])
})
