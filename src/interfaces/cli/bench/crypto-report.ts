/** The figures of what signing together costs, as lines for people. */
import { table } from '../terminal.ts'
import type { CryptoFigure } from './crypto.ts'
import type { AttackFigure } from './crypto-attack.ts'
import type { CeremonyFigure } from './crypto-ceremony.ts'
import type { Quartiles } from './statistics.ts'

export interface CryptoReport {
  /** The reference first. */
  readonly curves: readonly string[]
  /** Why the fast curve is not among them; null when it is. */
  readonly reason: string | null
  readonly operations: readonly CryptoFigure[]
  readonly ceremonies: readonly CeremonyFigure[]
  readonly attacks: readonly AttackFigure[]
}

export function cryptoLines({ curves, reason, operations, ceremonies, attacks }: CryptoReport): string[] {
  const others = curves.slice(1)
  const lines = reason === null ? [] : [`without the fast curve: ${reason}`, '']
  lines.push(
    ...table([
      [
        'operation',
        't',
        ...curves.map(curve => `${curve} ms`),
        ...others.map(curve => `times faster by ${curve}`),
      ],
      ...operations.map(({ what, threshold, ms, ratio }) => [
        what,
        `${threshold}`,
        ...curves.map(curve => medianOf(ms[curve])),
        ...others.map(curve => ratioOf(ratio[curve])),
      ]),
    ]),
  )
  if (ceremonies.length > 0) lines.push('', ...ceremonyLines(ceremonies))
  if (attacks.length > 0) lines.push('', ...attackLines(attacks))
  return lines
}

function ceremonyLines(ceremonies: readonly CeremonyFigure[]): string[] {
  return [
    'A ceremony: milliseconds that a member computes to say its own, and to execute what all say; bytes of what all say.',
    ...table([
      ['n', 't', 'curve', 'phase', 'own ms', 'execute ms', 'entries', 'bytes'],
      ...ceremonies.flatMap(ceremonyRows),
    ]),
  ]
}

function attackLines(attacks: readonly AttackFigure[]): string[] {
  return [
    'What f members that lie make every other compute in a ceremony, at most: milliseconds for each lie, and in all.',
    ...table([
      ['n', 'f', 'curve', 'wrong dealing', 'wrong confirmation', 'conviction', 'in all'],
      ...attacks.map(figure => [
        `${figure.members}`,
        `${figure.faulty}`,
        figure.curve,
        milliseconds(figure.refusedDealingMs),
        milliseconds(figure.refusedConfirmationMs),
        milliseconds(figure.convictionMs),
        milliseconds(figure.worstMs),
      ]),
    ]),
  ]
}

function ceremonyRows({ members, threshold, curve, phases, wallMs, logBytes }: CeremonyFigure): string[][] {
  const [ownMs, executeMs] = [sumOf(phases, 'ownMs'), sumOf(phases, 'executeMs')]
  const name = [`${members}`, `${threshold}`, curve]
  return [
    ...phases.map(phase => [
      ...name,
      phase.phase,
      milliseconds(phase.ownMs),
      milliseconds(phase.executeMs),
      `${phase.entries}`,
      `${phase.bytes}`,
    ]),
    [
      ...name,
      'all',
      milliseconds(ownMs),
      milliseconds(executeMs),
      `in one process ${milliseconds(wallMs)} ms`,
      `${logBytes}`,
    ],
  ]
}

function sumOf(phases: CeremonyFigure['phases'], part: 'ownMs' | 'executeMs'): number {
  return phases.reduce((sum, phase) => sum + phase[part], 0)
}

const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms.toFixed(0))

const medianOf = (quartiles: Quartiles | undefined): string =>
  quartiles === undefined ? '-' : milliseconds(quartiles.median)

const ratioOf = (quartiles: Quartiles | undefined): string =>
  quartiles === undefined
    ? '-'
    : `${quartiles.median.toFixed(1)} (${quartiles.lower.toFixed(1)} to ${quartiles.upper.toFixed(1)}, ${quartiles.samples} rounds)`
