import type { Topic } from '../../src/runtime/ports.ts'
import { batch, disguised, envelope, mangled, NOBODY, prePrepare, random, vote } from './forge.ts'
import type { HostilePeer } from './hostile-peer.ts'
import type { Victims } from './victims.ts'

type Message = readonly [topic: Topic, bytes: Uint8Array]

interface Garbage {
  readonly name: string
  messages(victims: Victims, peer: HostilePeer): Iterable<Message>
}

const TWENTY = Array.from({ length: 20 }, (_, i) => i)
const last = (values: readonly Uint8Array[]): Uint8Array => values.at(-1) ?? new Uint8Array(0)

export const GARBAGE: readonly Garbage[] = [
  {
    name: 'random bytes',
    *messages() {
      for (const i of TWENTY) {
        yield ['consensus', random(1 + 97 * i)]
        yield ['batch', random(1 + 9_700 * i)]
      }
    },
  },
  {
    name: 'mangled envelopes',
    *messages(_victims, peer) {
      for (const bytes of mangled(last(peer.heardOn('consensus')), 60)) yield ['consensus', bytes]
    },
  },
  {
    name: 'mangled batches',
    *messages(_victims, peer) {
      for (const bytes of mangled(last(peer.heardOn('batch')), 60)) yield ['batch', bytes]
    },
  },
  {
    name: 'messages larger than their topic',
    *messages() {
      for (const i of TWENTY) {
        yield ['batch', random(1_100_000 + i)]
        yield ['consensus', random(1_600_000 + i)]
      }
    },
  },
  {
    name: 'forged senders, epochs and networks',
    *messages({ scope }) {
      const elsewhere = { ...scope, networkId: random(32) }
      const messages = [{ prepare: vote(0, 1) }]
      for (const i of TWENTY) {
        yield ['consensus', envelope(scope, NOBODY, { sender: i % 4, messages })]
        yield ['consensus', envelope(scope, NOBODY, { sender: 4 + i, messages })]
        yield ['consensus', envelope(scope, NOBODY, { sender: i % 4, messages, epoch: 1 + i })]
        yield ['consensus', envelope(elsewhere, NOBODY, { sender: i % 4, messages })]
      }
    },
  },
  {
    name: 'huge counts',
    *messages({ scope }) {
      const tiny = envelope(scope, NOBODY, { sender: 1, messages: [] })
      for (const i of TWENTY) {
        const votes = Array.from({ length: 3_000 + i }, (_, n) => ({
          prepare: vote(0, n, new Uint8Array(32)),
        }))
        yield ['consensus', envelope(scope, NOBODY, { sender: 0, messages: votes })]
        yield [
          'consensus',
          envelope(scope, NOBODY, { sender: 0, messages: [], attachments: new Array(3_000).fill(tiny) }),
        ]
        const digests = new Array(2_000).fill(new Uint8Array(32))
        yield ['consensus', envelope(scope, NOBODY, { sender: 0, messages: [prePrepare(0, 1 + i, digests)] })]
      }
    },
  },
  {
    name: 'batches that their authors never signed',
    *messages(victims) {
      const client = victims.client()
      for (const i of TWENTY) {
        yield ['batch', batch(victims.scope, NOBODY, i % 4, client)]
        yield ['batch', batch({ ...victims.scope, epoch: 1 }, NOBODY, i % 4, client)]
        yield ['batch', batch(victims.scope, NOBODY, 4 + i, client)]
        yield ['batch', batch(victims.scope, NOBODY, i % 4, client, { valueBytes: 65_536 })]
      }
    },
  },
]

/** Everything heard, as it was and in other bytes, `count` times in all. @returns how many were sent */
export async function playBack(peer: HostilePeer, count: number): Promise<number> {
  const heard = [...peer.heard]
  for (let i = 0; i < count; i++) {
    const { topic, bytes } = heard[i % heard.length] ?? { topic: 'batch' as const, bytes: random(10) }
    await peer.publish(topic, i % 4 === 0 ? bytes : disguised(bytes, i))
  }
  return count
}
