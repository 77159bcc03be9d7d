import type { ClientOperation, ClientRead } from './checkers/checker.ts'

/** How a world fared, in virtual milliseconds: what no checker forbids, and tables show. */
export interface Measurement {
  /** From handing in to the first execution at a correct member, by the phase of the handing in. */
  readonly execution: ByPhase
  /** From handing in until f+1 members told the client the same; of clients that wait for it. */
  readonly answer: ByPhase
  /** From the end of the faults to the last answer that took longer than usual; null where no client waited. */
  readonly hangoverMs: number | null
  /** What counts as usual in this world: thrice the median of the quieter half after the faults, and at least 50. */
  readonly usualMs: number | null
  /** Values that clients believed because a certificate proved them, or because f+1 members showed them alike. */
  readonly certifiedReads: number
  readonly equalReads: number
  /** Executed by a correct member. */
  readonly executed: number
  /** In the fault phase, per second of virtual time. */
  readonly executedPerSecond: number
}

interface ByPhase {
  readonly faults: Latencies
  readonly after: Latencies
}

export interface Latencies {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly maxMs: number
}

/** Virtual milliseconds. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

const USUAL_MIN_MS = 50

/** Gathers what `Measurement` says. */
export class Measures {
  readonly #handedInMs = new Map<string, number>()
  readonly #executions: Interval[] = []
  readonly #answers: Interval[] = []
  readonly #reads = { certified: 0, equal: 0 }
  #faultsEndMs = Number.POSITIVE_INFINITY

  /** Handed in by a client, for the first time. */
  onHandedIn(id: string, nowMs: number): void {
    if (!this.#handedInMs.has(id)) this.#handedInMs.set(id, nowMs)
  }

  /** Executed by a correct member; the first one counts. */
  onExecuted(id: string, nowMs: number): void {
    const fromMs = this.#handedInMs.get(id)
    if (fromMs === undefined) return
    this.#handedInMs.set(id, Number.NaN)
    if (!Number.isNaN(fromMs)) this.#executions.push({ fromMs, toMs: nowMs })
  }

  onOperation({ invokedMs, returnedMs }: ClientOperation): void {
    if (returnedMs !== null) this.#answers.push({ fromMs: invokedMs, toMs: returnedMs })
  }

  onRead({ how }: ClientRead): void {
    this.#reads[how] += 1
  }

  onFaultsEnd(nowMs: number): void {
    this.#faultsEndMs = nowMs
  }

  result(): Measurement {
    const { hangoverMs, usualMs } = hangoverOf(this.#answers, this.#faultsEndMs)
    const inFaults = this.#executions.filter(({ toMs }) => toMs <= this.#faultsEndMs).length
    return {
      execution: this.#byPhase(this.#executions),
      answer: this.#byPhase(this.#answers),
      hangoverMs,
      usualMs,
      certifiedReads: this.#reads.certified,
      equalReads: this.#reads.equal,
      executed: this.#executions.length,
      executedPerSecond: Number.isFinite(this.#faultsEndMs) ? (inFaults * 1_000) / this.#faultsEndMs : 0,
    }
  }

  #byPhase(intervals: readonly Interval[]): ByPhase {
    const isAfter = ({ fromMs }: Interval): boolean => fromMs >= this.#faultsEndMs
    return {
      faults: summary(intervals.filter(interval => !isAfter(interval))),
      after: summary(intervals.filter(isAfter)),
    }
  }
}

/** @param answers of clients that go on after the faults as they did before */
export function hangoverOf(
  answers: readonly Interval[],
  faultsEndMs: number,
): Pick<Measurement, 'hangoverMs' | 'usualMs'> {
  const late = answers.filter(({ toMs }) => toMs > faultsEndMs)
  if (late.length === 0) return { hangoverMs: null, usualMs: null }
  const latencies = sortedLatencies(late)
  const usualMs = Math.max(USUAL_MIN_MS, 3 * (latencies[Math.floor((latencies.length - 1) / 4)] ?? 0))
  const unusual = late.filter(({ fromMs, toMs }) => toMs - fromMs > usualMs)
  const lastMs = unusual.reduce((last, { toMs }) => Math.max(last, toMs), faultsEndMs)
  return { hangoverMs: Math.round(lastMs - faultsEndMs), usualMs: Math.round(usualMs) }
}

function sortedLatencies(intervals: readonly Interval[]): readonly number[] {
  return intervals.map(({ fromMs, toMs }) => toMs - fromMs).sort((a, b) => a - b)
}

function summary(intervals: readonly Interval[]): Latencies {
  const sorted = sortedLatencies(intervals)
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
  return { count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) }
}
