/** `quorate watch`: executed sequences, and what becomes of the network's key, as they come. */
import type { Command } from 'commander'
import type { ClientEvent } from '../../../client/events.ts'
import { type ApiFlags, addApiOptions, connectApi } from '../api.ts'
import { onInterrupt } from '../interrupt.ts'
import { certificateText, keyEventText } from '../key-lines.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'

interface WatchFlags extends ApiFlags {
  readonly after?: number
  readonly count?: number
}

const EXAMPLES = `
Examples:
  quorate watch
  quorate watch --after 0 --json        everything that is still in history, one JSON object a line
  quorate watch --count 1               wait for the next sequence, then exit

A connection that breaks is made again and goes on where it stopped. Ctrl-C ends it.`

export function addWatchCommand(program: Command, terminal: Terminal): void {
  addApiOptions(program.command('watch').description('follow what the network executes'))
    .option('--after <id>', 'start after this event', integerBetween(0, Number.MAX_SAFE_INTEGER))
    .option('--count <n>', 'exit after so many events', integerBetween(1, 1_000_000_000))
    .addHelpText('after', EXAMPLES)
    .action((flags: WatchFlags) => runWatch(flags, terminal))
}

async function runWatch(flags: WatchFlags, terminal: Terminal): Promise<void> {
  const api = await connectApi(flags, terminal)
  const { signal, dispose } = onInterrupt()
  // One that cannot be reached at all is a mistake in the address, told at once; one that is lost later may come back.
  await terminal.progress('waiting for the node', api.status({ signal }))
  let seen = 0
  const options = { signal, ...(flags.after === undefined ? {} : { afterId: flags.after }) }
  try {
    for await (const event of api.events(options)) {
      if (flags.json === true) terminal.printJson(event)
      else terminal.print(lineOf(event))
      seen++
      if (seen === flags.count) break
    }
  } catch (error) {
    // Without a number nothing is missing.
    if (!signal.aborted || flags.count !== undefined) throw error
  } finally {
    dispose()
  }
}

function lineOf(event: ClientEvent): string {
  if (event.type === 'gap') return `gap: events ${event.from} to ${event.to} are no longer in history`
  if (event.type === 'key') return `sequence ${event.info.sequence}  ${keyEventText(event.info)}`
  if (event.type === 'certificate') return certificateText(event.info)
  const { sequence, view, logTimeMs, transactions } = event.info
  const refused = transactions.filter(({ code }) => code !== 0).length
  const count = `${transactions.length} ${transactions.length === 1 ? 'transaction' : 'transactions'}${refused === 0 ? '' : `, ${refused} refused`}`
  const time = logTimeMs > 0 ? new Date(logTimeMs).toISOString() : '-'
  return `${sequence}  view ${view}  ${time}  ${count}`
}
