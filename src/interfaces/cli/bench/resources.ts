/** What the nodes' processes have used so far, from their metrics, or from proc(5) where we know the process. */
import { readFileSync } from 'node:fs'
import { sumOf } from './prometheus.ts'

export interface NodeUnderTest {
  readonly index: number
  readonly apiUrl: string
  /** Null for a node that we did not start. */
  readonly pid: number | null
}

/** Totals since the process started; null: not known. */
export interface Usage {
  readonly cpuSeconds: number | null
  readonly memoryBytes: number | null
  /** Gossip messages and bytes that the node published, and received from others, each message once. */
  readonly published: number | null
  readonly publishedBytes: number | null
  readonly received: number | null
  readonly receivedBytes: number | null
  /** Certificates under the network's key. */
  readonly certificates: number | null
  /** From the execution of their sequences to them, all together. */
  readonly certificateDelaySeconds: number | null
}

const ANSWER_MS = 5_000
/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4_096

export async function usageOf(nodes: readonly NodeUnderTest[]): Promise<readonly Usage[]> {
  return await Promise.all(nodes.map(usageOfNode))
}

async function usageOfNode({ apiUrl, pid }: NodeUnderTest): Promise<Usage> {
  const text = await metricsOf(apiUrl)
  return {
    cpuSeconds: sumOf(text, 'process_cpu_seconds_total') ?? cpuSecondsOf(pid),
    memoryBytes: sumOf(text, 'process_resident_memory_bytes') ?? memoryBytesOf(pid),
    published: sumOf(text, 'quorate_gossip_published_total'),
    publishedBytes: sumOf(text, 'quorate_gossip_published_bytes_total'),
    received: sumOf(text, 'quorate_gossip_received_total'),
    receivedBytes: sumOf(text, 'quorate_gossip_received_bytes_total'),
    certificates: sumOf(text, 'quorate_certificate_delay_seconds_count'),
    certificateDelaySeconds: sumOf(text, 'quorate_certificate_delay_seconds_sum'),
  }
}

async function metricsOf(apiUrl: string): Promise<string> {
  try {
    const response = await fetch(`${apiUrl}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) })
    return response.ok ? await response.text() : ''
  } catch {
    return ''
  }
}

/** proc(5), fields 14 and 15 of stat. */
function cpuSecondsOf(pid: number | null): number | null {
  const stat = readProc(pid, 'stat')
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** proc(5), field 2 of statm. */
function memoryBytesOf(pid: number | null): number | null {
  const statm = readProc(pid, 'statm')
  return statm === null ? null : Number(statm.split(' ')[1]) * PAGE_BYTES
}

function readProc(pid: number | null, name: string): string | null {
  try {
    return pid === null ? null : readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return null
  }
}
