import '../../src/network/polyfill.ts'
import { yamux } from '@chainsafe/libp2p-yamux'
import type {
  Connection,
  ConnectionEncrypter,
  Libp2p,
  MessageStream,
  PeerId,
  StreamMuxerFactory,
} from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { privateKeyFromSeed } from '../../src/network/identity.ts'
import { seedOf } from './harness.ts'

/** Two libp2p nodes on a real socket, without encryption, so that a test can see what goes over it. */

export interface End {
  readonly node: Libp2p
  /** What secures a connection was given: the socket, as it is for everything above. */
  readonly socket: MessageStream
  readonly connection: Connection
  /** Lengths of the pieces that were written to the socket from here on, in order. */
  readonly written: number[]
  /** All of these pieces. */
  readonly sent: Uint8Array[]
}

export interface Link {
  readonly dialer: End
  readonly listener: End
  close(): Promise<void>
}

type Encrypter = (components: never) => ConnectionEncrypter

export interface LinkOptions {
  /** Put around what stands for encryption, at the end that dials. */
  readonly around?: (create: () => ConnectionEncrypter) => Encrypter
  /** Of both ends; null: bytes as they come, and no streams. */
  readonly muxer?: (() => StreamMuxerFactory) | null
}

export async function openLink({
  around = create => create,
  muxer = yamux(),
}: LinkOptions = {}): Promise<Link> {
  const keys = await Promise.all([0, 1].map(n => privateKeyFromSeed(seedOf(n))))
  const [dialerKey, listenerKey] = keys as [(typeof keys)[number], (typeof keys)[number]]
  const ends = [recorder(), recorder()] as const
  const start = (
    key: typeof dialerKey,
    other: typeof dialerKey,
    end: ReturnType<typeof recorder>,
    wrap: (create: () => ConnectionEncrypter) => Encrypter,
  ): Promise<Libp2p> =>
    createLibp2p({
      privateKey: key,
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [
        components => end.below(wrap(() => end.inTheClear(peerIdFromPrivateKey(other)))(components as never)),
      ],
      streamMuxers: muxer === null ? [] : [muxer],
      connectionMonitor: { enabled: false },
      connectionManager: { reconnectRetries: 0 },
    })
  const dialer = await start(dialerKey, listenerKey, ends[0], around)
  const listener = await start(listenerKey, dialerKey, ends[1], create => create)
  const taken = new Promise<Connection>(resolve =>
    listener.addEventListener('connection:open', ({ detail }) => resolve(detail), { once: true }),
  )
  const connection = await dialer.dial(listener.getMultiaddrs()[0] ?? [])
  return {
    dialer: { node: dialer, connection, ...ends[0].end() },
    listener: { node: listener, connection: await taken, ...ends[1].end() },
    close: async () => void (await Promise.all([dialer.stop(), listener.stop()])),
  }
}

/** Keeps what is written to the socket, and hands out the socket as it is above whatever stands between. */
function recorder() {
  let above: MessageStream | null = null
  const written: number[] = []
  const sent: Uint8Array[] = []

  function watch(connection: MessageStream): MessageStream {
    const send = connection.send.bind(connection)
    connection.send = data => {
      written.push(data.byteLength)
      sent.push(data instanceof Uint8Array ? data.slice() : data.subarray().slice())
      return send(data)
    }
    return connection
  }

  return {
    below: (inner: ConnectionEncrypter): ConnectionEncrypter => ({
      protocol: inner.protocol,
      secureInbound: connection => inner.secureInbound(watch(connection)),
      secureOutbound: connection => inner.secureOutbound(watch(connection)),
    }),
    inTheClear(remotePeer: PeerId): ConnectionEncrypter {
      const secure = async (connection: MessageStream) => {
        above = connection
        return { connection, remotePeer }
      }
      return { protocol: '/in-the-clear/1', secureInbound: secure, secureOutbound: secure }
    },
    end(): Pick<End, 'socket' | 'written' | 'sent'> {
      if (above === null) throw new Error('there is no connection')
      written.length = 0
      sent.length = 0
      return { socket: above, written, sent }
    },
  }
}
