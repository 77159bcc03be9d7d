/** Worlds as lines for people. */
import type { Measurement } from '../../../sim/measurement.ts'
import type { SimulationOptions } from '../../../sim/options.ts'
import type { SimulationResult } from '../../../sim/simulation.ts'
import type { SweepSummary } from '../../../sim/sweep.ts'
import { durationText } from './progress.ts'

const WIDTH = 110
const SEEDS_SHOWN = 20

/** JSON that a person can read and `--options` takes back. */
export function optionLines(options: SimulationOptions): string[] {
  const parts = Object.entries(options).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
  return wrap(['{', ...parts.map((part, i) => (i < parts.length - 1 ? `${part},` : part)), '}'], '')
}

export function resultLines(result: SimulationResult, wallMs: number): string[] {
  const { violations, undecided, hash, virtualMs, measurement, troubles, lies, keyEvents, ...figures } =
    result
  const numbers = Object.fromEntries(Object.entries(figures).filter(([, value]) => typeof value === 'number'))
  const { execution, answer, ...measured } = measurement
  return [
    `${violations.length === 0 ? 'in order' : 'VIOLATED'} after ${(virtualMs / 1_000).toFixed(1)} s of virtual time, ${durationText(wallMs / 1_000)} of ours`,
    ...labelled('figures', numbers as Record<string, number>, round),
    ...labelled('measured', { ...measured }, value => (value === null ? '-' : round(value))),
    ...labelled('execution', { ...execution }, latencyText),
    ...labelled('answers', { ...answer }, latencyText),
    ...labelled('troubles', occurring(troubles), round),
    ...labelled('lies', lies, round),
    ...labelled('keys', keyEvents, round),
    ...undecided.map(({ checker, text }) => `UNDECIDED   ${checker}: ${text}`),
    ...violations.map(({ checker, atMs, text }) => `  at ${(atMs / 1_000).toFixed(3)} s ${checker}: ${text}`),
    `hash        ${hash}`,
  ]
}

function latencyText({ count, p50Ms, p95Ms, maxMs }: Measurement['answer']['faults']): string {
  return `${count} (p50 ${p50Ms} ms, p95 ${p95Ms} ms, max ${maxMs} ms)`
}

function occurring(counts: object): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0))
}

export interface SweepReport extends SweepSummary {
  readonly wallMs: number
  /** What could not be run to its end, with the reason. */
  readonly broken: readonly { readonly seed: number; readonly why: string }[]
}

export function sweepLines(report: SweepReport, range: string): string[] {
  const { worlds, failed, broken, violations, totals, wallMs, hash } = report
  const virtualHours = (totals.virtualMs ?? 0) / 3_600_000
  const wallHours = wallMs / 3_600_000
  const bad = failed.length + broken.length
  return [
    `worlds      ${worlds} of ${range}, ${bad === 0 ? 'no violation' : `${bad} FAILED`}, in ${durationText(wallMs / 1_000)}`,
    `speed       ${((worlds / wallMs) * 1_000).toFixed(1)} worlds/s, ${(virtualHours / wallHours).toFixed(1)} simulated hours per wall hour`,
    ...Object.entries(violations).map(([checker, seeds]) => `violated    ${checker}: ${seedsText(seeds)}`),
    ...Object.entries(report.undecided).map(
      ([checker, seeds]) => `UNDECIDED   ${checker}: ${seedsText(seeds)}`,
    ),
    ...broken.slice(0, SEEDS_SHOWN).map(({ seed, why }) => `broken      seed ${seed}: ${why.split('\n')[0]}`),
    ...extremes(report),
    ...labelled('totals', { ...totals, virtualHours }, round),
    ...labelled('troubles', report.troubles, round),
    ...labelled('lies', report.lies, round),
    ...labelled('keys', report.keyEvents, round),
    ...labelled('members', report.members, share(worlds)),
    ...labelled('faulty', report.faulty, share(worlds)),
    ...labelled('enemies', report.behaviours, share(worlds)),
    ...labelled('faults', report.options, share(worlds)),
    `hash        ${hash}`,
  ]
}

function extremes({ slowest, longestHangover }: SweepSummary): string[] {
  const lines: string[] = []
  if (slowest !== null) {
    const { seed, settlingMs, boundMs } = slowest
    const part = Math.round((100 * settlingMs) / boundMs)
    lines.push(
      `slowest     seed ${seed} was in order after ${settlingMs} of ${boundMs} ms, ${part} % of its bound`,
    )
  }
  if (longestHangover !== null)
    lines.push(`hangover    ${longestHangover.hangoverMs} ms at most, in seed ${longestHangover.seed}`)
  return lines
}

function seedsText(seeds: readonly number[]): string {
  const shown = seeds.slice(0, SEEDS_SHOWN).join(', ')
  if (seeds.length === 1) return `1 world, seed ${shown}`
  return `${seeds.length} worlds, seeds ${shown}${seeds.length > SEEDS_SHOWN ? ', ...' : ''}`
}

/** Names and values behind a label, wrapped below each other. */
function labelled<T>(
  label: string,
  values: Readonly<Record<string, T>>,
  text: (value: T) => string,
): string[] {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${text(value)}`)
  if (parts.length === 0) return []
  const [first = '', ...rest] = wrap(
    parts.map((part, i) => (i < parts.length - 1 ? `${part},` : part)),
    ' '.repeat(12),
  )
  return [label.padEnd(12) + first.trimStart(), ...rest]
}

const share =
  (worlds: number) =>
  (seen: number): string =>
    `${((100 * seen) / worlds).toFixed(seen * 100 < 10 * worlds ? 1 : 0)} %`

function round(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)))
}

function wrap(words: readonly string[], indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of words) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      lines.push(line)
      line = indent
    }
    line += line === indent ? word : ` ${word}`
  }
  return [...lines, line]
}
