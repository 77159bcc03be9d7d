import type { Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { assert } from '../lib/assert.ts'

/**
 * Opens the receive window of a yamux stream again when half of it is used, as yamux' specification suggests. The library does so
 * after every frame, so each small message is answered by a frame of its own, encrypted, sent and read: a tenth of what gossip
 * costs. It has no option for it; the names that are used here are asserted when the first stream opens.
 */
export function fewerWindowUpdates(create: () => StreamMuxerFactory): () => StreamMuxerFactory {
  return () => {
    const factory = create()
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => watchStreams(createStreamMuxer(connection))
    return factory
  }
}

interface Muxer {
  onRemoteStream(stream: Stream): void
}

function watchStreams(muxer: StreamMuxer): StreamMuxer {
  const inner = muxer as StreamMuxer & Muxer
  assert(
    typeof inner.onRemoteStream === 'function',
    'yamux announces streams of the remote: its layout changed',
  )
  const createStream = inner.createStream.bind(inner)
  const onRemoteStream = inner.onRemoteStream.bind(inner)
  inner.createStream = async options => {
    const stream = await createStream(options)
    updateAtHalf(stream)
    return stream
  }
  inner.onRemoteStream = stream => {
    updateAtHalf(stream)
    onRemoteStream(stream)
  }
  return muxer
}

interface WindowedStream {
  sendWindowUpdate(): void
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  readonly state: unknown
}

/** The state of a stream that both sides have opened and nobody has paused. Before that, an update carries the opening itself. */
const ESTABLISHED = 3

function updateAtHalf(stream: Stream): void {
  const windowed = stream as unknown as WindowedStream
  const isKnown = typeof windowed.recvWindow === 'number' && typeof windowed.recvWindowCapacity === 'number'
  assert(
    isKnown && typeof windowed.sendWindowUpdate === 'function',
    'a yamux stream has a window: its layout changed',
  )
  const sendWindowUpdate = windowed.sendWindowUpdate.bind(stream)
  windowed.sendWindowUpdate = () => {
    const isOpenEnough = windowed.recvWindowCapacity > windowed.recvWindow / 2
    if (windowed.state === ESTABLISHED && isOpenEnough) return
    sendWindowUpdate()
  }
}
