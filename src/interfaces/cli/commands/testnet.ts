/** `quorate testnet`: a whole network on this machine, and what drives it from another terminal. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DEFAULT_TESTNET_DIRECTORY } from '../api.ts'
import { CommandError, EXIT } from '../failure.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'
import { type ControlRequest, callControl } from '../testnet/control.ts'
import { requireManifest, testnetPaths } from '../testnet/layout.ts'
import { keyLinesOf, reportLines, reportTestnet, type TestnetReport } from '../testnet/report.ts'

const BUILT_IN = ['key-value', 'ledger']

interface TestnetFlags {
  readonly dir: string
  readonly replicas: number
  readonly observers: number
  readonly basePort: number
  readonly application: string
  readonly signatures: 'required' | 'none'
  readonly effort: number
  readonly logLevel: string
  readonly sharedKey: boolean
  readonly record?: boolean
  readonly quiet?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  quorate testnet                         four replicas; shows transactions committed on all; up until Ctrl-C
  quorate testnet --replicas 7 --observers 1 --dir /tmp/seven
  quorate testnet --application ledger --base-port 21000
  quorate testnet status                  from another terminal
  quorate testnet kill 0                  SIGKILL; it stays dead until quorate testnet start 0

A second start in the same directory resumes the same network. With --base-port B node I listens on B+2I and has its
API on B+2I+1. The keys are encrypted with a password that is generated and kept in the directory, in a file that only
you can read: good for tests, not for a network of value.`

export function addTestnetCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('testnet')
    .description('run a network of several nodes on this machine')
    .enablePositionalOptions()
    .allowExcessArguments()
    .option('--replicas <n>', 'nodes that order transactions', integerBetween(1, 32), 4)
    .option('--observers <n>', 'nodes that only follow', integerBetween(0, 32), 0)
    .option('--dir <directory>', 'where the network lives', DEFAULT_TESTNET_DIRECTORY)
    .option(
      '--base-port <port>',
      'first port; 0 chooses free ones and remembers them',
      integerBetween(0, 65_535),
      0,
    )
    .option('--application <module>', 'key-value, ledger, or the path of a module', 'key-value')
    .addOption(
      new Option('--signatures <mode>', 'whether transactions must be signed')
        .choices(['required', 'none'])
        .default('required'),
    )
    .option(
      '--effort <number>',
      'proof of work at the door, in expected scrypt evaluations',
      integerBetween(1, 65_536),
      1,
    )
    .addOption(
      new Option('--log-level <level>', 'what the nodes log')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--no-shared-key', 'the replicas of a new network make no key together')
    .option('--record', 'record what each node does, in its directory, for quorate replay')
    .option('--quiet', 'say nothing but what goes wrong')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((_flags: unknown, self: Command) => start(self, terminal))
  addControl(command, terminal)
}

/** What is decided when a network is made. */
const OF_A_NETWORK = [
  'replicas',
  'observers',
  'basePort',
  'application',
  'signatures',
  'effort',
  'sharedKey',
] as const

async function start(command: Command, terminal: Terminal): Promise<void> {
  const flags = command.opts<TestnetFlags>()
  if (command.args.length > 0) {
    throw new CommandError(
      EXIT.usage,
      `"${command.args[0]}" is not a command of testnet; allowed: status, kill, start, stop`,
    )
  }
  const { replicas, observers, basePort, signatures, effort, logLevel, sharedKey } = flags
  const application = applicationModule(flags.application)
  const isStated = (name: keyof TestnetFlags): boolean => command.getOptionValueSource(name) === 'cli'
  const { runTestnet } = await import('../testnet/run.ts')
  await runTestnet(
    {
      directory: flags.dir,
      create: { replicas, observers, basePort, application, signatures, effort, logLevel, sharedKey },
      stated: new Set(OF_A_NETWORK.filter(isStated)),
      ...(isStated('logLevel') && { logLevel }),
      record: flags.record === true,
      quiet: flags.quiet === true,
      json: flags.json === true,
    },
    terminal,
  )
}

function applicationModule(given: string): string {
  if (BUILT_IN.includes(given)) return given
  const path = resolve(given)
  if (existsSync(path)) return path
  throw new CommandError(
    EXIT.usage,
    `there is no application "${given}"; allowed: ${BUILT_IN.join(', ')}, or the path of a module`,
  )
}

function addControl(testnet: Command, terminal: Terminal): void {
  const add = (name: string, about: string, example: string): Command =>
    testnet
      .command(name)
      .description(about)
      .option('--dir <directory>', `where the network lives (default: "${DEFAULT_TESTNET_DIRECTORY}")`)
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExamples:\n  quorate testnet ${example}`)
  add(
    'status',
    'show the shared key, and each node: process, state, addresses, how far it is',
    'status --json',
  ).action(async (_flags: unknown, self: Command) => await showStatus(self, terminal))
  add('kill', 'end a node at once (SIGKILL)', 'kill 0')
    .argument('<index>', 'number of the node', integerBetween(0, 1_000))
    .action(async (index: number, _flags: unknown, self: Command) => {
      await control(self, { action: 'kill', index }, terminal)
    })
  add('start', 'start a node that does not run', 'start 0')
    .argument('<index>', 'number of the node', integerBetween(0, 1_000))
    .action(async (index: number, _flags: unknown, self: Command) => {
      await control(self, { action: 'start', index }, terminal)
    })
  add('stop', 'stop the whole network in order', 'stop').action(async (_flags: unknown, self: Command) => {
    await control(self, { action: 'stop' }, terminal)
  })
}

const directoryOf = (command: Command): string => {
  const own = command.opts<{ dir?: string }>().dir
  return own ?? command.parent?.opts<{ dir: string }>().dir ?? DEFAULT_TESTNET_DIRECTORY
}

const wantsJson = (command: Command): boolean =>
  command.opts<{ json?: boolean }>().json ?? command.parent?.opts<{ json?: boolean }>().json ?? false

async function showStatus(command: Command, terminal: Terminal): Promise<void> {
  const paths = testnetPaths(directoryOf(command))
  const manifest = requireManifest(paths)
  const answer = await callControl(paths.control, { action: 'status' })
  const report =
    answer === null ? await reportTestnet(paths.root, manifest, null) : (answer.value as TestnetReport)
  if (wantsJson(command)) return terminal.printJson(report)
  terminal.print(`network ${report.networkId}, ${report.running ? 'running' : 'not running'}`)
  for (const line of [...keyLinesOf(report), ...reportLines(report)]) terminal.print(line)
}

async function control(command: Command, request: ControlRequest, terminal: Terminal): Promise<void> {
  const paths = testnetPaths(directoryOf(command))
  requireManifest(paths)
  const answer = await terminal.progress(`waiting for ${request.action}`, callControl(paths.control, request))
  if (answer === null) {
    throw new CommandError(
      EXIT.unreachable,
      `the test network in ${paths.root} does not run: quorate testnet starts it`,
    )
  }
  const { action, index } = request
  const pid = typeof answer.value === 'number' ? answer.value : null
  if (wantsJson(command)) return terminal.printJson({ action, index: index ?? null, pid, done: true })
  const done = { kill: 'killed', start: `started as process ${pid}`, stop: 'stopped', status: '' }[action]
  terminal.print(index === undefined ? `the network is ${done}` : `node ${index} ${done}`)
}
