import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BulkResult } from '../../src/client/bulk.ts'
import { createQuorateClient } from '../../src/client/client.ts'
import { QuorateClientError } from '../../src/client/error.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { transactionId } from '../../src/wire/transaction.ts'
import { type Served, serve } from '../support/http.ts'
import { hasCode, onFreePort } from '../support/ports.ts'
import { NETWORK_ID } from '../support/scripted-node.ts'
import { transactionOf } from '../support/transactions.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served.server.close())

async function failure(promise: Promise<unknown>): Promise<QuorateClientError> {
  const error = await promise.then(
    () => null,
    reason => reason,
  )
  expect(error).toBeInstanceOf(QuorateClientError)
  return error
}

test('submit, ask, read', async () => {
  const { client } = served
  const transaction = transactionOf('colour=red')
  const id = transactionId(NETWORK_ID, transaction)
  expect(await client.submit(transaction)).toMatchObject({ state: 'accepted', id, timedOut: false })
  const reply = await client.transaction(id, { wait: 'committed' })
  expect(reply).toMatchObject({ state: 'committed', id, result: { code: 0, data: utf8('red') } })
  expect(await client.submit(transaction, { wait: 'committed' })).toEqual(reply)
  expect(await client.state('colour')).toMatchObject({ value: utf8('red'), proof: utf8('proof of colour') })
  expect((await client.state('..')).value).toBeNull()
  expect((await client.status()).networkName).toBe('scripted')
  expect(await client.members()).toHaveLength(1)
  expect(await client.peers()).toHaveLength(1)
  expect((await client.sequence(1))?.transactions).toEqual([{ id, code: 0 }])
})

test('what is not there is null', async () => {
  expect(await served.client.transaction('0'.repeat(64))).toBeNull()
  expect(await served.client.sequence(7)).toBeNull()
})

test('a refusal carries code, status and id', async () => {
  const transaction = transactionOf('')
  const error = await failure(served.client.submit(transaction))
  expect(error).toMatchObject({
    code: 'EMPTY',
    status: 422,
    transactionId: transactionId(NETWORK_ID, transaction),
  })
})

test('a time-out at the node is an answer, not an error', async () => {
  served.node.hold()
  const reply = await served.client.submit(transactionOf('a=b'), { wait: 'committed', timeoutMs: 20 })
  expect(reply).toMatchObject({ state: 'accepted', timedOut: true, message: expect.any(String) })
})

test('failures below the API have codes too', async () => {
  const silent = createQuorateClient({ url: served.server.url, timeoutMs: 30 })
  served.node.hold()
  served.node.settled = () => new Promise(() => {})
  const late = silent.submit(transactionOf('a=b'), { wait: 'committed', timeoutMs: 1 })
  expect((await failure(late)).code).toBe('TIMED_OUT')

  const signal = AbortSignal.abort()
  expect((await failure(served.client.status({ signal }))).code).toBe('ABORTED')

  const nobody = createQuorateClient({ url: 'http://127.0.0.1:1' })
  expect((await failure(nobody.status())).code).toBe('UNREACHABLE')

  const strange = async () => new Response('<html>')
  const other = createQuorateClient({ url: served.server.url, fetch: strange })
  expect((await failure(other.status())).code).toBe('BAD_ANSWER')
})

test.each(['stream', 'pieces'] as const)(
  'bulk by %s: every transaction gets its own result',
  async upload => {
    const operations = Array.from({ length: 2_000 }, (_, i) => (i % 100 === 7 ? '' : `k${i}=v${i}`))
    const transactions = operations.map(transactionOf)
    const seen = new Map<number, BulkResult>()
    for await (const result of served.client.submitBulk(transactions, { wait: 'committed', upload })) {
      expect(seen.has(result.index)).toBe(false)
      seen.set(result.index, result)
    }
    expect(seen.size).toBe(2_000)
    operations.forEach((operation, i) => {
      const result = seen.get(i)
      if (operation === '') expect(result).toMatchObject({ ok: false, error: { code: 'EMPTY' } })
      else
        expect(result).toMatchObject({
          ok: true,
          reply: { state: 'committed', result: { data: utf8(`v${i}`) } },
        })
    })
  },
)

test('bulk results come while the source is still open', async () => {
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  async function* source() {
    yield transactionOf('a=1')
    await released
    yield transactionOf('b=2')
  }
  const order: number[] = []
  for await (const result of served.client.submitBulk(source(), { wait: 'committed' })) {
    order.push(result.index)
    release()
  }
  expect(order).toEqual([0, 1])
})

test("an error of the caller's source reaches the caller", async () => {
  async function* source() {
    yield transactionOf('a=1')
    throw new RangeError('no more paper')
  }
  const run = async () => {
    for await (const _ of served.client.submitBulk(source())) {
      // Only the end matters.
    }
  }
  await expect(run()).rejects.toThrow('no more paper')
})

test('leaving the loop ends the request at the node', async () => {
  async function* source() {
    for (;;) {
      yield transactionOf('a=1')
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
  // Longer than is waited below: it is not the end of its time that ends it.
  const options = { wait: 'committed', timeoutMs: 90_000 } as const
  for await (const _ of served.client.submitBulk(source(), options)) break
  served.node.hold()
  await expect.poll(() => served.node.waiters).toBe(0)
})

test('a pipeline gives each transaction its promise, survives the loss of its connection, and closes when all is answered', async () => {
  const pipeline = served.client.pipeline({ wait: 'committed' })
  const replies = await Promise.all(
    Array.from({ length: 300 }, (_, i) => pipeline.submit(transactionOf(`k${i}=v${i}`))),
  )
  replies.forEach((reply, i) => {
    expect(reply).toMatchObject({ state: 'committed', result: { data: utf8(`v${i}`) } })
  })
  expect((await failure(pipeline.submit(transactionOf('')))).code).toBe('EMPTY')
  const last = pipeline.submit(transactionOf('x=y'))
  await pipeline.close()
  expect(await last).toMatchObject({ state: 'committed' })
  expect((await failure(pipeline.submit(transactionOf('x=z')))).code).toBe('CLOSED')
})

test('a pipeline whose node goes away fails what is on the way, and connects again', async () => {
  await served.server.close()
  const limits = { closeTimeoutMs: 20 }
  served = await onFreePort(port => serve({ port, limits }), hasCode('PORT_IN_USE'))
  const { node, client, server, port } = served
  const pipeline = client.pipeline({ wait: 'committed' })
  let asked = false
  node.submit = () => {
    asked = true
    return new Promise(() => {})
  }
  const lost = failure(pipeline.submit(transactionOf('a=b')))
  await expect.poll(() => asked).toBe(true)
  await server.close()
  expect((await lost).code).toBe('CONNECTION_LOST')
  served = await serve({ port })
  expect(await pipeline.submit(transactionOf('c=d'))).toMatchObject({ state: 'committed' })
  await pipeline.close()
})

test('a pipeline holds a bounded number', async () => {
  served.node.hold()
  const pipeline = served.client.pipeline({ wait: 'committed', pendingMax: 2 })
  const held = [pipeline.submit(transactionOf('a=1')), pipeline.submit(transactionOf('b=2'))]
  expect((await failure(pipeline.submit(transactionOf('c=3')))).code).toBe('TOO_MANY_PENDING')
  served.node.release()
  await Promise.all(held)
  await pipeline.close()
})
