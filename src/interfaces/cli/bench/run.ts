/** One benchmark from start to end: the floor, the loaded network, the idle one, and what it all cost. */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createQuorateClient, type QuorateClient } from '../../../client/client.ts'
import { fromHex } from '../../../lib/bytes.ts'
import { messageOf } from '../../../lib/thrown.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { certificatesOf } from './certificates.ts'
import { measureGossipFloor } from './gossip-floor.ts'
import { type LoadResult, runLoad } from './load.ts'
import type { BenchNetwork } from './network.ts'
import type { BenchOptions } from './options.ts'
import type { BenchReport, NodeCost } from './report.ts'
import { type NodeUnderTest, type Usage, usageOf } from './resources.ts'
import { type Latencies, latenciesOf } from './statistics.ts'
import { createTransactionSource, type TransactionSource } from './transactions.ts'

const IDLE_WARMUP = 30
const IDLE_SAMPLES = 300
/** Between two transactions, so that the first has left nothing to do when the second comes. */
const IDLE_PAUSE_MS = 10
const IDLE_TIMEOUT_MS = 30_000
const DRAIN_MS = 30_000
/** In the closed loop the rate is what is to be found out: enough for this one is prepared beforehand. */
const CLOSED_LOOP_RATE = { signed: 6_000, unsigned: 12_000 }

/** Before the network is there, on a quiet machine. Null where it cannot be measured. */
export async function measureFloor(terminal: Terminal, signal: AbortSignal): Promise<Latencies | null> {
  try {
    return await terminal.progress('measuring the gossip round trip', measureGossipFloor(signal))
  } catch (error) {
    signal.throwIfAborted()
    terminal.note(`the gossip round trip could not be measured: ${messageOf(error)}`)
    return null
  }
}

export async function runBench(
  options: BenchOptions,
  components: { network: BenchNetwork; floor: Latencies | null; terminal: Terminal; signal: AbortSignal },
): Promise<BenchReport> {
  const { network, floor, terminal, signal } = components
  const apis = network.nodes.map(({ apiUrl }) => createQuorateClient({ url: apiUrl }))
  const sources = await createSources(options, apis)
  await prepareLoad(options, sources, terminal, signal)
  const clients = sources.map((source, i) => ({
    target: apis[i % apis.length] as QuorateClient,
    next: source.next,
  }))
  const load = runLoad({ ...options, drainMs: DRAIN_MS }, clients, signal)
  load.catch(() => {})
  const cpuBefore = process.cpuUsage()
  const usage = await terminal.progress('under load', measureUsage(options, network.nodes, signal))
  const { user, system } = process.cpuUsage(cpuBefore)
  const result = await terminal.progress('waiting for the last answers', load)
  const late = sources.reduce((sum, source) => sum + source.late(), 0)
  if (late > 0) {
    terminal.note(
      `${late} transactions were signed during the measurement: the load generator had a share in the result`,
    )
  }
  const idleStartMs = performance.now()
  const before = await usageOf(network.nodes)
  const idle = await terminal.progress('measuring idle latency', measureIdle(apis, sources, signal))
  const idleUsage = { before, after: await usageOf(network.nodes) }
  const idleMs = performance.now() - idleStartMs
  const hasKey = (await apis[0]?.status())?.sharedKey != null
  return {
    options,
    replicas: network.nodes.length,
    ...summaryOf(result),
    idleLatencyMs: idle,
    certificates: hasKey
      ? { loaded: certificatesOf(usage, options.durationMs), idle: certificatesOf(idleUsage, idleMs) }
      : null,
    gossipRoundTripMs: floor,
    ...costsOf(network.nodes, usage, result),
    generatorCpuSeconds: (user + system) / 1e6,
  }
}

async function createSources(
  options: BenchOptions,
  apis: readonly QuorateClient[],
): Promise<TransactionSource[]> {
  const [first] = apis
  if (first === undefined) throw new CommandError(EXIT.usage, 'a benchmark needs at least one node')
  const networkId = fromHex((await first.status()).networkId)
  const { payloadBytes, signed } = options
  return Array.from({ length: options.clients }, (_, i) =>
    createTransactionSource({ networkId, payloadBytes, signed, name: String(i).padStart(4, '0') }),
  )
}

/**
 * One transaction at a time, each through another replica, until its commit is known. After the load, because a program that has
 * just started runs several times slower than one that has run for a while.
 */
async function measureIdle(
  apis: readonly QuorateClient[],
  sources: readonly TransactionSource[],
  signal: AbortSignal,
): Promise<Latencies> {
  const samples: number[] = []
  const [source] = sources
  await source?.prepare(IDLE_WARMUP + IDLE_SAMPLES, signal)
  for (let i = 0; i < IDLE_WARMUP + IDLE_SAMPLES; i++) {
    const api = apis[i % apis.length] as QuorateClient
    const transaction = (source as TransactionSource).next()
    await sleep(IDLE_PAUSE_MS, undefined, { signal })
    const startMs = performance.now()
    const reply = await api.submit(transaction, { wait: 'committed', timeoutMs: IDLE_TIMEOUT_MS, signal })
    if (reply.state !== 'committed' || reply.result.code !== 0) {
      throw new CommandError(EXIT.failed, `the idle network did not commit a transaction (${reply.state})`)
    }
    if (i >= IDLE_WARMUP) samples.push(performance.now() - startMs)
  }
  return latenciesOf(samples)
}

async function prepareLoad(
  options: BenchOptions,
  sources: readonly TransactionSource[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const rate = options.ratePerSecond ?? CLOSED_LOOP_RATE[options.signed ? 'signed' : 'unsigned']
  const each = Math.ceil((rate * (options.warmupMs + options.durationMs)) / 1_000 / sources.length) + 1
  const work = async (): Promise<void> => {
    for (const source of sources) await source.prepare(each, signal)
  }
  await terminal.progress('signing transactions beforehand', work())
}

/** What the processes used from the end of the warm-up to the end of the measured time. */
async function measureUsage(
  options: BenchOptions,
  nodes: readonly NodeUnderTest[],
  signal: AbortSignal,
): Promise<{ before: readonly Usage[]; after: readonly Usage[] }> {
  await sleep(options.warmupMs, undefined, { signal })
  const before = await usageOf(nodes)
  await sleep(options.durationMs, undefined, { signal })
  return { before, after: await usageOf(nodes) }
}

function summaryOf(result: LoadResult) {
  const { committed, durationMs, latenciesMs, failures, unanswered } = result
  return {
    committedPerSecond: Math.round((committed / durationMs) * 10_000) / 10,
    latencyMs: latenciesOf(latenciesMs),
    failures,
    unanswered,
  }
}

function costsOf(
  nodes: readonly NodeUnderTest[],
  { before, after }: { before: readonly Usage[]; after: readonly Usage[] },
  { committed }: LoadResult,
): Pick<BenchReport, 'nodes' | 'perTransaction'> {
  const grown = (i: number, field: keyof Usage): number | null => {
    const [from, to] = [before[i]?.[field], after[i]?.[field]]
    return from === null || from === undefined || to === null || to === undefined ? null : to - from
  }
  const total = (field: keyof Usage): number | null => {
    const parts = nodes.map((_, i) => grown(i, field)).filter(part => part !== null)
    return parts.length === 0 || committed === 0
      ? null
      : parts.reduce((sum, part) => sum + part, 0) / committed
  }
  const costs = nodes.map(({ index, pid }, i): NodeCost => {
    return { index, pid, cpuSeconds: grown(i, 'cpuSeconds'), memoryBytes: after[i]?.memoryBytes ?? null }
  })
  return {
    nodes: costs,
    perTransaction: {
      publishedMessages: total('published'),
      publishedBytes: total('publishedBytes'),
      receivedMessages: total('received'),
      receivedBytes: total('receivedBytes'),
    },
  }
}
