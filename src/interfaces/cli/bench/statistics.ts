/** Samples in, percentiles out. Exact: every sample is kept, eight bytes each. */

export interface Latencies {
  /** Milliseconds; 0 without samples. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly samples: number
}

/** @param samplesMs any order */
export function latenciesOf(samplesMs: readonly number[]): Latencies {
  const sorted = Float64Array.from(samplesMs).sort()
  return {
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: round(sorted.at(-1) ?? 0),
    samples: sorted.length,
  }
}

/** Nearest rank: the least sample that `percent` of all samples do not exceed. @param sorted ascending */
function percentile(sorted: Float64Array, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return round(sorted[rank - 1] ?? 0)
}

/** The middle of some figures, and between what the middle half of them lies. */
export interface Quartiles {
  readonly lower: number
  readonly median: number
  readonly upper: number
  readonly samples: number
}

/** @param samples any order; of none, zeros */
export function quartilesOf(samples: readonly number[]): Quartiles {
  const sorted = Float64Array.from(samples).sort()
  const [lower, median, upper] = [25, 50, 75].map(percent => percentile(sorted, percent)) as [
    number,
    number,
    number,
  ]
  return { lower, median, upper, samples: sorted.length }
}

/** To microseconds. */
function round(valueMs: number): number {
  return Math.round(valueMs * 1_000) / 1_000
}

/** What this process has had of the processor, all its threads. @returns milliseconds, to a thousandth */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
