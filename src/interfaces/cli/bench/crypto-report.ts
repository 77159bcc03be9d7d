/** The figures of what signing together costs, as lines for people. */
import { table } from '../terminal.ts'
import type { CryptoFigure } from './crypto.ts'
import type { AttackFigure } from './crypto-attack.ts'
import type { CeremonyFigure, PhaseFigure } from './crypto-ceremony.ts'
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
  const tables: string[][] = []
  if (operations.length > 0) tables.push(operationLines(curves, operations))
  if (ceremonies.length > 0) tables.push(...ceremonyTables(ceremonies))
  if (attacks.length > 0) tables.push(attackLines(attacks))
  const reasons = reason === null ? [] : [`without the fast curve: ${reason}`, '']
  return [...reasons, ...tables.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))]
}

function operationLines(curves: readonly string[], operations: readonly CryptoFigure[]): string[] {
  const others = curves.slice(1)
  return table([
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
  ])
}

function ceremonyTables(ceremonies: readonly CeremonyFigure[]): string[][] {
  const phases = [
    'A ceremony over a log in this process: milliseconds of the processor that a member has for its own part, and to execute what all',
    'say; bytes of the batches in the log, with one system transaction each, and of what is said in them.',
    ...table([
      ['n', 't', 'curve', 'phase', 'own ms', 'execute ms', 'entries', 'bytes', 'said'],
      ...ceremonies.flatMap(ceremonyRows),
    ]),
  ]
  const totals = [
    'In all: what one member computes; and what passes, on the clock and of the processor, while this process does it for all members,',
    'one after another.',
    ...table([
      [
        'n',
        't',
        'curve',
        'a member ms',
        'times less',
        'ledgers',
        'all in one process s',
        'of the processor s',
      ],
      ...ceremonies.map(figure => totalRow(figure, ceremonies)),
    ]),
  ]
  return [phases, totals]
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

function ceremonyRows({ members, threshold, curve, phases, logBytes }: CeremonyFigure): string[][] {
  const name = [`${members}`, `${threshold}`, curve]
  const sum = (of: (phase: PhaseFigure) => number): number =>
    phases.reduce((total, phase) => total + of(phase), 0)
  const rows = [
    ...phases,
    {
      phase: 'all',
      ownMs: sum(({ ownMs }) => ownMs),
      executeMs: sum(({ executeMs }) => executeMs),
      entries: sum(({ entries }) => entries),
      bytes: logBytes,
      operationBytes: sum(({ operationBytes }) => operationBytes),
    },
  ]
  return rows.map(({ phase, ownMs, executeMs, entries, bytes, operationBytes }) => [
    ...name,
    phase,
    milliseconds(ownMs),
    milliseconds(executeMs),
    `${entries}`,
    `${bytes}`,
    `${operationBytes}`,
  ])
}

/** Times less than with the reference, in the same run. */
function totalRow(
  { members, threshold, curve, memberMs, wallMs, cpuMs, ledgers }: CeremonyFigure,
  ceremonies: readonly CeremonyFigure[],
): string[] {
  const reference = ceremonies.find(other => other.members === members)
  const ratio = reference === undefined || reference.curve === curve ? null : reference.memberMs / memberMs
  return [
    `${members}`,
    `${threshold}`,
    curve,
    milliseconds(memberMs),
    ratio === null ? '-' : ratio.toFixed(1),
    `${ledgers}`,
    ...[wallMs, cpuMs].map(ms => (ms / 1_000).toFixed(1)),
  ]
}

const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms.toFixed(0))

const medianOf = (quartiles: Quartiles | undefined): string =>
  quartiles === undefined ? '-' : milliseconds(quartiles.median)

const ratioOf = (quartiles: Quartiles | undefined): string =>
  quartiles === undefined
    ? '-'
    : `${quartiles.median.toFixed(1)} (${quartiles.lower.toFixed(1)} to ${quartiles.upper.toFixed(1)}, ${quartiles.samples} rounds)`
