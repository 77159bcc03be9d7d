import { randomBytes } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { silentLogger } from '../../src/lib/logger.ts'
import { createNetwork } from '../../src/network/create-network.ts'
import type { Network, NetworkComponents, NetworkOptions } from '../../src/network/types.ts'
import type { Clock, PeerHandlers, RequestProtocol, Topic, Verdict } from '../../src/runtime/ports.ts'

/** Networks of real nodes on real loopback sockets, and a record of what each was told. */

export const NETWORK_ID = new Uint8Array(32).fill(7)

export const clock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs: number, expired: () => void): () => void {
    const timer = setTimeout(expired, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A clock that a test stops, so that no allowance grows while a slow machine comes to use it up. Its timers go on. */
export function stoppableClock() {
  let stoppedMs: number | null = null
  return {
    nowMs: () => stoppedMs ?? clock.nowMs(),
    after: clock.after,
    stop(): void {
      stoppedMs = clock.nowMs()
    },
    pass(ms: number): void {
      stoppedMs = (stoppedMs ?? clock.nowMs()) + ms
    },
    goOn(): void {
      stoppedMs = null
    },
  }
}

/** For whatever takes milliseconds alone: long enough for a machine on which it takes a thousand times as long. */
export const PATIENCE_MS = 60_000

export function seedOf(n: number): Uint8Array {
  return new Uint8Array(32).fill(n + 1)
}

export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  return (await generateKeyPairFromSeed('Ed25519', seed)).publicKey.raw
}

export interface Received {
  readonly topic: Topic
  readonly bytes: Uint8Array
  readonly from: string
}

export interface TestPeer {
  readonly network: Network
  readonly received: Received[]
  readonly requests: {
    readonly protocol: RequestProtocol
    readonly bytes: Uint8Array
    readonly from: string
  }[]
  readonly events: string[]
}

export interface PeerBehaviour {
  verdict?: (topic: Topic, bytes: Uint8Array) => Verdict
  answer?: (protocol: RequestProtocol, bytes: Uint8Array) => Uint8Array | null | 'never'
  onGossip?: PeerHandlers['onGossip']
}

export async function startPeer(
  options: Partial<NetworkOptions> & {
    readonly identitySeed: Uint8Array
    readonly members: readonly Uint8Array[]
  },
  behaviour: PeerBehaviour = {},
  components: Partial<NetworkComponents> = {},
): Promise<TestPeer> {
  const network = await createNetwork(
    {
      networkId: NETWORK_ID,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      bootstrap: [],
      admissionEffort: 1,
      directory: null,
      privateAddresses: true,
      loopback: true,
      ...options,
    },
    { logger: silentLogger, clock, randomBytes: length => randomBytes(length), ...components },
  )
  const peer: TestPeer = { network, received: [], requests: [], events: [] }
  await network.start({
    onGossip(topic, bytes, from, verdict) {
      peer.received.push({ topic, bytes, from })
      if (behaviour.onGossip !== undefined) behaviour.onGossip(topic, bytes, from, verdict)
      else verdict(behaviour.verdict?.(topic, bytes) ?? 'accept')
    },
    onRequest(protocol, bytes, from, respond) {
      peer.requests.push({ protocol, bytes, from })
      const answer = behaviour.answer === undefined ? bytes : behaviour.answer(protocol, bytes)
      if (answer !== 'never') respond(answer)
    },
    onMemberConnected: member => peer.events.push(`connected ${member}`),
    onMemberDisconnected: member => peer.events.push(`disconnected ${member}`),
  })
  return peer
}

/** @param withinMs shorter where it would come to this in the end without what is tested: by another limit */
export async function until(
  condition: () => boolean,
  what: string,
  withinMs: number = PATIENCE_MS,
): Promise<void> {
  const startMs = performance.now()
  while (!condition()) {
    if (performance.now() - startMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await sleep(5)
  }
}

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
