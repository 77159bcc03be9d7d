/** Ways to knock that the door must not open to. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, Stream } from '@libp2p/interface'
import { encodeTicket } from '../../src/crypto/pow-ticket.ts'
import { encodeHello, HELLO_VERSION } from '../../src/network/hello.ts'
import { PATIENCE_MS } from '../processes/support/until.ts'
import { random } from './forge.ts'
import type { HostilePeer } from './hostile-peer.ts'
import type { Victim, Victims } from './victims.ts'

export async function wrongTickets(
  { scope }: Victims,
  { address }: Victim,
  hostile: () => Promise<HostilePeer>,
): Promise<ReadonlyMap<string, { readonly expected: string; readonly verdict: string }>> {
  const elsewhere = random(32)
  const stolen = await (await hostile()).ticket()
  const attempts: readonly (readonly [
    name: string,
    expected: string,
    enter: (peer: HostilePeer) => Promise<string>,
  ])[] = [
    [
      'hello of another network',
      'other-network',
      async peer => peer.enter(address, await peer.ticket(), { networkId: elsewhere }),
    ],
    [
      'ticket for another network',
      'wrong-ticket',
      async peer => peer.enter(address, await peer.ticket({ networkId: elsewhere, beacon: elsewhere })),
    ],
    ['ticket of another peer', 'wrong-ticket', peer => peer.enter(address, stolen)],
    ['no effort', 'wrong-ticket', async peer => peer.enter(address, { ...(await peer.ticket()), effort: 0 })],
    [
      'stale beacon',
      'wrong-ticket',
      async peer => peer.enter(address, await peer.ticket({ beacon: random(32) })),
    ],
    [
      'forged work',
      'wrong-ticket',
      async peer => peer.enter(address, { ...(await peer.ticket()), digest: random(32), nonce: random(16) }),
    ],
    ['malformed', 'malformed', peer => peer.enterWith(address, Uint8Array.of(HELLO_VERSION, ...random(100)))],
    [
      'other version',
      'other-version',
      async peer => {
        const ticket = encodeTicket(await peer.ticket())
        const { networkId } = scope
        const hello = encodeHello({ version: HELLO_VERSION, networkId, role: 'observer', ticket })
        hello[0] = 9
        return peer.enterWith(address, hello)
      },
    ],
  ]
  const verdicts = new Map<string, { readonly expected: string; readonly verdict: string }>()
  for (const [name, expected, enter] of attempts)
    verdicts.set(name, { expected, verdict: await enter(await hostile()) })
  return verdicts
}

/** All that is served to those who passed the door. */
export function protocolsOf({ names }: HostilePeer): readonly string[] {
  return [
    ...Object.values(names.requests),
    names.kad,
    `/${names.prefix}/id/1.0.0`,
    `/${names.prefix}/ping/1.0.0`,
    '/meshsub/1.2.0',
  ]
}

/** Opens a stream and asks a little. @returns bytes that came back within a moment */
export async function bytesFrom(
  peer: HostilePeer,
  connection: Connection,
  protocol: string,
): Promise<number> {
  let received = 0
  try {
    const stream = await peer.open(connection, protocol)
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
    })
    stream.send(new Uint8Array(64))
    await sleep(200)
  } catch {
    // Refused, as it should be.
  }
  return received
}

/** One byte at a time, until `isOver`, and no longer than anybody would wait. */
export async function trickle(stream: Stream, pauseMs: number, isOver: () => boolean): Promise<void> {
  for (let i = 0; i < PATIENCE_MS / pauseMs && !isOver(); i++) {
    try {
      stream.send(Uint8Array.of(0))
    } catch {
      // The stream is gone; the connection follows.
    }
    await sleep(pauseMs)
  }
}
