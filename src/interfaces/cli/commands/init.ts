/** `quorate init`: a new node's key, configuration and descriptor. */
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { checkConfig } from '../../../node/config-sources.ts'
import { refuseExisting } from '../keys/place.ts'
import { CONFIG_FILE, createNodeDirectory, DESCRIPTOR_FILE, KEY_FILE } from '../node-directory.ts'
import { integerBetween } from '../numbers.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'

interface InitFlags {
  readonly dir: string
  readonly name: string
  readonly listen?: string[]
  readonly announce?: string[]
  readonly bootstrap?: string[]
  readonly genesis?: string
  readonly httpHost: string
  readonly httpPort: number
  readonly keyPasswordFile?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  quorate init --dir ann --name ann --listen /ip4/0.0.0.0/tcp/4100 --announce /ip4/192.0.2.7/tcp/4100
  QUORATE_PASSWORD=... quorate init --dir bob --name bob --http-port 4180
  quorate init --dir eve --name eve --genesis genesis.json --bootstrap /ip4/192.0.2.7/tcp/4100/p2p/12D3KooW...

The directory then holds key.json (encrypted), quorate.json (the configuration, yours to edit) and member.json (the
descriptor: give it to whoever runs quorate genesis). Nothing that exists is overwritten.`

const collect = (value: string, before: string[] = []): string[] => [...before, ...value.split(',')]

export function addInitCommand(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .description('make key, configuration and public descriptor of a new node')
    .requiredOption('--dir <directory>', 'directory of the node, made if need be')
    .requiredOption('--name <name>', 'name that the other members will know the node by')
    .option(
      '--listen <multiaddr>',
      'address to listen on; may be repeated (default: /ip4/0.0.0.0/tcp/4100)',
      collect,
    )
    .option('--announce <multiaddr>', 'address at which others reach the node; may be repeated', collect)
    .option('--bootstrap <multiaddr>', 'address of a node that is known already; may be repeated', collect)
    .option('--genesis <file>', 'genesis file of the network (default: genesis.json in the directory)')
    .option('--http-host <host>', 'address of the HTTP API', '127.0.0.1')
    .option('--http-port <port>', 'port of the HTTP API', integerBetween(0, 65_535), 4_180)
    .option(
      '--key-password-file <file>',
      'file with the password; otherwise QUORATE_PASSWORD, or the terminal is asked',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: InitFlags) => runInit(flags, terminal))
}

async function runInit(flags: InitFlags, terminal: Terminal): Promise<void> {
  const { listen = ['/ip4/0.0.0.0/tcp/4100'], announce = [], bootstrap = [] } = flags
  checkConfig({
    name: flags.name,
    directory: 'data',
    genesis: 'genesis.json',
    key: { file: KEY_FILE },
    listen,
    announce,
    bootstrap,
    http: { host: flags.httpHost, port: flags.httpPort },
  })
  for (const file of [KEY_FILE, DESCRIPTOR_FILE, CONFIG_FILE]) refuseExisting(join(flags.dir, file))
  const keyFile = join(flags.dir, KEY_FILE)
  const { environment } = terminal
  const passwordFile = flags.keyPasswordFile
  const password = await readPassword({ passwordFile, environment, confirm: true, keyFile })
  const descriptor = await createNodeDirectory({
    directory: flags.dir,
    name: flags.name,
    seed: randomBytes(32),
    password,
    passwordFile,
    genesisFile: flags.genesis ?? join(flags.dir, 'genesis.json'),
    listen,
    announce,
    bootstrap,
    http: { host: flags.httpHost, port: flags.httpPort },
  })
  const files = {
    key: resolve(keyFile),
    config: resolve(flags.dir, CONFIG_FILE),
    descriptor: resolve(flags.dir, DESCRIPTOR_FILE),
  }
  if (descriptor.addresses.length === 0) {
    terminal.note(
      'the descriptor names no address that others could dial: state one with --announce for a first node',
    )
  }
  if (flags.json === true) {
    terminal.printJson({ ...descriptor, files })
    return
  }
  terminal.print(`name        ${descriptor.name}`)
  terminal.print(`public key  ${descriptor.publicKey}`)
  terminal.print(`peer id     ${descriptor.peerId}`)
  terminal.print(`key         ${files.key} (encrypted; without its password it is lost)`)
  terminal.print(`config      ${files.config}`)
  terminal.print(`descriptor  ${files.descriptor} (give this to whoever makes the genesis file)`)
}
