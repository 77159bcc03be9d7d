/** `quorate bench`: throughput, latency and cost of a network. */
import type { Command } from 'commander'
import { apiUrl } from '../api.ts'
import { CommandError, EXIT } from '../failure.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween, numberBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'
import { addBenchCryptoCommand } from './bench-crypto.ts'

interface BenchFlags {
  readonly api?: string
  readonly replicas: number
  readonly clients: number
  readonly payload: number
  readonly duration: number
  readonly warmup: number
  readonly rate?: number
  readonly inFlight: number
  readonly unsigned?: boolean
  readonly keep?: boolean
  readonly json?: boolean
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
  const bench = program
    .command('bench')
    .description('measure throughput, latency and cost of a network')
    .option('--api <urls>', 'measure the network of these nodes, separated by commas, instead of a new one')
    .option('--replicas <n>', 'replicas of the new network', integerBetween(1, 32), 4)
    .option('--clients <n>', 'clients, spread over the replicas', integerBetween(1, 1_000), 4)
    .option('--payload <bytes>', 'size of an operation', integerBetween(1, 65_536), 256)
    .option('--duration <seconds>', 'measured time', numberBetween(1, 86_400), 10)
    .option('--warmup <seconds>', 'load before the measured time', numberBetween(0, 3_600), 3)
    .option(
      '--rate <n>',
      'transactions a second, all clients together; without it each waits for answers',
      numberBetween(0.1, 1_000_000),
    )
    .option(
      '--in-flight <n>',
      'transactions of each client on the way, without --rate',
      integerBetween(1, 100_000),
      200,
    )
    .option('--unsigned', 'without client signatures')
    .option('--signed', 'with client signatures (default)')
    .option('--keep', 'keep the directory of the new network')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: BenchFlags & { signed?: boolean }) => {
      if (flags.signed === true && flags.unsigned === true) {
        throw new CommandError(EXIT.usage, 'give either --signed or --unsigned, not both')
      }
      return run(flags, terminal)
    })
  // What follows the name of a command below is that command's, though this one has a flag of the same name.
  addBenchCryptoCommand(bench.enablePositionalOptions(), terminal)
}

async function run(flags: BenchFlags, terminal: Terminal): Promise<void> {
  const urls = flags.api?.split(',').map(url => apiUrl(url.trim()))
  const signed = flags.unsigned !== true
  const { signal } = onInterrupt()
  const [{ joinNetwork, startNetwork }, { measureFloor, runBench }, { benchLines }] = await Promise.all([
    import('../bench/network.ts'),
    import('../bench/run.ts'),
    import('../bench/report.ts'),
  ])
  const options = {
    clients: flags.clients,
    payloadBytes: flags.payload,
    warmupMs: flags.warmup * 1_000,
    durationMs: flags.duration * 1_000,
    ratePerSecond: flags.rate ?? null,
    inFlight: flags.inFlight,
    signed,
  }
  const floor = await measureFloor(terminal)
  signal.throwIfAborted()
  const network =
    urls === undefined
      ? await startNetwork({ replicas: flags.replicas, signed, keep: flags.keep === true }, terminal)
      : await joinNetwork(urls)
  try {
    const report = await runBench(options, { network, floor, terminal, signal })
    if (flags.json === true) terminal.printJson(report)
    else for (const line of benchLines(report)) terminal.print(line)
  } finally {
    await terminal.progress('stopping', network.close())
  }
}
