import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { transactionToLine } from '../../../src/client/transaction-json.ts'
import { createHttpServer, type HttpServerOptions } from '../../../src/interfaces/http/server.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import { type Served, serve } from '../../support/http.ts'
import { connected, exchange } from '../../support/raw-http.ts'
import { ScriptedNode } from '../../support/scripted-node.ts'
import { transactionOf } from '../../support/transactions.ts'

let served: Served | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await served?.server.close()
})

async function start(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  served = await serve(options)
  return served
}

async function open(port: number): Promise<Socket> {
  const socket = await connected(port)
  sockets.push(socket)
  socket.on('error', () => {})
  return socket
}

/** All that the server sends on a connection, as it comes. */
function listen(socket: Socket): { text: string; closed: boolean } {
  const heard = { text: '', closed: false }
  socket.on('data', chunk => {
    heard.text += chunk.toString('latin1')
  })
  socket.on('close', () => {
    heard.closed = true
  })
  return heard
}

/** Longer than is waited for anything, so that no other limit does what one of them is to do. */
const NEVER_MS = 600_000
const POST = 'POST /v1/transactions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n'

test('a body that announces too much is refused before it comes', async () => {
  const { port } = await start({ limits: { bodyBytesMax: 1_000 } })
  const answer = await exchange(port, `${POST}content-length: 1001\r\n\r\n`)
  expect(answer).toContain('413 Payload Too Large')
  expect(answer).toContain('"code":"BODY_TOO_LARGE"')
})

test('a body that does not announce itself is cut at the limit', async () => {
  const { port } = await start({ limits: { bodyBytesMax: 1_000 } })
  const chunk = `400\r\n${' '.repeat(1_024)}\r\n`
  const answer = await exchange(port, `${POST}transfer-encoding: chunked\r\n\r\n${chunk}`)
  expect(answer).toContain('413 Payload Too Large')
})

test('a large head is refused', async () => {
  const { port } = await start({ limits: { headerBytesMax: 2_000 } })
  const answer = await exchange(port, `GET /v1/status HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(3_000)}\r\n\r\n`)
  expect(answer).toContain('431 Request Header Fields Too Large')
  expect(answer).toContain('"code":"HEADERS_TOO_LARGE"')
})

test('what is no HTTP is refused in the same shape', async () => {
  const { port } = await start()
  const answer = await exchange(port, 'hello there\r\n\r\n')
  expect(answer).toContain('400 Bad Request')
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ error: { code: 'BAD_REQUEST' } })
})

test('a body that trickles is given up', async () => {
  const { port } = await start({ limits: { bodyTimeoutMs: 50 } })
  const answer = await exchange(port, `${POST}content-length: 100\r\n\r\n{`)
  expect(answer).toContain('408 Request Timeout')
  expect(answer).toContain('"code":"REQUEST_TIMEOUT"')
})

test('a head that trickles is given up', async () => {
  const { port } = await start({ limits: { headersTimeoutMs: 100 } })
  const answer = await exchange(port, 'GET /v1/status HTTP/1.1\r\nhost')
  expect(answer).toContain('408 Request Timeout')
})

test('a connection on which nothing moves is closed', async () => {
  const { port } = await start({ limits: { idleTimeoutMs: 100, headersTimeoutMs: NEVER_MS } })
  const heard = listen(await open(port))
  await expect.poll(() => heard.closed).toBe(true)
})

test('one connection too many is told so, a crowd is closed as it comes, and there is room again when one leaves', async () => {
  const { port, client } = await start({ connectionsMax: 2, limits: { headersTimeoutMs: NEVER_MS } })
  const first = await open(port)
  await open(port)
  const refused = client.status()
  await expect(refused).rejects.toMatchObject({ code: 'TOO_MANY_CONNECTIONS', status: 503 })

  const crowd = await Promise.all(Array.from({ length: 50 }, async () => listen(await open(port))))
  // No more of a crowd than 32 stay. Whoever was refused before may not be gone yet, and be one of them.
  const closed = () => crowd.filter(heard => heard.closed).length
  await expect.poll(closed).toBeGreaterThanOrEqual(50 - 32)
  for (const socket of sockets.splice(2)) socket.destroy()

  first.destroy()
  await expect.poll(async () => (await client.status().catch(() => null))?.networkName).toBe('scripted')
})

test('requests beyond the bound are refused, those pipelined on one connection too, and counted off when it breaks', async () => {
  const { port, node, client } = await start({ limits: { requestsMax: 3 } })
  node.hold()
  const socket = await open(port)
  const body = transactionToLine(transactionOf('a=b'))
  const post = POST.replace('transactions', 'transactions?wait=committed&timeoutMs=90000')
  socket.write(`${post}content-length: ${body.length}\r\n\r\n${body}`.repeat(3))
  await expect.poll(() => node.waiters).toBe(1)
  const refusal = () =>
    client.status().then(
      () => null,
      ({ code, status }) => [code, status],
    )
  await expect.poll(refusal).toEqual(['OVERLOADED', 503])
  socket.destroy()
  await expect.poll(async () => (await client.status().catch(() => null))?.networkName).toBe('scripted')
})

test('a port in use is one sentence with a code', async () => {
  const { port } = await start()
  const second = createHttpServer({ port }, { node: new ScriptedNode(), logger: silentLogger })
  await expect(second).rejects.toMatchObject({
    name: 'HttpServerError',
    code: 'PORT_IN_USE',
    message: `Port ${port} of 127.0.0.1 is in use by another program; choose another with http.port.`,
  })
})

test('an address that is not ours is one sentence with a code', async () => {
  const elsewhere = createHttpServer(
    { host: '192.0.2.1', port: 0 },
    { node: new ScriptedNode(), logger: silentLogger },
  )
  await expect(elsewhere).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
})

test('subscribers are bounded', async () => {
  const { port, node } = await start({ limits: { subscribersMax: 1, heartbeatMs: NEVER_MS } })
  const first = await open(port)
  first.write('GET /v1/events HTTP/1.1\r\nhost: a\r\n\r\n')
  await expect.poll(() => node.subscribers).toBe(1)
  const second = await exchange(port, 'GET /v1/events HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  expect(second).toContain('"code":"TOO_MANY_STREAMS"')
  first.destroy()
  await expect.poll(() => node.subscribers).toBe(0)
})

test('streams that wait behind another on a connection that breaks are counted off', async () => {
  const { port, node, client } = await start({
    limits: { subscribersMax: 3, bulkStreamsMax: 1, heartbeatMs: NEVER_MS },
  })
  const socket = await open(port)
  socket.write('GET /v1/events HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3))
  const bulk = 'POST /v1/transactions/bulk HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\n'
  socket.write(`${bulk}content-length: 0\r\n\r\n`)
  await expect.poll(() => node.subscribers).toBe(3)
  socket.destroy()
  await expect.poll(() => node.subscribers).toBe(0)
  const submitted = async () => {
    for await (const result of client.submitBulk([transactionOf('a=b')])) if (result.ok) return true
    return false
  }
  await expect.poll(() => submitted().catch(({ code }) => code)).toBe(true)
  expect(node.status().executedTransactions).toBe(1)
})

test('an event stream starts with its place, shows signs of life, and ends when the server closes', async () => {
  const { port, node, server } = await start({ limits: { heartbeatMs: 20 } })
  node.advance(5)
  const socket = await open(port)
  const heard = listen(socket)
  socket.write('GET /v1/events HTTP/1.1\r\nhost: a\r\nlast-event-id: 3\r\n\r\n')
  await expect.poll(() => heard.text).toContain(': alive')
  expect(heard.text).toContain('content-type: text/event-stream')
  await expect
    .poll(() => heard.text)
    .toMatch(/retry: 1000\nid: 3\n\n[\s\S]*id: 4\nevent: executed\ndata: \{"sequence":4[\s\S]*id: 5\n/)
  await server.close()
  await expect.poll(() => heard.closed).toBe(true)
})

test('a subscriber that does not read is not sent more, and misses nothing when it reads again', async () => {
  const { port, node } = await start()
  const listener = countDeliveries(node)
  node.advance(100_000)
  const socket = await open(port)
  socket.pause()
  socket.write('GET /v1/events?after=0 HTTP/1.1\r\nhost: a\r\n\r\n')
  await expect.poll(() => listener.isPaused()).toBe(true)
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(listener.delivered()).toBeLessThan(100_000)
  const heard = listen(socket)
  socket.resume()
  await expect.poll(() => heard.text.slice(-1_000)).toContain('id: 100000\n')
  const ids = [...heard.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  expect(ids).toHaveLength(100_001)
  expect(ids.every((id, i) => id === i)).toBe(true)
})

function countDeliveries(node: ScriptedNode) {
  const subscribe = node.subscribe.bind(node)
  let count = 0
  let paused = false
  node.subscribe = (afterId, listener) =>
    subscribe(afterId, event => {
      count++
      paused = !listener(event)
      return !paused
    })
  return { delivered: () => count, isPaused: () => paused }
}
