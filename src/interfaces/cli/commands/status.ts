/** `quorate status`: how a node and its network are. */
import type { Command } from 'commander'
import type { MemberJson, StatusJson } from '../../../client/api-types.ts'
import { type ApiFlags, addApiOptions, connectApi } from '../api.ts'
import { onInterrupt } from '../interrupt.ts'
import { type Terminal, table } from '../terminal.ts'

const EXAMPLES = `
Examples:
  quorate status
  quorate status --api http://127.0.0.1:4180 --json`

export function addStatusCommand(program: Command, terminal: Terminal): void {
  addApiOptions(program.command('status').description('show view, primary, progress and who is missing'))
    .addHelpText('after', EXAMPLES)
    .action((flags: ApiFlags) => runStatus(flags, terminal))
}

async function runStatus(flags: ApiFlags, terminal: Terminal): Promise<void> {
  const api = await connectApi(flags, terminal)
  const { signal } = onInterrupt()
  const work = Promise.all([api.status({ signal }), api.members({ signal })])
  const [status, members] = await terminal.progress('waiting for the node', work)
  if (flags.json === true) return terminal.printJson({ ...status, members })
  for (const line of [...statusLines(status), ...memberLines(members)]) terminal.print(line)
}

function statusLines(status: StatusJson): string[] {
  const { role, index, name, state, view, viewActive, primary, sequence, stall } = status
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
