/**
 * The round trip of a small gossip message between two otherwise idle processes on this machine, through the same libp2p
 * set-up as a replica's: the unit in which commit latency is best read.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toHex } from '../../../lib/bytes.ts'
import type { Network } from '../../../network/types.ts'
import { createNativeSigner } from '../../../node/native-ed25519.ts'
import type { EchoArgument } from './gossip-echo.ts'
import { startGossipNode } from './gossip-node.ts'
import { type Latencies, latenciesOf } from './statistics.ts'

const MESSAGE_BYTES = 200
const WARMUP_ROUNDS = 100
const ROUNDS = 300
/** The first messages are lost while the two learn of each other's subscriptions. */
const WARMUP_ANSWER_MS = 500
/** Later none is: on a busy machine an answer may take long, and counts. */
const ANSWER_MS = 30_000
const CONNECT_MS = 60_000
const ECHO_SCRIPT = fileURLToPath(new URL('./gossip-echo.js', import.meta.url))

/** @throws when the two do not find each other; the reason of the signal */
export async function measureGossipFloor(signal: AbortSignal): Promise<Latencies> {
  const [ours, theirs] = [randomBytes(32), randomBytes(32)]
  const members = [ours, theirs].map(seed => createNativeSigner(seed).publicKey)
  const networkId = randomBytes(32)
  let heard = (): void => {}
  const network = await startGossipNode({ seed: ours, networkId, members, bootstrap: [] }, () => heard())
  const argument: EchoArgument = {
    seed: toHex(theirs),
    networkId: toHex(networkId),
    members: members.map(toHex),
    bootstrap: network.listenAddresses(),
    messageBytes: MESSAGE_BYTES,
  }
  const echo = fork(ECHO_SCRIPT, [JSON.stringify(argument)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    await connected(network, signal)
    const listen = (listener: () => void): void => {
      heard = listener
    }
    return await measure(network, listen, signal)
  } finally {
    echo.kill('SIGKILL')
    await network.stop()
  }
}

async function connected(network: Network, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + CONNECT_MS
  while (network.connectedMembers().length === 0) {
    if (performance.now() > untilMs) throw new Error('two nodes on loopback did not find each other')
    await sleep(50, undefined, { signal })
  }
}

async function measure(
  network: Network,
  listen: (listener: () => void) => void,
  signal: AbortSignal,
): Promise<Latencies> {
  const samples: number[] = []
  for (let round = 0; round < WARMUP_ROUNDS + ROUNDS; round++) {
    signal.throwIfAborted()
    const isMeasured = round >= WARMUP_ROUNDS
    // So that no late answer to one of the first messages is taken for one of the others.
    if (round === WARMUP_ROUNDS) await sleep(WARMUP_ANSWER_MS, undefined, { signal })
    const startMs = performance.now()
    const answered = new Promise<boolean>(resolve => {
      const finish = (isAnswered: boolean): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        resolve(isAnswered)
      }
      const giveUp = (): void => finish(false)
      const timer = setTimeout(giveUp, isMeasured ? ANSWER_MS : WARMUP_ANSWER_MS)
      signal.addEventListener('abort', giveUp)
      listen(() => finish(true))
    })
    network.publish('consensus', randomBytes(MESSAGE_BYTES))
    if ((await answered) && isMeasured) samples.push(performance.now() - startMs)
  }
  return latenciesOf(samples)
}
