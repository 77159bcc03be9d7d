/** Two networks in turn, one that has a key and one that has none: what its certificates cost a network. */
import { setTimeout as sleep } from 'node:timers/promises'
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
}

export interface Comparison {
  readonly rounds: number
  start(withKey: boolean): Promise<BenchNetwork>
  measure(network: BenchNetwork): Promise<BenchReport>
}

const FIRST_CERTIFICATE_MS = 120_000
const POLL_MS = 200

/** What went before a round is different from round to round: which network comes first is, too. */
export async function compare(
  { rounds, start, measure }: Comparison,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ComparisonReport> {
  const reports = { with: [] as BenchReport[], without: [] as BenchReport[] }
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
      terminal.note(`round ${round + 1} of ${rounds}, ${name} a key`)
      const network = await start(name === 'with')
      try {
        if (name === 'with')
          await terminal.progress('waiting for the first certificate', firstCertificate(network, signal))
        reports[name].push(await measure(network))
      } finally {
        await terminal.progress('stopping', network.close())
      }
    }
  const shares = reports.with.map(
    ({ committedPerSecond }, round) => committedPerSecond / (reports.without[round]?.committedPerSecond ?? 0),
  )
  return { withKey: reports.with, withoutKey: reports.without, share: quartilesOf(shares) }
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

export function comparisonLines({ withKey, withoutKey, share }: ComparisonReport): string[] {
  const median = (values: readonly number[]) => quartilesOf(values).median
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`
  const figures = withKey.flatMap(({ certificates }) => (certificates === null ? [] : [certificates]))
  const describe = (of: 'loaded' | 'idle') =>
    describeCertificates({
      perSecond: median(figures.map(figure => figure[of].perSecond)),
      delayMs: median(figures.flatMap(figure => figure[of].delayMs ?? [])),
    })
  return [
    `with a key    ${median(withKey.map(({ committedPerSecond }) => committedPerSecond))}/s, ${withKey.map(({ committedPerSecond }) => committedPerSecond).join(', ')}`,
    `without       ${median(withoutKey.map(({ committedPerSecond }) => committedPerSecond))}/s, ${withoutKey.map(({ committedPerSecond }) => committedPerSecond).join(', ')}`,
    `share         ${percent(share.median)} (${percent(share.lower)} to ${percent(share.upper)}, ${share.samples} rounds)`,
    `certificates  ${describe('loaded')}; idle ${describe('idle')}`,
  ]
}
