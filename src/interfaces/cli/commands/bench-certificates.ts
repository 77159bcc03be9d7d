/** `quorate bench certificates`: what certificates under the network's key cost the network. */
import type { Command } from 'commander'
import type { BenchOptions } from '../bench/options.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'
import { type LoadFlags, loadOptions, withLoadFlags } from './bench-load.ts'

const EXAMPLES = `
Examples:
  quorate bench certificates                        five rounds of two networks, about five minutes
  quorate bench certificates --rounds 1 --duration 5
  quorate bench certificates --side-by-side         both networks at once: for a machine that does other things too
  quorate bench certificates --rate 2000 --json

A network whose genesis has a shared key and one whose genesis has none take turns, each made anew; which is first changes
from round to round. The share is of the same round; in brackets the middle half.`

interface CertificatesFlags extends LoadFlags {
  readonly rounds: number
  readonly sideBySide?: boolean
}

export function addBenchCertificatesCommand(bench: Command, terminal: Terminal): void {
  withLoadFlags(
    bench
      .command('certificates')
      .description(
        'compare networks with a shared key and without: throughput, certificates and their delay',
      ),
  )
    .option('--rounds <n>', 'of one network of each kind', integerBetween(1, 1_000), 5)
    .option('--side-by-side', 'both networks at once instead of one after the other')
    .addHelpText('after', EXAMPLES)
    .action((flags: CertificatesFlags, self: Command) => run(flags, loadOptions(flags, self), terminal))
}

async function run(flags: CertificatesFlags, options: BenchOptions, terminal: Terminal): Promise<void> {
  const { replicas, rounds, json } = flags
  const { signal } = onInterrupt()
  const [{ startNetwork }, { runBench }, { compare, comparisonLines }] = await Promise.all([
    import('../bench/network.ts'),
    import('../bench/run.ts'),
    import('../bench/comparison.ts'),
  ])
  const comparison = {
    rounds,
    sideBySide: flags.sideBySide === true,
    start: (sharedKey: boolean) =>
      startNetwork({ replicas, signed: options.signed, sharedKey, keep: false }, terminal),
    measure: (network: Awaited<ReturnType<typeof startNetwork>>) =>
      runBench(options, { network, floor: null, terminal, signal }),
  }
  const report = await compare(comparison, terminal, signal)
  if (json === true) terminal.printJson(report)
  else for (const line of comparisonLines(report)) terminal.print(line)
}
