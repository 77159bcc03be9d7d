import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as limits from '../../src/network/limits.ts'
import { publicKeyOf, seedOf, startPeer, stoppableClock, type TestPeer, until } from './harness.ts'
import { connect, names, type RawPeer, sayHello, startRaw, ticketFor } from './raw-peer.ts'

let server: TestPeer
let raw: RawPeer
const clock = stoppableClock()
let connection: Awaited<ReturnType<typeof connect>>

beforeAll(async () => {
  const members = [await publicKeyOf(seedOf(0))]
  server = await startPeer({ identitySeed: seedOf(0), members }, {}, { clock })
  raw = await startRaw(seedOf(120))
  connection = await connect(raw, server.network.listenAddresses()[0] ?? '')
  expect(await sayHello(connection, await ticketFor(raw.key))).toBe('welcome')
})

afterAll(async () => {
  await raw.node.stop()
  await server.network.stop()
})

/** A DHT message with a key, in protobuf: type is field 1, key is field 2; libp2p kad-dht specification. */
function dhtMessage(type: number, key: Uint8Array): Uint8Array {
  const message = Uint8Array.of(0x08, type, 0x12, key.length, ...key)
  return Uint8Array.of(message.length, ...message)
}

/** After ten seconds the library resets a stream by itself. */
const BEFORE_TIMEOUT_MS = 9_000

/** @returns bytes answered, and what became of the stream: it was answered, or it ended */
async function tell(bytes: Uint8Array): Promise<{ answered: number; status: string }> {
  const stream = await connection.newStream([names.kad])
  let answered = 0
  stream.addEventListener('message', event => {
    answered += event.data.byteLength
  })
  stream.send(bytes)
  await until(() => answered > 0 || stream.status !== 'open', 'answered or ended', BEFORE_TIMEOUT_MS)
  const { status } = stream
  stream.abort(new Error('done'))
  return { answered, status }
}

/** A PeerId that nobody has: identity multihash of an Ed25519 key. */
const key = Uint8Array.of(0, 0x24, 8, 1, 0x12, 0x20, ...new Uint8Array(32).fill(7))

describe('DHT server', () => {
  it('answers who looks for peers', async () => {
    expect((await tell(dhtMessage(4, key))).answered).toBeGreaterThan(0)
  })

  it.each([
    ['to store a value', 0],
    ['for a value', 1],
    ['to store a provider', 2],
    ['for providers', 3],
  ])('resets who asks %s', async (_what, type) => {
    const { answered, status } = await tell(dhtMessage(type, key))
    expect(answered).toBe(0)
    expect(status).not.toBe('open')
  })

  it('resets noise and announced giants, and still answers', async () => {
    const giant = new Uint8Array(limits.DHT_BYTES_RATE.burst + 10).fill(1)
    giant.set([0xff, 0xff, 0xff, 0xff, 0x0f])
    expect((await tell(giant)).status).not.toBe('open')
    expect((await tell(Uint8Array.of(5, 0xff, 0xff, 0xff, 0xff, 0xff))).status).not.toBe('open')
    // Whoever sent so much may send nothing for a while: on a quick machine longer than it takes to come here.
    clock.pass(60_000)
    expect((await tell(dhtMessage(4, key))).answered).toBeGreaterThan(0)
  })

  it('cuts who asks too often', async () => {
    clock.stop()
    const stream = await connection.newStream([names.kad])
    for (let i = 0; i < 300 && stream.status === 'open'; i++) {
      stream.send(dhtMessage(4, key))
      await new Promise(resolve => setImmediate(resolve))
    }
    await until(() => stream.status !== 'open', 'cut', BEFORE_TIMEOUT_MS)
  })
})
