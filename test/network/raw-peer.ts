import '../../src/network/polyfill.ts'
import { randomBytes } from 'node:crypto'
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Connection, Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { encodeTicket, type PowTicket, type TicketClaim } from '../../src/crypto/pow-ticket.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { FrameStream } from '../../src/network/frame-stream.ts'
import { encodeHello, encodeVerdict, HELLO_VERSION, type Hello, VERDICTS } from '../../src/network/hello.ts'
import { privateKeyFromSeed } from '../../src/network/identity.ts'
import { protocolNames } from '../../src/network/protocols.ts'
import { solveTicket } from '../../src/network/ticket-work.ts'
import { NETWORK_ID, PATIENCE_MS } from './harness.ts'

/** A peer on plain libp2p that follows the rules only as far as a test wants. */

export const names = protocolNames(NETWORK_ID)

export type RawNode = Libp2p<{ gossip: GossipSub }>

export interface RawPeer {
  readonly node: RawNode
  readonly key: Ed25519PrivateKey
  readonly peerId: string
}

/** @param localAddress the loopback address to dial from, such as 127.9.8.7 */
export async function startRaw(seed: Uint8Array, localAddress?: string): Promise<RawPeer> {
  const key = await privateKeyFromSeed(seed)
  const dialOpts = localAddress === undefined ? {} : { localAddress }
  const node = await createLibp2p({
    privateKey: key,
    addresses: { listen: [] },
    transports: [tcp({ dialOpts: { noDelay: true, ...dialOpts } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { reconnectRetries: 0 },
    services: {
      identify: identify({ protocolPrefix: names.prefix }),
      gossip: gossipsub({
        globalSignaturePolicy: 'StrictNoSign',
        allowPublishToZeroTopicPeers: true,
        fallbackToFloodsub: false,
      }),
    },
  })
  return { node, key, peerId: node.peerId.toString() }
}

/** A ticket that is right for this key and network, but for what is changed. */
export function ticketFor(key: Ed25519PrivateKey, changes: Partial<TicketClaim> = {}): Promise<PowTicket> {
  const claim: TicketClaim = {
    networkId: NETWORK_ID,
    peerKey: key.publicKey.raw,
    role: 'observer',
    memberKey: new Uint8Array(32),
    epoch: 0,
    beacon: NETWORK_ID,
    effort: 1,
    ...changes,
  }
  return solveTicket(claim, key, {
    logger: silentLogger,
    randomBytes: length => randomBytes(length),
    nowMs: Date.now,
  })
}

export function connect(raw: RawPeer, address: string): Promise<Connection> {
  return raw.node.dial(multiaddr(address), { signal: AbortSignal.timeout(PATIENCE_MS) })
}

/** Says hello with this ticket. @returns what the other side thought of it */
export async function sayHello(
  connection: Connection,
  ticket: PowTicket,
  changes: Partial<Hello> = {},
): Promise<string> {
  const stream = await connection.newStream([names.hello])
  const frames = new FrameStream(stream, 4096)
  const hello: Hello = {
    version: HELLO_VERSION,
    networkId: NETWORK_ID,
    role: 'observer',
    ticket: encodeTicket(ticket),
    ...changes,
  }
  frames.write(encodeHello(hello))
  await frames.read({ bytesMax: 4096, timeoutMs: PATIENCE_MS })
  frames.write(encodeVerdict('welcome'))
  const verdict = await frames.read({ bytesMax: 1, timeoutMs: PATIENCE_MS })
  return VERDICTS[verdict[0] ?? 255] ?? 'unknown'
}

/** Asks on a request protocol. @returns the status byte of the answer */
export async function ask(
  connection: Connection,
  protocol: string,
  frame: Uint8Array,
): Promise<number | undefined> {
  const stream = await connection.newStream([protocol])
  const frames = new FrameStream(stream, 5_000_000)
  frames.write(frame)
  const answer = await frames.read({ bytesMax: 5_000_000, timeoutMs: PATIENCE_MS })
  frames.close(1_000)
  return answer[0]
}
