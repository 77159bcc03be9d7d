import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createQuorateClient, type QuorateClient } from '../../src/client/client.ts'
import { readLines } from '../../src/client/lines.ts'
import { STATUS } from '../support/sample-answers.ts'

/** Nodes that answer more than anybody can want. */
const servers: (() => void)[] = []
afterEach(() => {
  for (const close of servers.splice(0)) close()
})

async function answering(respond: (response: ServerResponse) => void): Promise<QuorateClient> {
  const server = createServer((_, response) => respond(response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  servers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return createQuorateClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

const PIECE = Buffer.alloc(1_048_576, 0x20)

it.each([
  ['says', 200],
  ['refuses', 400],
])('an answer without end that %s is given up, and so is the connection', async (_, status) => {
  let sentBytes = 0
  let isClosed = false
  const client = await answering(response => {
    response.writeHead(status, { 'content-type': 'application/json' })
    const send = (): void => {
      while (!response.destroyed && response.write(PIECE)) sentBytes += PIECE.length
    }
    response.on('drain', send).on('close', () => {
      isClosed = true
    })
    send()
  })
  await expect(client.status()).rejects.toMatchObject({ code: 'BAD_ANSWER', status })
  await expect.poll(() => isClosed).toBe(true)
  expect(sentBytes).toBeLessThan(100_000_000)
})

it('a whole answer of many pieces is read', async () => {
  const answer = { ...STATUS, networkName: 'ü'.repeat(1_000_000) }
  const client = await answering(response => {
    response.end(JSON.stringify(answer))
  })
  expect(await client.status()).toEqual(answer)
})

it('a long line in small pieces is put together once', async () => {
  const [pieces, line] = [130_000, 'ab'.repeat(128)]
  let left = pieces
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode(left > 0 ? line : 'c\nd\ne'))
      if (--left < 0) controller.close()
    },
  })
  const startMs = performance.now()
  const lines: string[][] = []
  for await (const some of readLines(stream)) lines.push(some)
  expect(lines).toEqual([[`${line.repeat(pieces)}c`, 'd']])
  // Half a second; whoever put all of it together with each piece would copy two thousand gigabytes.
  expect(performance.now() - startMs).toBeLessThan(60_000)
})
