/**
 * The round trip of a small gossip message between two otherwise idle nodes on loopback, through the same libp2p set-up as
 * a replica's: the unit in which commit latency is best read.
 */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '../../../lib/logger.ts'
import { createNetwork } from '../../../network/create-network.ts'
import type { Network } from '../../../network/types.ts'
import { createNativeSigner } from '../../../node/native-ed25519.ts'
import type { Clock, PeerHandlers } from '../../../runtime/ports.ts'
import { type Latencies, latenciesOf } from './statistics.ts'

const MESSAGE_BYTES = 200
const WARMUP_ROUNDS = 50
const ROUNDS = 200
const ANSWER_MS = 500
const CONNECT_MS = 20_000

const clock: Clock = {
  nowMs: Date.now,
  after(delayMs, expired) {
    const timer = setTimeout(expired, delayMs)
    return () => clearTimeout(timer)
  },
}

/** @throws when the two do not find each other, or a message is lost */
export async function measureGossipFloor(): Promise<Latencies> {
  const seeds = [randomBytes(32), randomBytes(32)]
  const members = seeds.map(seed => createNativeSigner(seed).publicKey)
  const networkId = randomBytes(32)
  const create = async (seed: Uint8Array | undefined, bootstrap: readonly string[]): Promise<Network> =>
    await createNetwork(
      {
        identitySeed: seed ?? randomBytes(32),
        networkId,
        members,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        announce: [],
        bootstrap,
        admissionEffort: 1,
        directory: null,
        privateAddresses: true,
        loopback: true,
      },
      { logger: silentLogger, clock, randomBytes },
    )
  let heard = (): void => {}
  const ping = await create(seeds[0], [])
  try {
    await ping.start(handlers(() => heard()))
    const pong = await create(seeds[1], ping.listenAddresses())
    try {
      await pong.start(handlers(() => pong.publish('consensus', randomBytes(MESSAGE_BYTES))))
      await connected(ping)
      return await measure(ping, listener => {
        heard = listener
      })
    } finally {
      await pong.stop()
    }
  } finally {
    await ping.stop()
  }
}

function handlers(onMessage: () => void): PeerHandlers {
  return {
    onGossip(_topic, _bytes, _from, verdict) {
      verdict('accept')
      onMessage()
    },
    onRequest: (_protocol, _bytes, _from, respond) => respond(null),
    onMemberConnected: () => {},
    onMemberDisconnected: () => {},
  }
}

async function connected(network: Network): Promise<void> {
  const untilMs = performance.now() + CONNECT_MS
  while (network.connectedMembers().length === 0) {
    if (performance.now() > untilMs) throw new Error('two nodes on loopback did not find each other')
    await sleep(50)
  }
}

async function measure(network: Network, listen: (listener: () => void) => void): Promise<Latencies> {
  const samples: number[] = []
  for (let round = 0; round < WARMUP_ROUNDS + ROUNDS; round++) {
    const startMs = performance.now()
    const answered = new Promise<boolean>(resolve => {
      const timer = setTimeout(resolve, ANSWER_MS, false)
      listen(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
    network.publish('consensus', randomBytes(MESSAGE_BYTES))
    // The first messages are lost while the two learn of each other's subscriptions.
    if ((await answered) && round >= WARMUP_ROUNDS) samples.push(performance.now() - startMs)
  }
  return latenciesOf(samples)
}
