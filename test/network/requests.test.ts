import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as limits from '../../src/network/limits.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { type Answer, REQUEST_PROTOCOLS, type RequestProtocol } from '../../src/runtime/ports.ts'
import { publicKeyOf, seedOf, sleep, startPeer, stoppableClock, type TestPeer, until } from './harness.ts'
import { ask, connect, names, type RawPeer, sayHello, startRaw, ticketFor } from './raw-peer.ts'

let asker: TestPeer
let server: TestPeer
const clock = stoppableClock()
let answer: (protocol: RequestProtocol, bytes: Uint8Array) => Uint8Array | null | 'never' = (
  _protocol,
  bytes,
) => bytes

beforeAll(async () => {
  const members = [await publicKeyOf(seedOf(0)), await publicKeyOf(seedOf(1)), await publicKeyOf(seedOf(2))]
  server = await startPeer(
    { identitySeed: seedOf(1), members },
    { answer: (protocol, bytes) => answer(protocol, bytes) },
    { clock },
  )
  const bootstrap = [server.network.listenAddresses()[0] ?? '']
  asker = await startPeer({ identitySeed: seedOf(0), members, bootstrap }, {}, { clock })
  await until(() => asker.network.connectedMembers().length === 1, 'connected')
})

afterAll(() => Promise.all([asker.network.stop(), server.network.stop()]))

function request(
  protocol: RequestProtocol,
  bytes: Uint8Array,
  { to = 1, timeoutMs = limits.REQUEST_SERVE_TIMEOUT_MS / 2 }: { to?: number; timeoutMs?: number } = {},
): Promise<Answer> {
  return new Promise(resolve => {
    let returned = false
    asker.network.request(replicaId(to), protocol, bytes, { timeoutMs }, result => {
      expect(returned).toBe(true)
      resolve(result)
    })
    returned = true
  })
}

async function paidStranger(
  seed: number,
): Promise<{ raw: RawPeer; connection: Awaited<ReturnType<typeof connect>> }> {
  const raw = await startRaw(seedOf(seed))
  const connection = await connect(raw, server.network.listenAddresses()[0] ?? '')
  expect(await sayHello(connection, await ticketFor(raw.key))).toBe('welcome')
  return { raw, connection }
}

describe('requests', () => {
  it.each(REQUEST_PROTOCOLS)('asks and answers on %s, empty and large', async protocol => {
    answer = (_protocol, bytes) => bytes
    expect(await request(protocol, new Uint8Array())).toEqual({ ok: true, bytes: new Uint8Array() })
    const large = new Uint8Array(limits.REQUEST_BYTES_MAX[protocol]).fill(5)
    const echoed = await request(protocol, large)
    expect(echoed.ok && echoed.bytes.length).toBe(large.length)
    answer = () => new Uint8Array(limits.ANSWER_BYTES_MAX[protocol]).fill(6)
    const full = await request(protocol, Uint8Array.of(1))
    expect(full.ok && full.bytes.length).toBe(limits.ANSWER_BYTES_MAX[protocol])
    answer = (_protocol, bytes) => bytes
  })

  it('names the reason when there is no answer', async () => {
    expect(await request('batch', Uint8Array.of(1), { to: 2 })).toEqual({
      ok: false,
      failure: 'not-connected',
    })
    expect(await request('batch', Uint8Array.of(1), { to: 77 })).toEqual({
      ok: false,
      failure: 'not-connected',
    })
    const tooLarge = new Uint8Array(limits.REQUEST_BYTES_MAX.batch + 1)
    expect(await request('batch', tooLarge)).toEqual({ ok: false, failure: 'too-large' })
    answer = () => null
    expect(await request('batch', Uint8Array.of(1))).toEqual({ ok: false, failure: 'refused' })
    answer = () => new Uint8Array(limits.ANSWER_BYTES_MAX.batch + 1)
    expect(await request('batch', Uint8Array.of(1))).toEqual({ ok: false, failure: 'too-large' })
    answer = (_protocol, bytes) => bytes
  })

  it('bounds the requests in flight to one peer', async () => {
    const answers = await Promise.all(
      Array.from({ length: limits.REQUEST_STREAMS_MAX + 4 }, (_, i) => request('entries', Uint8Array.of(i))),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(limits.REQUEST_STREAMS_MAX)
    expect(answers.filter(result => !result.ok && result.failure === 'rate-limited')).toHaveLength(4)
  })

  it('refuses a stranger that asks too often, and serves a member meanwhile', async () => {
    const { raw, connection } = await paidStranger(60)
    const statuses: (number | undefined)[] = []
    const { burst } = limits.REQUEST_RATE.snapshot.stranger
    clock.stop()
    for (let i = 0; i < burst + 20; i++)
      statuses.push(await ask(connection, names.requests.snapshot, Uint8Array.of(i)))
    expect(statuses).toEqual(Array.from({ length: burst + 20 }, (_, i) => (i < burst ? 0 : 2)))
    expect((await request('snapshot', Uint8Array.of(1))).ok).toBe(true)
    clock.goOn()
    await raw.node.stop()
  })

  it.each(REQUEST_PROTOCOLS)(
    'resets a stream of %s that announces too much, sends noise or stops halfway',
    async protocol => {
      const { raw, connection } = await paidStranger(61 + REQUEST_PROTOCOLS.indexOf(protocol))
      const before = server.requests.length
      const oversized = await connection.newStream([names.requests[protocol]])
      oversized.send(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3))
      const beforeTimeoutMs = 0.9 * limits.REQUEST_READ_TIMEOUT_MS
      await until(() => oversized.status !== 'open', 'oversized stream reset', beforeTimeoutMs)
      const flood = await connection.newStream([names.requests[protocol]])
      try {
        for (let i = 0; i < 40; i++) flood.send(new Uint8Array(64 * 1024).fill(1))
      } catch {
        // Reset while we were sending: what we are after.
      }
      await until(() => flood.status !== 'open', 'flood reset', beforeTimeoutMs)
      const half = await connection.newStream([names.requests[protocol]])
      half.send(Uint8Array.of(0, 0, 0, 9, 1))
      await half.close()
      await sleep(50)
      expect(server.requests.length).toBe(before)
      expect(await ask(connection, names.requests[protocol], Uint8Array.of(1))).toBe(0)
      await raw.node.stop()
    },
  )

  it('gives up after its time-out, leaves alone who keeps failing, and tries again later', async () => {
    clock.stop()
    answer = () => 'never'
    const failures: unknown[] = []
    for (let i = 0; i < limits.REQUEST_BREAKER.failuresMax; i++) {
      failures.push(await request('batch', Uint8Array.of(i), { timeoutMs: 500 }))
    }
    expect(failures).toEqual(failures.map(() => ({ ok: false, failure: 'timed-out' })))
    const asked = server.requests.length
    expect(await request('batch', Uint8Array.of(9))).toEqual({ ok: false, failure: 'broken' })
    expect(server.requests.length).toBe(asked)
    answer = (_protocol, bytes) => bytes
    expect((await request('entries', Uint8Array.of(9))).ok).toBe(true)
    clock.pass(limits.REQUEST_BREAKER.openMs * 1.2)
    expect((await request('batch', Uint8Array.of(9))).ok).toBe(true)
  })
})
