import type { Connection } from '@libp2p/interface'
import { u32 } from '../../src/lib/bytes.ts'
import {
  BatchRequest,
  EntriesRequest,
  SnapshotRequest,
  TransactionsRequest,
} from '../../src/wire/pb/messages.ts'
import { pause } from '../processes/support/until.ts'
import { HIGHEST, random } from './forge.ts'
import type { HostilePeer } from './hostile-peer.ts'

export const entriesRequest = (from: number, to: number): Uint8Array => EntriesRequest.encode({ from, to })

/** Requests at the edges of what can be asked. @returns those that were answered as if nothing was wrong */
export async function oddRequests(peer: HostilePeer, connection: Connection): Promise<readonly string[]> {
  const odd: readonly (readonly [string, 'batch' | 'entries' | 'snapshot' | 'transactions', Uint8Array])[] = [
    ['random batch', 'batch', random(500)],
    ['random entries', 'entries', random(500)],
    ['random snapshot', 'snapshot', random(500)],
    ['random transactions', 'transactions', random(500)],
    [
      'too many digests',
      'batch',
      BatchRequest.encode({ digests: Array.from({ length: 1_000 }, () => random(32)) }),
    ],
    ['short digests', 'batch', BatchRequest.encode({ digests: [random(5)] })],
    ['entry 0', 'entries', entriesRequest(0, HIGHEST)],
    [
      'no such snapshot',
      'snapshot',
      SnapshotRequest.encode({ sequence: HIGHEST, part: 7, index: 4_294_967_295 }),
    ],
    ['no such part', 'snapshot', SnapshotRequest.encode({ sequence: 1, part: 4_294_967_295, index: 0 })],
    [
      'too many transactions',
      'transactions',
      TransactionsRequest.encode({
        transactions: Array.from({ length: 1_001 }, () => ({
          client: random(32),
          timestampMs: 1,
          nonce: 1,
          operation: random(1),
          signature: random(64),
          kind: 0,
        })),
      }),
    ],
    [
      'malformed client',
      'transactions',
      TransactionsRequest.encode({
        transactions: [
          {
            client: random(3),
            timestampMs: 1,
            nonce: 1,
            operation: random(1),
            signature: random(64),
            kind: 0,
          },
        ],
      }),
    ],
    ['frame too large', 'entries', new Uint8Array(200_000)],
  ]
  const served: string[] = []
  for (const [name, protocol, bytes] of odd) {
    const answer = await peer.ask(connection, protocol, bytes)
    if (answer?.status === 0) served.push(name)
  }
  // Far ahead and backwards: an answer without entries.
  for (const [from, to] of [
    [HIGHEST, HIGHEST],
    [5, 1],
    [HIGHEST - 1, 1],
  ] as const) {
    const answer = await peer.ask(connection, 'entries', entriesRequest(from, to))
    if (answer === null || answer.bytes > 2_000) served.push(`entries ${from} to ${to}`)
  }
  return served
}

export interface Storm {
  readonly served: number
  readonly refused: number
  readonly seconds: number
}

/** So many requests, or until we are cut off, a few at a time. */
export async function requestStorm(
  peer: HostilePeer,
  connection: Connection,
  count = Number.POSITIVE_INFINITY,
): Promise<Storm> {
  const counts = { served: 0, refused: 0 }
  const startMs = performance.now()
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0 && connection.status === 'open') {
      const answer = await peer.ask(connection, 'batch', BatchRequest.encode({ digests: [random(32)] }))
      if (answer?.status === 0) counts.served += 1
      else counts.refused += 1
      // A stream that cannot be opened is refused before anything else has had its turn.
      if (answer === null) await pause(1)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return { ...counts, seconds: (performance.now() - startMs) / 1_000 }
}

/** Every stream that may be open at a time, each with half a request. */
export async function hangingRequests(peer: HostilePeer, peerId: string): Promise<void> {
  const connection = peer.connectionTo(peerId)
  if (connection === undefined) return
  for (const protocol of Object.values(peer.names.requests)) {
    for (let i = 0; i < 16; i++) {
      const stream = await peer.open(connection, protocol).catch(() => null)
      try {
        stream?.send(u32(1_000))
      } catch {
        // Reset already.
      }
    }
  }
}

export async function protocolNoise(
  peer: HostilePeer,
  connection: Connection,
  protocol: 'kad' | 'identify' | 'push' | 'ping' | 'gossip',
): Promise<void> {
  const { names } = peer
  const name = {
    kad: names.kad,
    identify: `/${names.prefix}/id/1.0.0`,
    push: `/${names.prefix}/id/push/1.0.0`,
    ping: `/${names.prefix}/ping/1.0.0`,
    gossip: '/meshsub/1.2.0',
  }[protocol]
  for (let i = 0; i < 60 && connection.status === 'open'; i++) {
    const stream = await peer.open(connection, name).catch(() => null)
    if (stream === null) continue
    try {
      // A length prefix that promises more than comes, then noise that parses now and then.
      stream.send(i % 2 === 0 ? Uint8Array.of(255, 255, 255, 127) : Uint8Array.of(64))
      stream.send(random(64 + 512 * (i % 8)))
    } catch {
      // Reset already.
    }
    if (i % 4 === 3) stream.abort(new Error('on to the next'))
  }
}
