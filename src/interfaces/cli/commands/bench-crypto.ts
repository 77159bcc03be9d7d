/** `quorate bench crypto`: what it costs to make keys, and to sign, together. */
import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import type { AttackFigure } from '../bench/crypto-attack.ts'
import type { CeremonyFigure } from '../bench/crypto-ceremony.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween, numberBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate bench crypto                                      all of it, about a minute
  quorate bench crypto --budget 5 --thresholds 3 --members 4
  quorate bench crypto --members none --json                operations alone

Secrets have one implementation; what is public has two where mcl-wasm is installed, which take turns: the ratio is of the
same round. Figures are medians; in brackets the middle half.`

interface CryptoFlags {
  readonly budget: number
  readonly thresholds: readonly number[]
  readonly members: readonly number[]
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
    .option('--thresholds <list>', 'of partials that make a signature', listOf(1, 128), [3, 11, 67])
    .option('--members <list>', 'of ceremonies, or none', listOf(1, 128), [4, 7, 16, 31])
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: CryptoFlags) => run(flags, terminal))
}

async function run({ budget, thresholds, members, json }: CryptoFlags, terminal: Terminal): Promise<void> {
  const { signal } = onInterrupt()
  const [
    { measureCrypto },
    { measureCeremony },
    { measureAttack },
    { cryptoLines },
    { chooseCurve },
    { nobleCurve },
  ] = await Promise.all([
    import('../bench/crypto.ts'),
    import('../bench/crypto-ceremony.ts'),
    import('../bench/crypto-attack.ts'),
    import('../bench/crypto-report.ts'),
    import('../../../node/mcl.ts'),
    import('../../../crypto/threshold/noble-curve.ts'),
  ])
  const { curve, name, reason } = await chooseCurve()
  const curves = [['noble', nobleCurve] as const, ...(reason === null ? [[name, curve] as const] : [])]
  const random = (lengthBytes: number) => new Uint8Array(randomBytes(lengthBytes))
  const operations = await terminal.progress(
    'measuring operations',
    measureCrypto(curves, thresholds, budget * 1_000, random, signal),
  )
  const [ceremonies, attacks]: [CeremonyFigure[], AttackFigure[]] = [[], []]
  for (const count of members)
    for (const named of curves) {
      const what = `of ${count} with ${named[0]}`
      ceremonies.push(
        await terminal.progress(`a ceremony ${what}`, measureCeremony(named, count, random, signal)),
      )
      // Fewer than four members bear no liar.
      if (count > 3)
        attacks.push(
          await terminal.progress(`lies in a ceremony ${what}`, measureAttack(named, count, random, signal)),
        )
    }
  const names = curves.map(([curveName]) => curveName)
  const report = { curves: names, reason, operations, ceremonies, attacks }
  if (json === true) terminal.printJson(report)
  else for (const line of cryptoLines(report)) terminal.print(line)
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
