import { setImmediate as nextTurn } from 'node:timers/promises'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Stream, StreamMuxerFactory } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { concatBytes } from '../../src/lib/bytes.ts'
import { fewerWindowUpdates } from '../../src/network/window-updates.ts'
import { until } from './harness.ts'
import { type End, type Link, openLink } from './open-link.ts'

/** Frames of yamux, as two libp2p nodes write them to a real socket. */
const PROTOCOL = '/test/1'
const WINDOW = 256 * 1024
const HEADER_LENGTH = 12
const DATA = 0
const WINDOW_UPDATE = 1
/** Flags: the stream begins; its beginning is taken. */
const [SYN, ACK] = [1, 2]

const links: Link[] = []
afterEach(async () => void (await Promise.all(links.splice(0).map(link => link.close()))))

const usual = () =>
  yamux({ streamOptions: { initialStreamWindowSize: WINDOW, maxStreamWindowSize: WINDOW } })()
const fewer = fewerWindowUpdates(() => usual())

/** A stream between two nodes, with what arrives at each end. */
async function openStream(muxer: () => StreamMuxerFactory) {
  const link = await openLink({ muxer })
  links.push(link)
  const accepted = new Promise<Stream>(resolve =>
    link.listener.node.handle(PROTOCOL, stream => resolve(stream)),
  )
  const opened = await link.dialer.connection.newStream([PROTOCOL])
  const [opener, acceptor] = [endOf(link.dialer, opened), endOf(link.listener, await accepted)]
  // By then the stream is open on both sides, and what opens it is said.
  opener.stream.send(new Uint8Array([1]))
  acceptor.stream.send(new Uint8Array([2]))
  await until(() => opener.received() === 1 && acceptor.received() === 1, 'opened')
  const opening = [link.dialer, link.listener].map(({ sent }) => framesIn(sent)[0])
  for (const { sent } of [link.dialer, link.listener]) sent.length = 0
  return { opener, acceptor, opening }
}

function endOf({ sent }: End, stream: Stream) {
  let received = 0
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength
  })
  return {
    stream,
    received: () => received,
    windowUpdates: () => framesIn(sent).filter(({ type }) => type === WINDOW_UPDATE).length,
  }
}

type StreamEnd = ReturnType<typeof endOf>

/** Of streams. Type and flags are in the header; the length of a data frame is that of what follows. */
function framesIn(sent: readonly Uint8Array[]): readonly { readonly type: number; readonly flags: number }[] {
  const bytes = concatBytes(...sent)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const frames: { type: number; flags: number }[] = []
  for (let at = 0; at < bytes.length; ) {
    const type = view.getUint8(at + 1)
    // Pings are of the connection.
    if (type <= WINDOW_UPDATE) frames.push({ type, flags: view.getUint16(at + 2) })
    at += HEADER_LENGTH + (type === DATA ? view.getUint32(at + 8) : 0)
  }
  return frames
}

/** One small message a turn, as gossip has them. */
async function sendSmall(from: StreamEnd, to: StreamEnd, count: number, length: number): Promise<void> {
  const before = to.received()
  for (let i = 0; i < count; i++) {
    from.stream.send(new Uint8Array(length))
    await nextTurn()
    await until(() => to.received() === before + (i + 1) * length, 'received')
  }
}

async function sendMuch(from: StreamEnd, to: StreamEnd, bytes: number): Promise<void> {
  const before = to.received()
  const piece = new Uint8Array(32 * 1024)
  for (let left = bytes; left > 0; left -= piece.length)
    if (!from.stream.send(piece))
      await new Promise(resolve => from.stream.addEventListener('drain', resolve, { once: true }))
  await until(() => to.received() === before + bytes, 'received')
}

describe.each([
  [
    'from who opened the stream',
    (ends: { opener: StreamEnd; acceptor: StreamEnd }) => [ends.opener, ends.acceptor],
  ],
  [
    'to who opened the stream',
    (ends: { opener: StreamEnd; acceptor: StreamEnd }) => [ends.acceptor, ends.opener],
  ],
] as const)('messages %s', (_name, order) => {
  const ends = async (muxer: () => StreamMuxerFactory) =>
    order(await openStream(muxer)) as [from: StreamEnd, to: StreamEnd]

  it('are answered by a frame each, usually', async () => {
    const [from, to] = await ends(usual)
    await sendSmall(from, to, 30, 100)
    expect(to.windowUpdates()).toBeGreaterThan(25)
  })

  it('are answered by none while half of the window is free', async () => {
    const [from, to] = await ends(fewer)
    await sendSmall(from, to, 30, 100)
    expect(to.windowUpdates()).toBe(0)
  })

  it('go on beyond the window, which opens again when half of it is used', async () => {
    const [from, to] = await ends(fewer)
    const bytes = 16 * WINDOW
    await sendMuch(from, to, bytes)
    // Whoever waits until all of it is used sends one for each window, and makes the other side wait.
    expect(to.windowUpdates()).toBeGreaterThan((1.2 * bytes) / WINDOW)
    expect(to.windowUpdates()).toBeLessThanOrEqual((2 * bytes) / WINDOW)
  })

  it('go on after a pause that used up the window', async () => {
    const [from, to] = await ends(fewer)
    to.stream.pause()
    const sending = sendMuch(from, to, 4 * WINDOW)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(to.received()).toBeLessThan(2 * WINDOW)
    to.stream.resume()
    await sending
  })
})

it('a stream is opened as usual: by a window update at either end, before anything is said in it', async () => {
  const opening = [
    { type: WINDOW_UPDATE, flags: SYN },
    { type: WINDOW_UPDATE, flags: ACK },
  ]
  expect((await openStream(usual)).opening).toEqual(opening)
  expect((await openStream(fewer)).opening).toEqual(opening)
})

it('a library of another layout is noticed with the first connection', () => {
  const other = { protocol: '/yamux/9', createStreamMuxer: () => ({}) } as unknown as StreamMuxerFactory
  expect(() => fewerWindowUpdates(() => other)().createStreamMuxer({} as never)).toThrow('its layout changed')
})
