/** `quorate start`: runs one node until it is told to stop, or fails by itself. */
import type { Command } from 'commander'
import { Option } from 'commander'
import type { NodeConfig } from '../../../node/config.ts'
import { CONFIG_OPTIONS, ConfigError, loadConfig } from '../../../node/config-sources.ts'
import { readGenesisFile } from '../../../node/genesis-file.ts'
import { describeFailure, EXIT } from '../failure.ts'
import { onInterrupt } from '../interrupt.ts'
import { createLogger } from '../logger.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate start --config node/quorate.json
  QUORATE_HTTP_PORT=8080 quorate start --config node/quorate.json
  quorate start --config node/quorate.json --bootstrap /ip4/192.0.2.7/tcp/4100/p2p/12D3KooW... --log-level debug

Every option may stand in the file, in the environment (--http-port is QUORATE_HTTP_PORT) or among the flags; flags win
over the environment, the environment over the file. The password of the key comes from --key-password-file, from
QUORATE_PASSWORD, or is asked for. Ctrl-C stops the node in order, also while it starts; a second one at once.`

export function addStartCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('start')
    .description('run a node')
    .option('--config <file>', 'configuration file, as quorate init wrote it')
    .addOption(new Option('--supervised', 'exit when the channel to the parent process closes').hideHelp())
    .addHelpText('after', EXAMPLES)
  for (const option of CONFIG_OPTIONS) {
    command.option(`--${option.flag} <${option.kind}>`, `${option.about} (${option.allowed})`)
  }
  command.action(async (_flags: unknown, self: Command) => {
    const flags = self.opts<Record<string, string | boolean | undefined>>()
    await runStart(loadStartConfig(flags, terminal), flags.supervised === true, terminal)
  })
}

function loadStartConfig(
  flags: Record<string, string | boolean | undefined>,
  terminal: Terminal,
): NodeConfig {
  const file = typeof flags.config === 'string' ? flags.config : null
  const given: Record<string, string | undefined> = {}
  for (const { flag } of CONFIG_OPTIONS) {
    const value = flags[flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]
    if (typeof value === 'string') given[flag] = value
  }
  const nothing = file === null && Object.keys(given).length === 0
  if (nothing)
    throw new ConfigError('no configuration given: quorate start --config FILE; quorate init makes one')
  return loadConfig(file, terminal.environment, given)
}

async function runStart(config: NodeConfig, supervised: boolean, terminal: Terminal): Promise<void> {
  const interrupt = onInterrupt()
  if (supervised) {
    process.once('disconnect', () => process.exit(EXIT.interrupted))
    // Who started this node may have been killed before it came to listen.
    if (process.connected === false) process.exit(EXIT.interrupted)
  }
  // Before the password is asked for: nobody should type it only to learn that a file is missing.
  readGenesisFile(config.genesis)
  const password = await readPassword({
    passwordFile: config.key.passwordFile,
    environment: terminal.environment,
    confirm: false,
    keyFile: config.key.file,
  })
  const { readIdentity } = await import('../../../node/key-file.ts')
  const identity = await readIdentity(config.key.file, password)
  interrupt.signal.throwIfAborted()
  const logger = createLogger(config.log)
  const [{ createNode }, { readOrMakeOperatorToken }, { createHttpServer }] = await Promise.all([
    import('../../../node/create-node.ts'),
    import('../../../node/operator-token.ts'),
    import('../../http/server.ts'),
  ])
  const { signal } = interrupt
  const node = await createNode(config, identity, { logger, signal }).catch((error: unknown) => {
    if (signal.aborted) logger.info({}, 'the start of the node was interrupted')
    throw error
  })
  node.failed.catch(() => {})
  try {
    const limits = { subscribersMax: config.limits.subscribersMax }
    const operatorToken = await readOrMakeOperatorToken(config.directory)
    const http = await createHttpServer({ ...config.http, limits, operatorToken }, { node, logger })
    const { peerId, listenAddresses } = node.status()
    logger.info({ peerId, listenAddresses, api: http.url }, 'the node runs')
    try {
      await Promise.race([interrupt.requested, node.failed])
    } finally {
      await http.close()
    }
  } catch (error) {
    const { exitCode, text } = describeFailure(error)
    // The stack is for what nobody foresaw.
    const err = exitCode === EXIT.failed ? error : { message: text }
    logger.error({ err }, 'the node stops because of a failure')
    throw error
  } finally {
    await node.stop()
    logger.info({}, 'the node has stopped')
  }
}
