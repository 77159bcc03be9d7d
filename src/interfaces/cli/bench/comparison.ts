/** Two networks, one that has a key and one that has none, in turn or side by side: what its certificates cost a network. */
import { setTimeout as sleep } from 'node:timers/promises'
import { present } from '../../../lib/assert.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { describeCertificates } from './certificates.ts'
import type { BenchNetwork } from './network.ts'
import type { BenchReport } from './report.ts'
import { usageOf } from './resources.ts'
import { type Quartiles, quartilesOf } from './statistics.ts'

/** Every network is made anew. */
export interface ComparisonReport {
  readonly withKey: readonly BenchReport[]
  readonly withoutKey: readonly BenchReport[]
  /** Throughput with a key by that without, round by round. */
  readonly share: Quartiles
  /** The same of what the replicas commit in a second of their processors' time: less moved by what else the machine does. */
  readonly shareByProcessor: Quartiles
}

export interface Comparison {
  readonly rounds: number
  /** Both at once: whatever else the machine does meets both alike, and neither has it for itself. Otherwise they take turns. */
  readonly sideBySide: boolean
  start(withKey: boolean): Promise<BenchNetwork>
  measure(network: BenchNetwork): Promise<BenchReport>
}

const FIRST_CERTIFICATE_MS = 120_000
const POLL_MS = 200

type Kind = 'with' | 'without'

/** What went before a round is different from round to round: which network comes first is, too. */
export async function compare(
  { rounds, sideBySide, start, measure }: Comparison,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ComparisonReport> {
  const reports = { with: [] as BenchReport[], without: [] as BenchReport[] }
  const measureTogether = async (kinds: readonly Kind[]) => {
    const networks: BenchNetwork[] = []
    try {
      for (const kind of kinds) {
        const network = await start(kind === 'with')
        networks.push(network)
        if (kind === 'with')
          await terminal.progress('waiting for the first certificate', firstCertificate(network, signal))
      }
      const measured = await Promise.all(networks.map(measure))
      for (const [i, kind] of kinds.entries()) reports[kind].push(present(measured[i], 'a report'))
    } finally {
      await terminal.progress('stopping', Promise.all(networks.map(network => network.close())))
    }
  }
  for (let round = 0; round < rounds; round++) {
    const kinds: readonly Kind[] = round % 2 === 0 ? ['with', 'without'] : ['without', 'with']
    for (const together of sideBySide ? [kinds] : kinds.map(kind => [kind])) {
      terminal.note(`round ${round + 1} of ${rounds}, ${together.join(' and ')} a key`)
      await measureTogether(together)
    }
  }
  const share = (of: (report: BenchReport) => number) =>
    quartilesOf(
      reports.with.map((report, round) => of(report) / of(present(reports.without[round], 'a report'))),
    )
  return {
    withKey: reports.with,
    withoutKey: reports.without,
    share: share(({ committedPerSecond }) => committedPerSecond),
    shareByProcessor: share(perProcessorSecond),
  }
}

/** NaN where it is not known what the replicas used. */
function perProcessorSecond({ committedPerSecond, options, nodes }: BenchReport): number {
  const usedSeconds = nodes.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? Number.NaN), 0)
  return (committedPerSecond * options.durationMs) / 1_000 / usedSeconds
}

/** @throws CommandError when there is none for too long */
async function firstCertificate({ nodes }: BenchNetwork, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < FIRST_CERTIFICATE_MS; waitedMs += POLL_MS) {
    const usages = await usageOf(nodes)
    if (usages.every(({ certificates }) => (certificates ?? 0) > 0)) return
    await sleep(POLL_MS, undefined, { signal })
  }
  throw new CommandError(EXIT.failed, `no certificate within ${FIRST_CERTIFICATE_MS / 1_000} s`)
}

export function comparisonLines({
  withKey,
  withoutKey,
  share,
  shareByProcessor,
}: ComparisonReport): string[] {
  const median = (values: readonly number[]) => quartilesOf(values).median
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`
  const spread = ({ median: middle, lower, upper, samples }: Quartiles) =>
    `${percent(middle)} (${percent(lower)} to ${percent(upper)}, ${samples} rounds)`
  const figures = withKey.flatMap(({ certificates }) => (certificates === null ? [] : [certificates]))
  const describe = (of: 'loaded' | 'idle') =>
    describeCertificates({
      perSecond: median(figures.map(figure => figure[of].perSecond)),
      delayMs: median(figures.flatMap(figure => figure[of].delayMs ?? [])),
    })
  return [
    `with a key    ${median(withKey.map(({ committedPerSecond }) => committedPerSecond))}/s, ${withKey.map(({ committedPerSecond }) => committedPerSecond).join(', ')}`,
    `without       ${median(withoutKey.map(({ committedPerSecond }) => committedPerSecond))}/s, ${withoutKey.map(({ committedPerSecond }) => committedPerSecond).join(', ')}`,
    `share         ${spread(share)}; of a second of the replicas' processors ${spread(shareByProcessor)}`,
    `certificates  ${describe('loaded')}; idle ${describe('idle')}`,
  ]
}
