/** The flags that say with what a network is loaded, and how long. */
import type { Command } from 'commander'
import type { BenchOptions } from '../bench/options.ts'
import { CommandError, EXIT } from '../failure.ts'
import { refuseGivenBeside } from '../flags.ts'
import { integerBetween, numberBetween } from '../numbers.ts'

export interface LoadFlags {
  readonly replicas: number
  readonly clients: number
  readonly payload: number
  readonly duration: number
  readonly warmup: number
  readonly rate?: number
  readonly inFlight: number
  readonly signed?: boolean
  readonly unsigned?: boolean
  readonly json?: boolean
}

export function withLoadFlags(command: Command): Command {
  return command
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
    .option('--json', 'print JSON')
}

/** @throws CommandError when both are asked for, signatures and none, or a flag that does nothing beside another */
export function loadOptions(flags: LoadFlags, self: Command): BenchOptions {
  if (flags.signed === true && flags.unsigned === true)
    throw new CommandError(EXIT.usage, 'give either --signed or --unsigned, not both')
  if (flags.rate !== undefined) refuseGivenBeside('--rate', self, ['inFlight'])
  return {
    clients: flags.clients,
    payloadBytes: flags.payload,
    warmupMs: flags.warmup * 1_000,
    durationMs: flags.duration * 1_000,
    ratePerSecond: flags.rate ?? null,
    inFlight: flags.inFlight,
    signed: flags.unsigned !== true,
  }
}
