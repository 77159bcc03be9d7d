/** Finds the command that the arguments name, runs it, and turns whatever it throws into one sentence and an exit code. */
import { Command, CommanderError } from 'commander'
import { addBenchCommand } from './commands/bench.ts'
import { addCulpritsCommand } from './commands/culprits.ts'
import { addGenesisCommand } from './commands/genesis.ts'
import { addGetCommand } from './commands/get.ts'
import { addInitCommand } from './commands/init.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addReplayCommand } from './commands/replay.ts'
import { addSimCommand } from './commands/sim.ts'
import { addStartCommand } from './commands/start.ts'
import { addStatusCommand } from './commands/status.ts'
import { addSubmitCommand } from './commands/submit.ts'
import { addTestnetCommand } from './commands/testnet.ts'
import { addTwinsCommand } from './commands/twins.ts'
import { addVerifyCommand } from './commands/verify.ts'
import { addWatchCommand } from './commands/watch.ts'
import { describeFailure, EXIT, EXIT_HELP, type ExitCode } from './failure.ts'
import type { Terminal } from './terminal.ts'
import { readVersion } from './version.ts'

const COMMANDS = [
  addTestnetCommand,
  addInitCommand,
  addGenesisCommand,
  addKeysCommand,
  addStartCommand,
  addStatusCommand,
  addSubmitCommand,
  addGetCommand,
  addWatchCommand,
  addVerifyCommand,
  addBenchCommand,
  addSimCommand,
  addTwinsCommand,
  addCulpritsCommand,
  addReplayCommand,
]

const INTRODUCTION = 'A peer-to-peer Byzantine fault tolerant replication node: PBFT over libp2p.'

/** @param args without the names of node and script @returns the exit code; never throws */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = new Command('quorate')
    .description(INTRODUCTION)
    .version(readVersion(), '-V, --version')
    .addHelpText('after', EXIT_HELP)
  for (const add of COMMANDS) add(program, terminal)
  for (const command of withDescendants(program)) configure(command, terminal)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return EXIT.done
  } catch (error) {
    return reportFailure(error, terminal, helpOf(program, args))
  }
}

function* withDescendants(command: Command): Generator<Command> {
  yield command
  for (const child of command.commands) yield* withDescendants(child)
}

/**
 * Commander throws instead of exiting, prints its errors in our words, and its help goes where the data goes. A flag is that of the
 * command it follows, also where the one above has a flag of that name.
 */
function configure(command: Command, terminal: Terminal): void {
  command
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: text => terminal.print(text.trimEnd()), writeErr: () => {} })
    .helpOption('-h, --help', 'show this help')
}

/** How to ask for the help of the command that was meant, `quorate keys list --help` of one within another. */
function helpOf(program: Command, args: readonly string[]): string {
  const path = [program]
  for (const arg of args) {
    const next = path.at(-1)?.commands.find(command => command.name() === arg)
    if (next === undefined) break
    path.push(next)
  }
  return `${path.map(command => command.name()).join(' ')} --help`
}

function reportFailure(error: unknown, terminal: Terminal, help: string): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done
    if (error.code === 'commander.help') {
      terminal.note(`quorate: a command is missing; ${help} lists them`)
      return EXIT.usage
    }
    const message = error.message
      .replace(/^error: /, '')
      .replaceAll('\n', ' ')
      .replace(/\.$/, '')
    terminal.note(`quorate: ${message}; see ${help}`)
    return EXIT.usage
  }
  const { exitCode, text } = describeFailure(error)
  if (exitCode !== EXIT.interrupted) terminal.note(`quorate: ${text}`)
  return exitCode
}
