import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import { afterEach, expect, it } from 'vitest'
import { concatBytes, equalBytes } from '../../src/lib/bytes.ts'
import { coalescing } from '../../src/network/coalesce.ts'
import { until } from './harness.ts'
import { type Link, openLink } from './open-link.ts'

/** What leaves in one turn of the event loop is one write to the socket: on two libp2p nodes and a real connection. */
const links: Link[] = []
afterEach(async () => void (await Promise.all(links.splice(0).map(link => link.close()))))

const around = (create: () => ConnectionEncrypter) => coalescing<never>(create)

async function bareLink(options: Parameters<typeof openLink>[0] = { around }) {
  const link = await openLink({ muxer: null, ...options })
  links.push(link)
  const received: Uint8Array[] = []
  link.listener.socket.addEventListener('message', ({ data }) => received.push(data.subarray().slice()))
  return { ...link, received: () => concatBytes(...received) }
}

const bytesOf = (length: number, first = 0): Uint8Array =>
  new Uint8Array(length).map((_, i) => (first + i) % 251)
const pieces = Array.from({ length: 100 }, (_, i) => bytesOf(10 + i, i))

it('writes what leaves in one turn in one piece, whole and in its order', async () => {
  const { dialer, received } = await bareLink()
  for (const piece of pieces) dialer.socket.send(piece)
  expect(dialer.written).toEqual([])
  await nextTurn()
  await nextTurn()
  const all = concatBytes(...pieces)
  expect(dialer.written).toEqual([all.length])
  await until(() => received().length === all.length, 'received')
  expect(received()).toEqual(all)
})

it('writes what leaves in another turn by itself, and nothing twice', async () => {
  const { dialer, received } = await bareLink()
  for (const piece of pieces.slice(0, 3)) {
    dialer.socket.send(piece)
    await nextTurn()
    await nextTurn()
  }
  expect(dialer.written).toEqual([10, 11, 12])
  await until(() => received().length === 33, 'received')
})

it('does it in place of a write for each: without it, each is one', async () => {
  const { dialer } = await bareLink({})
  for (const piece of pieces) dialer.socket.send(piece)
  expect(dialer.written).toHaveLength(pieces.length)
})

it('gathers no more than a quarter of a mebibyte', async () => {
  const { dialer, received } = await bareLink()
  const large = bytesOf(100 * 1024)
  for (let i = 0; i < 4; i++) dialer.socket.send(large)
  expect(dialer.written).toEqual([3 * large.length])
  await nextTurn()
  await nextTurn()
  expect(dialer.written).toEqual([3 * large.length, large.length])
  await until(() => received().length === 4 * large.length, 'received')
  expect(equalBytes(received(), concatBytes(large, large, large, large))).toBe(true)
})

it('says what was left to say when the connection is closed', async () => {
  const { dialer, received } = await bareLink()
  const last = bytesOf(1_000)
  dialer.socket.send(last)
  const closed = dialer.socket.close()
  expect(dialer.written).toEqual([1_000])
  await closed
  await until(() => received().length === last.length, 'received')
})

it('loses in silence what a connection that was aborted meanwhile no longer takes', async () => {
  const { dialer, listener } = await bareLink()
  dialer.socket.send(bytesOf(1_000))
  dialer.socket.abort(new Error('enough'))
  dialer.socket.send(bytesOf(1_000))
  await nextTurn()
  await nextTurn()
  await until(() => isOver(listener.socket), 'the other side heard of it')
  expect(isOver(dialer.socket)).toBe(true)
})

const isOver = ({ status }: MessageStream): boolean => status !== 'open'

it('tells whoever sends too much to wait, and when to go on', async () => {
  const { dialer, listener, received } = await bareLink()
  listener.socket.pause()
  const large = bytesOf(256 * 1024)
  let sent = 0
  let isTaken = true
  while (isTaken && sent < 64 * 1024 * 1024) {
    isTaken = dialer.socket.send(large)
    sent += large.length
    await nextTurn()
  }
  expect(isTaken).toBe(false)
  const drained = new Promise(resolve => dialer.socket.addEventListener('drain', resolve, { once: true }))
  listener.socket.resume()
  await drained
  await until(() => received().length === sent, 'received')
  expect(dialer.socket.send(large)).toBe(true)
})
