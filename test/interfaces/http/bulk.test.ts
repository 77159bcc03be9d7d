import { afterEach, expect, test } from 'vitest'
import { transactionToLine } from '../../../src/client/transaction-json.ts'
import { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import type { HttpServerOptions } from '../../../src/interfaces/http/server.ts'
import { type Served, serve } from '../../support/http.ts'
import { exchange, openBulk } from '../../support/raw-http.ts'
import { transactionOf } from '../../support/transactions.ts'

let served: Served | undefined
afterEach(() => served?.server.close())

async function start(limits: HttpServerOptions['limits'] = {}): Promise<Served> {
  served = await serve({ limits })
  return served
}

const lineOf = (operation: string) => `${transactionToLine(transactionOf(operation))}\n`
const settle = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

test('5,000 lines: each is answered once, with its number, in the documented shape', async () => {
  const { port, node } = await start()
  const bulk = await openBulk(port, '?wait=committed')
  for (let i = 1; i <= 5_000; i++) bulk.upload.write(lineOf(`k${i}=v${i}`))
  bulk.upload.end()
  await bulk.ended
  const lines = bulk.lines()
  expect(new Set(lines.map(line => line.line)).size).toBe(5_000)
  for (const line of lines) {
    expect(line).toMatchObject({ state: 'committed', result: { code: 0, data: btoa(`v${line.line}`) } })
    expect(SCHEMAS.BulkLine.parse(line)).toEqual(line)
  }
  expect(node.submittedMax).toBeGreaterThan(1)
  expect(node.submittedMax).toBeLessThanOrEqual(256)
})

test('a bad line is answered as such, and the rest goes on; blank lines count but mean nothing', async () => {
  const { port } = await start({ bulkLineBytesMax: 1_000 })
  const bulk = await openBulk(port)
  bulk.upload.write(`not json\n\n{}\r\n${'x'.repeat(5_000)}\n${lineOf('')}\r\n`)
  bulk.upload.end(lineOf('a=b').trimEnd())
  await bulk.ended
  const byLine = new Map(bulk.lines().map(line => [line.line, line]))
  expect([...byLine.keys()].sort()).toEqual([1, 3, 4, 5, 7])
  for (const line of [1, 3, 4])
    expect(byLine.get(line)).toMatchObject({ error: { code: 'INVALID_TRANSACTION' } })
  expect(byLine.get(5)).toMatchObject({ id: expect.any(String), error: { code: 'EMPTY' } })
  expect(byLine.get(7)).toMatchObject({ state: 'accepted' })
  for (const line of byLine.values()) expect(SCHEMAS.BulkLine.parse(line)).toEqual(line)
})

test('too many bad lines end the stream with a reason, after everything read was answered', async () => {
  const { port } = await start({ bulkErrorsMax: 10 })
  const bulk = await openBulk(port, '?wait=committed')
  bulk.upload.on('error', () => {})
  bulk.upload.write(lineOf('a=b') + 'bad\n'.repeat(10_000))
  await bulk.ended
  const lines = bulk.lines()
  expect(lines).toHaveLength(12)
  expect(lines.filter(line => line.state === 'committed')).toHaveLength(1)
  expect(lines.at(-1)).toMatchObject({ error: { code: 'TOO_MANY_ERRORS' } })
  expect(lines.at(-1)).not.toHaveProperty('line')
})

test('a time-out is answered line by line', async () => {
  const { port, node } = await start()
  node.hold()
  const bulk = await openBulk(port, '?wait=committed&timeoutMs=20')
  bulk.upload.end(lineOf('a=b') + lineOf('c=d'))
  await bulk.ended
  expect(bulk.lines()).toMatchObject([{ state: 'accepted', timedOut: true }, { timedOut: true }])
})

test('while the node is stalled, a bounded number of lines is read; afterwards all are answered', async () => {
  const { port, node } = await start({ bulkLinesMax: 500 })
  node.hold()
  const bulk = await openBulk(port, '?wait=committed&timeoutMs=90000')
  const operation = 'v'.repeat(3_000)
  for (let i = 0; i < 8_000; i++) bulk.upload.write(lineOf(`k${i}=${operation}`))
  bulk.upload.end()
  await expect.poll(() => node.pending).toBeGreaterThanOrEqual(500)
  await settle(500)
  expect(node.pending).toBeLessThan(600)
  node.release()
  await bulk.ended
  expect(bulk.lines().filter(line => line.state === 'committed')).toHaveLength(8_000)
})

test('a client that does not read is not read from either', async () => {
  const { port, node } = await start({ bulkOutputBytesMax: 65_536 })
  const bulk = await openBulk(port, '?wait=committed')
  bulk.response.pause()
  const value = 'v'.repeat(4_000)
  for (let i = 0; i < 8_000; i++) bulk.upload.write(lineOf(`k${i}=${value}`))
  bulk.upload.end()
  const executed = () => node.status().executedTransactions
  await expect
    .poll(async () => {
      const before = executed()
      await settle(300)
      return before > 0 && executed() === before
    })
    .toBe(true)
  expect(executed()).toBeLessThan(8_000)
  bulk.response.resume()
  await bulk.ended
  expect(bulk.lines()).toHaveLength(8_000)
})

test('a client that disconnects in the middle leaves nothing behind', async () => {
  const { port, node, errors } = await start({ bulkStreamsMax: 1 })
  node.hold()
  const bulk = await openBulk(port, '?wait=committed&timeoutMs=90000')
  bulk.upload.on('error', () => {})
  for (let i = 0; i < 100; i++) bulk.upload.write(lineOf(`k${i}=v`))
  await expect.poll(() => node.waiters).toBe(100)
  const second = await exchange(port, request('{}\n'))
  expect(second).toContain('503 Service Unavailable')
  expect(second).toContain('TOO_MANY_STREAMS')
  bulk.upload.destroy()
  await expect.poll(() => node.waiters).toBe(0)
  await expect.poll(() => exchange(port, request('{}\n'))).toContain('200 OK')
  expect(errors).toEqual([])
})

function request(body: string): string {
  const head = ['POST /v1/transactions/bulk HTTP/1.1', 'host: a', 'content-type: application/x-ndjson']
  return `${[...head, 'connection: close', `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`
}

test('a failure of the node is told for each line, without details', async () => {
  const { port, node, errors } = await start()
  node.failWith = new Error('secret detail')
  const bulk = await openBulk(port)
  bulk.upload.end(lineOf('a=b') + lineOf('c=d'))
  await bulk.ended
  expect(bulk.lines()).toMatchObject([
    { line: 1, error: { code: 'INTERNAL' } },
    { line: 2, error: { code: 'INTERNAL' } },
  ])
  expect(JSON.stringify(bulk.lines())).not.toContain('secret')
  expect(errors).toHaveLength(2)
})

test('a quiet stream gets signs of life, and ends when nothing comes', async () => {
  const { port } = await start({ heartbeatMs: 20, bulkIdleTimeoutMs: 100 })
  const bulk = await openBulk(port)
  let bytes = 0
  bulk.response.on('data', chunk => {
    bytes += chunk.length
  })
  await expect.poll(() => bytes).toBeGreaterThan(1)
  await bulk.ended
  expect(bulk.lines()).toMatchObject([{ error: { code: 'IDLE' } }])
})

test('a server that closes answers what it has read, and says that it stops', async () => {
  const { port, node, server } = await start()
  node.hold()
  const bulk = await openBulk(port, '?wait=committed&timeoutMs=90000')
  bulk.upload.on('error', () => {})
  bulk.upload.write(lineOf('a=b'))
  await expect.poll(() => node.waiters).toBe(1)
  await server.close()
  await bulk.ended
  expect(bulk.lines()).toMatchObject([{ line: 1, state: 'accepted' }, { error: { code: 'STOPPING' } }])
})
