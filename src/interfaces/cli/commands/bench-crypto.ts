/** `quorate bench crypto`: what it costs to make keys, and to sign, together. */
import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import type { CryptoFigure, NamedCurve } from '../bench/crypto.ts'
import type { AttackFigure } from '../bench/crypto-attack.ts'
import type { CeremonyFigure } from '../bench/crypto-ceremony.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween, numberBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate bench crypto                                      all of it, some minutes
  quorate bench crypto --budget 5 --thresholds 3 --members 4
  quorate bench crypto --members none --json                operations alone
  quorate bench crypto --thresholds none --members 100 --ledgers 1

Secrets have one implementation; what is public has two where mcl-wasm is installed, which take turns: the ratio is of the
same round, or of the same ceremony entry by entry. Figures are medians; in brackets the middle half. After Ctrl-C it prints
what is done.`

interface CryptoFlags {
  readonly budget: number
  readonly thresholds: readonly number[]
  readonly members: readonly number[]
  readonly ledgers?: number
  readonly json?: boolean
}

export function addBenchCryptoCommand(bench: Command, terminal: Terminal): void {
  bench
    .command('crypto')
    .description(
      'measure what signing and making keys together costs, with both implementations of the curve',
    )
    .option(
      '--budget <seconds>',
      'for the operations; ceremonies are run once each',
      numberBetween(0.1, 86_400),
      20,
    )
    .option('--thresholds <list>', 'of partials that make a signature, or none', listOf(1, 128), [3, 11, 67])
    .option('--members <list>', 'of ceremonies, or none', listOf(1, 128), [4, 7, 16, 31])
    .option(
      '--ledgers <n>',
      'members of a ceremony that execute the log; each pays the same (default: all)',
      integerBetween(1, 128),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: CryptoFlags) => run(flags, terminal))
}

async function run(flags: CryptoFlags, terminal: Terminal): Promise<void> {
  const interrupt = onInterrupt()
  const { signal } = interrupt
  const [{ cryptoLines }, { chooseCurve }, { nobleCurve }] = await Promise.all([
    import('../bench/crypto-report.ts'),
    import('../../../node/mcl.ts'),
    import('../../../crypto/threshold/noble-curve.ts'),
  ])
  const { curve, name, reason } = await chooseCurve()
  const curves: readonly NamedCurve[] = [
    ['noble', nobleCurve],
    ...(reason === null ? [[name, curve] as const] : []),
  ]
  const names = curves.map(([curveName]) => curveName)
  const figures: Figures = { operations: [], ceremonies: [], attacks: [] }
  const print = (): void => {
    const report = { curves: names, reason, ...figures }
    if (flags.json === true) terminal.printJson(report)
    else for (const line of cryptoLines(report)) terminal.print(line)
  }
  try {
    await measure(flags, curves, figures, { terminal, signal })
  } catch (error) {
    if (signal.aborted) print()
    throw error
  } finally {
    interrupt.dispose()
  }
  print()
}

/** What is done so far. */
interface Figures {
  operations: readonly CryptoFigure[]
  readonly ceremonies: CeremonyFigure[]
  readonly attacks: AttackFigure[]
}

async function measure(
  { budget, thresholds, members, ledgers }: CryptoFlags,
  curves: readonly NamedCurve[],
  figures: Figures,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const [{ measureCrypto }, { measureCeremony }, { measureAttack }] = await Promise.all([
    import('../bench/crypto.ts'),
    import('../bench/crypto-ceremony.ts'),
    import('../bench/crypto-attack.ts'),
  ])
  const random = (lengthBytes: number) => new Uint8Array(randomBytes(lengthBytes))
  if (thresholds.length > 0)
    figures.operations = await terminal.progress(
      'measuring operations',
      measureCrypto(curves, thresholds, budget * 1_000, random, signal),
    )
  if (members.length > 0) {
    // The first one compiles.
    const warming = measureCeremony(curves, { members: 4, ledgers: 1 }, random, signal)
    await terminal.progress('a ceremony that does not count', warming)
  }
  for (const count of members) {
    let progress = ''
    const size = { members: count, ledgers: Math.min(count, ledgers ?? count) }
    const ceremonies = measureCeremony(curves, size, random, signal, at => {
      progress = at
    })
    figures.ceremonies.push(
      ...(await terminal.progress(() => `a ceremony of ${count}: ${progress}`, ceremonies)),
    )
    // Fewer than four members bear no liar.
    if (count < 4) continue
    for (const named of curves) {
      const attack = measureAttack(named, count, random, signal)
      figures.attacks.push(await terminal.progress(`lies in a ceremony of ${count} with ${named[0]}`, attack))
    }
  }
}

function listOf(min: number, max: number): (text: string) => readonly number[] {
  const parse = integerBetween(min, max)
  return text => {
    if (text === 'none') return []
    const values = text.split(',')
    if (values.length > 16) throw new InvalidArgumentError('allowed: 16 numbers.')
    return values.map(parse)
  }
}
