/** `quorate status`: how a node and its network are; or, of a node that does not run, what its disk says. */
import type { Command } from 'commander'
import type { MemberJson, StatusJson } from '../../../client/api-types.ts'
import type { DiskReport } from '../../../node/disk-report.ts'
import { type ApiFlags, addApiOptions, connectApi } from '../api.ts'
import { CommandError, describeFailure, EXIT } from '../failure.ts'
import { refuseBeside } from '../flags.ts'
import { onInterrupt } from '../interrupt.ts'
import { sharedKeyLines } from '../key-lines.ts'
import { type Terminal, table } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate status
  quorate status --api http://127.0.0.1:4180 --json
  quorate status --config node/quorate.json         of a node that does not run: how far it came, and why it stopped for good

A replica that was shown two proofs which contradict each other stops for good, and does not start on that disk again.`

interface StatusFlags extends ApiFlags {
  readonly config?: string
}

export function addStatusCommand(program: Command, terminal: Terminal): void {
  addApiOptions(program.command('status').description('show view, primary, progress and who is missing'))
    .option('--config <file>', 'look at the disk of the node of this configuration, which does not run')
    .addHelpText('after', EXAMPLES)
    .action((flags: StatusFlags) =>
      flags.config === undefined ? runStatus(flags, terminal) : runDisk(flags.config, flags, terminal),
    )
}

async function runDisk(file: string, flags: StatusFlags, terminal: Terminal): Promise<void> {
  refuseBeside('--config', flags, ['api'])
  const [{ loadConfig }, { reportDisk }] = await Promise.all([
    import('../../../node/config-sources.ts'),
    import('../../../node/disk-report.ts'),
  ])
  const report = await terminal.progress('reading the disk', reportDisk(loadConfig(file, {}, {})))
  if (flags.json === true) return terminal.printJson(report)
  for (const line of diskLines(report, file)) terminal.print(line)
}

function diskLines(report: DiskReport, file: string): string[] {
  const { index, view, viewActive, sequence, stableSequence, stopped, publicKey } = report
  const place = publicKey === null ? 'never ran' : index === null ? 'observer' : `member ${index}`
  const lines = [
    `network      ${report.networkName} ${report.networkId}`,
    `node         ${report.name}, ${place}, does not run`,
    `database     ${report.database}`,
    `view         ${view}${viewActive ? '' : ' (being changed)'}`,
    `sequence     ${sequence} executed, ${stableSequence} stable`,
  ]
  if (report.recovering) lines.push('memory       lost: it catches up before it votes')
  if (stopped !== null)
    lines.push(
      `stopped      ${stopped.reason}: ${stopped.message}`,
      `who did it   quorate culprits --config ${file}, with those of other members`,
    )
  return lines
}

async function runStatus(flags: StatusFlags, terminal: Terminal): Promise<void> {
  const api = await connectApi(flags, terminal)
  const { signal } = onInterrupt()
  const work = Promise.all([api.status({ signal }), api.members({ signal })])
  const [status, members] = await terminal.progress('waiting for the node', work).catch(explain)
  if (flags.json === true) return terminal.printJson({ ...status, members })
  for (const line of [...statusLines(status, members), ...memberLines(members)]) terminal.print(line)
}

/** Whoever asks a node that stopped would look for it in the wrong place. */
function explain(error: unknown): never {
  const { exitCode, text } = describeFailure(error)
  if (exitCode !== EXIT.unreachable) throw error
  const hint = 'If it does not run, quorate status --config FILE looks at its disk.'
  throw new CommandError(exitCode, `${text.replace(/\.$/, '')}. ${hint}`, { cause: error })
}

function statusLines(status: StatusJson, members: readonly MemberJson[]): string[] {
  const { role, index, name, state, view, viewActive, primary, sequence, sharedKey, stall } = status
  const place = role === 'member' ? `member ${index}` : 'observer'
  const lines = [
    `network      ${status.networkName} ${status.networkId}`,
    `node         ${name}, ${place}, ${state}`,
    `peer id      ${status.peerId}`,
    `application  ${status.application}`,
    `members      ${status.n}: tolerates ${status.faultyMax} faulty, needs ${status.quorum}`,
    `view         ${view}${viewActive ? '' : ' (being changed)'}, primary ${primary}`,
    `sequence     ${sequence} executed, ${status.stableSequence} stable`,
    `transactions ${status.executedTransactions} executed, ${status.pendingTransactions} waiting`,
    `connections  ${status.connections}`,
  ]
  const nameOf = (member: number): string => `${members[member]?.name ?? '?'} (${member})`
  if (sharedKey !== null) lines.push(...sharedKeyLines(sharedKey, nameOf))
  if (stall !== null) lines.push(`stalled      ${stall.message}`)
  return lines
}

function memberLines(members: readonly MemberJson[]): string[] {
  const rows = members.map(({ index, name, self, connected, executedSequence, view }) => [
    `${index}`,
    name,
    self ? 'this node' : connected ? 'connected' : 'not connected',
    executedSequence === null ? '-' : `${executedSequence}`,
    view === null ? '-' : `${view}`,
  ])
  return table([['member', 'name', 'connection', 'sequence', 'view'], ...rows])
}
