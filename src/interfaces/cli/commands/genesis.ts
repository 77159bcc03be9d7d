/** `quorate genesis`: makes the genesis file from the members' descriptors, or checks one that somebody else made. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import {
  DEFAULT_PROTOCOL,
  DEFAULT_THRESHOLD,
  type Genesis,
  orderedMembers,
} from '../../../membership/genesis.ts'
import { readJsonObject } from '../../../node/config-sources.ts'
import { type MemberDescriptor, peerIdOf, readDescriptorFile } from '../../../node/descriptor.ts'
import { networkIdText, readGenesisFile, writeGenesisFile } from '../../../node/genesis-file.ts'
import { faultyMax, quorum } from '../../../pbft/quorum.ts'
import { createGenesis } from '../create-genesis.ts'
import { CommandError, EXIT } from '../failure.ts'
import { refuseAllBeside, refuseGivenBeside } from '../flags.ts'
import { integerBetween } from '../numbers.ts'
import { type Terminal, table } from '../terminal.ts'
import { timeSpanText } from '../time-span.ts'

interface GenesisFlags {
  readonly check?: string
  readonly name: string
  readonly out: string
  readonly application: string
  readonly applicationOptions?: string
  readonly signatures: string
  readonly effort: number
  readonly sharedKey: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  quorate genesis --name shop --out genesis.json ann/member.json bob/member.json cid/member.json dan/member.json
  quorate genesis --name bank --application ledger --application-options accounts.json */member.json
  quorate genesis --check genesis.json

The members' order in the network follows from the file, not from the order of the arguments. Give the same file to
every member; all must see the same network id.`

export function addGenesisCommand(program: Command, terminal: Terminal): void {
  program
    .command('genesis')
    .description('make the genesis file of a network from the descriptors of its members, or check one')
    .argument('[descriptors...]', 'member.json of each member, as quorate init wrote them')
    .option('--check <file>', 'only check this genesis file, and show what it says')
    .option('--name <name>', 'name of the network', 'quorate')
    .option('--out <file>', 'file to write', 'genesis.json')
    .option('--application <module>', 'key-value, ledger, or the path of a module', 'key-value')
    .option('--application-options <file>', 'JSON file with the options of the application')
    .option('--signatures <required|none>', 'whether key-value transactions must be signed', 'required')
    .option(
      '--effort <number>',
      'proof of work for joining, in expected scrypt evaluations',
      integerBetween(1, 65_536),
      DEFAULT_PROTOCOL.admissionEffort,
    )
    .option('--no-shared-key', 'the members make no key together')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((descriptors: string[], flags: GenesisFlags, self: Command) => {
      refuseUselessFlags(flags, self)
      runGenesis(descriptors, flags, terminal)
    })
}

function refuseUselessFlags({ check, application, applicationOptions }: GenesisFlags, self: Command): void {
  if (check !== undefined) return refuseAllBeside('--check', self, ['json'])
  if (applicationOptions !== undefined) refuseGivenBeside('--application-options', self, ['signatures'])
  if (application !== 'key-value') refuseGivenBeside(`--application ${application}`, self, ['signatures'])
}

function runGenesis(files: readonly string[], flags: GenesisFlags, terminal: Terminal): void {
  if (flags.check !== undefined) {
    if (files.length > 0) throw new CommandError(EXIT.usage, 'give either --check or descriptors, not both')
    printGenesis(readGenesisFile(flags.check), flags.check, [], flags, terminal)
    return
  }
  if (files.length === 0)
    throw new CommandError(EXIT.usage, 'no member descriptors given; see quorate genesis --help')
  const descriptors = files.map(readDescriptorFile)
  const genesis = createGenesis(descriptors, {
    name: flags.name,
    createdMs: Date.now(),
    application: { module: flags.application, options: applicationOptions(flags) },
    admissionEffort: flags.effort,
    ...(flags.sharedKey && { threshold: DEFAULT_THRESHOLD }),
  })
  writeGenesisFile(flags.out, genesis)
  printGenesis(genesis, flags.out, descriptors, flags, terminal)
}

function applicationOptions(flags: GenesisFlags): unknown {
  if (flags.applicationOptions !== undefined)
    return readJsonObject(flags.applicationOptions, 'file of application options')
  return flags.application === 'key-value' ? { signatures: flags.signatures } : {}
}

function printGenesis(
  genesis: Genesis,
  file: string,
  descriptors: readonly MemberDescriptor[],
  flags: GenesisFlags,
  terminal: Terminal,
): void {
  const n = genesis.members.length
  const members = orderedMembers(genesis).map((member, index) => {
    const addresses = descriptors.find(({ publicKey }) => publicKey === member.publicKey)?.addresses ?? []
    const peerId = peerIdOf(member.key)
    return {
      index,
      name: member.name,
      publicKey: member.publicKey,
      peerId,
      addresses: addresses.map(address => (address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`)),
    }
  })
  const networkId = networkIdText(genesis)
  const summary = { networkId, name: genesis.name, n, faultyMax: faultyMax(n), quorum: quorum(n) }
  if (flags.json === true) {
    const { application, threshold = null } = genesis
    terminal.printJson({ ...summary, file: resolve(file), application, threshold, members })
    return
  }
  terminal.print(`network id   ${networkId}`)
  terminal.print(`name         ${genesis.name}`)
  terminal.print(`application  ${genesis.application.module}`)
  for (const line of sharedKeyLines(genesis)) terminal.print(line)
  terminal.print(`members      ${n}: tolerates ${faultyMax(n)} faulty, needs ${quorum(n)} to commit`)
  for (const line of table(members.map(({ index, name, peerId }) => [`  ${index}`, name, peerId])))
    terminal.print(line)
  const bootstrap = members.flatMap(({ addresses }) => addresses)
  if (bootstrap.length > 0) terminal.print(`bootstrap    ${bootstrap.join(',')}`)
  if (flags.check === undefined) terminal.note(`wrote ${file}: give this same file to every member`)
  if (n < 4) terminal.note(`fewer than four members tolerate no fault at all; four tolerate one`)
}

function sharedKeyLines({ threshold }: Genesis): string[] {
  if (threshold === undefined) return ['shared key   none: the members make no key together']
  const { transitionMs, refreshMs, deadlineMs, graceMs } = threshold
  return [
    `shared key   dealt again every ${timeSpanText(refreshMs)}; the one before is served for ${timeSpanText(transitionMs)} more`,
    `             a ceremony waits ${timeSpanText(deadlineMs)} for all in each phase, and ${timeSpanText(graceMs)} for complaints`,
  ]
}
