import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClientEvent } from '../../src/client/events.ts'
import { createHttpServer } from '../../src/interfaces/http/server.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { type Served, serve } from '../support/http.ts'
import { hasCode, onFreePort } from '../support/ports.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served.server.close())

/** Follows until `count` events were seen. */
async function take(count: number, events: AsyncGenerator<ClientEvent>): Promise<ClientEvent[]> {
  const taken: ClientEvent[] = []
  for await (const event of events) {
    taken.push(event)
    if (taken.length === count) break
  }
  return taken
}

const ids = (events: readonly ClientEvent[]) => events.map(event => event.id)
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('events after a place come in order, old and new', async () => {
  served.node.advance(30)
  const taken = take(40, served.client.events({ afterId: 10 }))
  await expect.poll(() => served.node.subscribers).toBe(1)
  served.node.advance(20)
  const events = await taken
  expect(ids(events)).toEqual(upTo(11, 50))
  expect(events[0]).toMatchObject({ type: 'executed', info: { sequence: 11, transactions: [] } })
  await expect.poll(() => served.node.subscribers).toBe(0)
})

test('what is no longer in history is told as a gap', async () => {
  served.node.historyMax = 5
  served.node.advance(20)
  const [gap, ...rest] = await take(6, served.client.events({ afterId: 3 }))
  expect(gap).toEqual({ type: 'gap', id: 15, from: 4, to: 15 })
  expect(ids(rest)).toEqual(upTo(16, 20))
})

test('a client that reconnects misses nothing, even before its first event', async () => {
  await served.server.close()
  served = await onFreePort(port => serve({ port }), hasCode('PORT_IN_USE'))
  const { node, port } = served
  node.advance(3)
  const taken = take(40, served.client.events({ reconnectMs: 5 }))
  const restart = async () => {
    await expect.poll(() => node.subscribers).toBe(1)
    await served.server.close()
    node.advance(10)
    const server = await createHttpServer({ port }, { node, logger: silentLogger })
    served = { ...served, server }
    node.advance(10)
  }
  await restart()
  await restart()
  expect(ids(await taken)).toEqual(upTo(4, 43))
})

test('a refused request is not repeated', async () => {
  await expect(take(1, served.client.events({ afterId: -1 }))).rejects.toMatchObject({
    code: 'INVALID_QUERY',
    status: 400,
  })
})

test('aborting ends the stream', async () => {
  const controller = new AbortController()
  const taken = take(1, served.client.events({ signal: controller.signal }))
  await expect.poll(() => served.node.subscribers).toBe(1)
  controller.abort()
  await expect(taken).rejects.toMatchObject({ code: 'ABORTED' })
  await expect.poll(() => served.node.subscribers).toBe(0)
})
