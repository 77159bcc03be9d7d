/** The network under attack: four replicas as processes of their own, and a client whose transactions must commit all the while. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeSet } from '../../src/application/key-value-operation.ts'
import type { PeerJson } from '../../src/client/api-types.ts'
import { createQuorateClient, type QuorateClient } from '../../src/client/client.ts'
import {
  createTransactionSigner,
  createUnsignedKey,
  type TransactionSigner,
} from '../../src/client/signer.ts'
import { createTestnet } from '../../src/interfaces/cli/testnet/create.ts'
import {
  apiUrlOf,
  listenAddressOf,
  nodePaths,
  type TestnetNode,
  testnetPaths,
} from '../../src/interfaces/cli/testnet/layout.ts'
import { present } from '../../src/lib/assert.ts'
import { networkIdOf, orderedMembers } from '../../src/membership/genesis.ts'
import { readGenesisFile } from '../../src/node/genesis-file.ts'
import { readKeyFile } from '../../src/node/key-file.ts'
import { createNativeSigner } from '../../src/node/native-ed25519.ts'
import type { Scope } from '../../src/wire/scope.ts'
import { MAIN } from '../interfaces/cli/support/cli.ts'
import { PATIENCE_MS, until } from '../processes/support/until.ts'

export interface Victim {
  readonly node: TestnetNode
  /** To be dialled, with `/p2p/`. */
  readonly address: string
  readonly client: QuorateClient
  readonly log: string
  process: ChildProcess
}

export interface Victims {
  readonly scope: Scope
  readonly all: readonly Victim[]
  /** Last words of those that ended without being told to. */
  readonly deaths: readonly string[]
  /** Those whose processes were not killed by the test. */
  alive(): readonly Victim[]
  /** A signer of transactions, another client each time. */
  client(): TransactionSigner
  seedOf(index: number): Promise<Uint8Array>
  /** SIGKILL. */
  kill(index: number): Promise<void>
  stop(): Promise<void>
}

const REPLICAS = 4

/** Four replicas of one new network. Each is told of all others, so that the death of one leaves the way to the rest. */
export async function startVictims(): Promise<Victims> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-hostile-'))
  const paths = testnetPaths(directory)
  const manifest = await createTestnet(paths, {
    replicas: REPLICAS,
    observers: 0,
    basePort: 0,
    application: 'key-value',
    signatures: 'required',
    effort: 1,
    logLevel: 'info',
  })
  const addresses = manifest.nodes.map(node => `${listenAddressOf(node)}/p2p/${node.peerId}`)
  const all = manifest.nodes.map((node, index): Victim => {
    const { config, log } = nodePaths(paths, node.directory)
    const bootstrap = addresses.filter((_, other) => other !== index).join(',')
    const args = [MAIN, 'start', '--config', config, '--supervised', '--bootstrap', bootstrap]
    const output = openSync(log, 'a', 0o600)
    const process = spawn(globalThis.process.execPath, args, { stdio: ['ignore', output, output, 'ipc'] })
    closeSync(output)
    const client = createQuorateClient({ url: apiUrlOf(node), timeoutMs: PATIENCE_MS })
    return { node, client, log, process, address: present(addresses[index], 'an address') }
  })
  const genesis = readGenesisFile(paths.genesis)
  const networkId = networkIdOf(genesis)
  const killed = new Set<number>()
  const deaths: string[] = []
  for (const { node, process, log } of all) {
    process.once('exit', code => {
      if (killed.has(node.index)) return
      deaths.push(`replica ${node.index} ended with ${code}: ${readFileSync(log, 'utf8').slice(-2_000)}`)
    })
  }
  const password = readFileSync(paths.password, 'utf8').trim()
  let clients = 0
  const victims: Victims = {
    scope: { networkId, epoch: 0, memberKeys: orderedMembers(genesis).map(({ key }) => key) },
    all,
    deaths,
    alive: () => all.filter(({ node }) => !killed.has(node.index)),
    client: () => createTransactionSigner(nativeKey(new Uint8Array(32).fill(++clients)), networkId),
    seedOf: index =>
      readKeyFile(nodePaths(paths, present(manifest.nodes[index], 'a node').directory).key, password),
    async kill(index) {
      killed.add(index)
      await end(present(all[index], 'a victim').process, 'SIGKILL')
    },
    async stop() {
      const alive = victims.alive()
      for (const { node } of alive) killed.add(node.index)
      await Promise.all(alive.map(({ process }) => endInOrder(process)))
      rmSync(directory, { recursive: true, force: true })
    },
  }
  await Promise.all(all.map(untilReady))
  return victims
}

function nativeKey(seed: Uint8Array) {
  const signer = createNativeSigner(seed)
  return { ...createUnsignedKey(signer.publicKey), sign: (bytes: Uint8Array) => signer.sign(bytes) }
}

function end(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    process.once('exit', () => resolve())
    process.kill(signal)
  })
}

/** A replica that an attack has frozen hears no SIGTERM. */
async function endInOrder(process: ChildProcess): Promise<void> {
  const impatient = setTimeout(() => process.kill('SIGKILL'), 30_000)
  await end(process, 'SIGTERM')
  clearTimeout(impatient)
}

async function untilReady(victim: Victim): Promise<void> {
  await until(`replica ${victim.node.index} is ready`, async () => {
    if (victim.process.exitCode !== null) throw new Error(readFileSync(victim.log, 'utf8'))
    const { state, connections } = await victim.client.status()
    return state === 'ready' && connections >= REPLICAS - 1
  })
}

/** One reading of a victim's metrics: the sum over all labels of each name. */
export async function metricsOf(victim: Victim): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${apiUrlOf(victim.node)}/metrics`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  const sums = new Map<string, number>()
  for (const line of (await response.text()).split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)$/.exec(line)
    if (match === null) continue
    const [, name = '', value = ''] = match
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
  }
  return sums
}

export async function metricOf(victim: Victim, name: string): Promise<number> {
  return (await metricsOf(victim)).get(name) ?? 0
}

/** What each of them has computed since its start, in seconds of one processor. */
export function processorSeconds(victims: readonly Victim[]): Promise<readonly number[]> {
  return Promise.all(victims.map(victim => metricOf(victim, 'process_cpu_seconds_total')))
}

/** Resident memory in MiB. */
export async function residentMib(victim: Victim): Promise<number> {
  return (await metricOf(victim, 'process_resident_memory_bytes')) / 2 ** 20
}

/** How a victim sees a peer; undefined: not connected. */
export async function peerSeenBy(victim: Victim, peerId: string): Promise<PeerJson | undefined> {
  return (await victim.client.peers()).find(peer => peer.peerId === peerId)
}

/** Submits one transaction after the other, in turn to each living replica, and notes how long each took to commit. */
export class SteadyClient {
  readonly latenciesMs: number[] = []
  readonly failures: string[] = []
  readonly #victims: Victims
  readonly #signer: TransactionSigner
  #running: Promise<void> | null = null
  #stopped = false

  constructor(victims: Victims) {
    this.#victims = victims
    this.#signer = victims.client()
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  /** Waits until so many more transactions were answered, well or badly. */
  async commitsMore(count: number): Promise<void> {
    const answered = (): number => this.latenciesMs.length + this.failures.length
    const wanted = answered() + count
    await until('transactions are answered', () => answered() >= wanted)
  }

  /** What was measured since the last call. */
  take(): { readonly worstMs: number; readonly failures: readonly string[] } {
    const latencies = this.latenciesMs.splice(0)
    return {
      worstMs: Math.round(Math.max(0, ...latencies)),
      failures: this.failures.splice(0),
    }
  }

  async #run(): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const alive = this.#victims.alive()
      const victim = present(alive[i % alive.length], 'a living replica')
      await this.#submit(victim, i)
      await sleep(100)
    }
  }

  async #submit(victim: Victim, i: number): Promise<void> {
    const startMs = performance.now()
    try {
      const operation = encodeSet(`steady/${i % 100}`, String(i))
      const reply = await victim.client.submit(this.#signer.sign(operation), {
        wait: 'committed',
        timeoutMs: 90_000,
      })
      if (reply.state !== 'committed') this.failures.push(`${reply.state} at replica ${victim.node.index}`)
      this.latenciesMs.push(performance.now() - startMs)
    } catch (error) {
      // A replica that the test has just killed answers nobody.
      if (this.#victims.alive().includes(victim))
        this.failures.push(`replica ${victim.node.index}: ${String(error)}`)
    }
  }
}
