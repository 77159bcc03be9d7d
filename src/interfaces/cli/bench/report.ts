/** The figures of a benchmark, as an object for programs and as lines for people. */
import { type CertificateFigure, describeCertificates } from './certificates.ts'
import type { BenchOptions } from './options.ts'
import type { Latencies } from './statistics.ts'

export interface NodeCost {
  readonly index: number
  readonly pid: number | null
  /** During the measured time. */
  readonly cpuSeconds: number | null
  /** At its end. */
  readonly memoryBytes: number | null
}

export interface BenchReport {
  readonly options: BenchOptions
  readonly replicas: number
  readonly committedPerSecond: number
  /** From when a transaction should have been sent until its commit was known at the client. */
  readonly latencyMs: Latencies
  /** One transaction at a time, a moment apart. */
  readonly idleLatencyMs: Latencies
  /** Of a network that has a key: under load, and while one transaction at a time is sent. */
  readonly certificates: { readonly loaded: CertificateFigure; readonly idle: CertificateFigure } | null
  /** Between two idle nodes on this machine. */
  readonly gossipRoundTripMs: Latencies | null
  readonly failures: Readonly<Record<string, number>>
  readonly unanswered: number
  readonly nodes: readonly NodeCost[]
  /** Gossip of all nodes together for each committed transaction. */
  readonly perTransaction: {
    readonly publishedMessages: number | null
    readonly publishedBytes: number | null
    readonly receivedMessages: number | null
    readonly receivedBytes: number | null
  }
  readonly generatorCpuSeconds: number
}

export function benchLines(report: BenchReport): string[] {
  const { options, latencyMs, idleLatencyMs, gossipRoundTripMs: floor } = report
  const { clients, payloadBytes, signed, ratePerSecond, inFlight, durationMs } = options
  const load =
    ratePerSecond === null ? `closed loop, ${inFlight} in flight each` : `${ratePerSecond}/s offered`
  const lines = [
    `${report.replicas} replicas, ${clients} clients, ${payloadBytes} bytes, ${signed ? 'signed' : 'unsigned'}, ${load}, ${durationMs / 1_000} s`,
    `committed     ${report.committedPerSecond}/s`,
    `latency       ${describe(latencyMs)}`,
    `idle latency  ${describe(idleLatencyMs)}`,
  ]
  if (floor !== null && floor.samples > 0) {
    const multiple = (idleLatencyMs.p50 / floor.p50).toFixed(1)
    lines.push(`gossip        ${describe(floor)} round trip; idle latency is ${multiple} of them`)
  }
  const { certificates } = report
  if (certificates !== null)
    lines.push(
      `certificates  ${describeCertificates(certificates.loaded)}; idle ${describeCertificates(certificates.idle)}`,
    )
  const { publishedMessages, publishedBytes, receivedMessages, receivedBytes } = report.perTransaction
  lines.push(
    `published     ${figure(publishedMessages)} messages, ${figure(publishedBytes)} bytes a transaction, all replicas`,
    `received      ${figure(receivedMessages)} messages, ${figure(receivedBytes)} bytes a transaction, all replicas`,
  )
  for (const { index, cpuSeconds, memoryBytes } of report.nodes) {
    const cpu = cpuSeconds === null ? '-' : `${cpuSeconds.toFixed(2)} s`
    const share =
      cpuSeconds === null ? '' : ` (${Math.round((cpuSeconds / durationMs) * 100_000)} % of a core)`
    const memory = memoryBytes === null ? '-' : `${Math.round(memoryBytes / 2 ** 20)} MiB`
    lines.push(`replica ${index}     cpu ${cpu}${share}, memory ${memory}`)
  }
  lines.push(`generator     cpu ${report.generatorCpuSeconds.toFixed(2)} s`)
  for (const [code, count] of Object.entries(report.failures))
    lines.push(`failed        ${count} with ${code}`)
  if (report.unanswered > 0) lines.push(`unanswered    ${report.unanswered}`)
  return lines
}

function describe({ p50, p95, p99, max, samples }: Latencies): string {
  return `p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, max ${max.toFixed(2)} ms (${samples} samples)`
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toPrecision(3)
}
