/** `quorate bench`: throughput, latency and cost of a network. */
import type { Command } from 'commander'
import { apiUrl } from '../api.ts'
import type { BenchOptions } from '../bench/options.ts'
import { refuseGivenBeside } from '../flags.ts'
import { onInterrupt } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import { addBenchCertificatesCommand } from './bench-certificates.ts'
import { addBenchCryptoCommand } from './bench-crypto.ts'
import { type LoadFlags, loadOptions, withLoadFlags } from './bench-load.ts'

interface BenchFlags extends LoadFlags {
  readonly api?: string
  readonly keep?: boolean
}

const EXAMPLES = `
Examples:
  quorate bench                                    four replicas, closed loop, signed
  quorate bench --rate 3000 --duration 30 --json   latency at a fixed offered rate
  quorate bench --unsigned --clients 8 --in-flight 500
  quorate bench --api http://10.0.0.1:4180,http://10.0.0.2:4180

With --rate latency is measured from the moment at which a transaction was due, whether or not the network kept up.
The idle latency is that of one transaction at a time, 10 ms apart, after the load. The gossip round trip between two idle
nodes is measured in the same run, to read latencies as multiples of it.`

export function addBenchCommand(program: Command, terminal: Terminal): void {
  const bench = withLoadFlags(
    program
      .command('bench')
      .description('measure throughput, latency and cost of a network')
      .option(
        '--api <urls>',
        'measure the network of these nodes, separated by commas, instead of a new one',
      ),
  )
    .option('--keep', 'keep the directory of the new network')
    .addHelpText('after', EXAMPLES)
    .action((flags: BenchFlags, self: Command) => {
      if (flags.api !== undefined) refuseGivenBeside('--api', self, ['replicas', 'keep'])
      return run(flags, loadOptions(flags, self), terminal)
    })
  addBenchCryptoCommand(bench, terminal)
  addBenchCertificatesCommand(bench, terminal)
}

async function run(flags: BenchFlags, options: BenchOptions, terminal: Terminal): Promise<void> {
  const urls = flags.api?.split(',').map(url => apiUrl(url.trim()))
  const { signal } = onInterrupt()
  const [{ joinNetwork, startNetwork }, { measureFloor, runBench }, { benchLines }] = await Promise.all([
    import('../bench/network.ts'),
    import('../bench/run.ts'),
    import('../bench/report.ts'),
  ])
  // Who cannot be reached is found before anything is measured; a network of our own would disturb the measurement.
  const joined = urls === undefined ? null : await joinNetwork(urls)
  const floor = await measureFloor(terminal, signal)
  const { replicas, keep = false } = flags
  const network =
    joined ?? (await startNetwork({ replicas, signed: options.signed, sharedKey: true, keep }, terminal))
  try {
    const report = await runBench(options, { network, floor, terminal, signal })
    if (flags.json === true) terminal.printJson(report)
    else for (const line of benchLines(report)) terminal.print(line)
  } finally {
    await terminal.progress('stopping', network.close())
  }
}
