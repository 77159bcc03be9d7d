/** `quorate get`: a value of the application's state, or what became of a transaction. */
import type { Command } from 'commander'
import { toBase64 } from '../../../client/base64.ts'
import type { QuorateClient } from '../../../client/client.ts'
import { fromUtf8, toHex } from '../../../lib/bytes.ts'
import { type ApiFlags, addApiOptions, connectApi } from '../api.ts'
import { CommandError, EXIT } from '../failure.ts'
import { refuseBeside } from '../flags.ts'
import { onInterrupt } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import { printReply } from '../transaction-reply.ts'

interface GetFlags extends ApiFlags {
  readonly transaction?: string
  readonly hex?: boolean
}

const EXAMPLES = `
Examples:
  quorate get greeting
  quorate get greeting --json          with the proof, in base64
  quorate get --transaction 6a09e6...  what became of a transaction

The value is printed as text where it is UTF-8, else in hexadecimal. A ledger is asked for an account by its public key.`

export function addGetCommand(program: Command, terminal: Terminal): void {
  addApiOptions(
    program.command('get').description('read a value of the state, or what became of a transaction'),
  )
    .argument('[key]', 'key of the value')
    .option('--transaction <id>', 'show this transaction instead')
    .option('--hex', 'print the value in hexadecimal')
    .addHelpText('after', EXAMPLES)
    .action(async (key: string | undefined, flags: GetFlags) => {
      if (flags.transaction !== undefined && key !== undefined)
        throw new CommandError(EXIT.usage, 'give either a key or --transaction ID, not both')
      if (flags.transaction !== undefined) refuseBeside('--transaction', flags, ['hex'])
      if (flags.json === true) refuseBeside('--json', flags, ['hex'])
      const api = await connectApi(flags, terminal)
      if (flags.transaction !== undefined) await showTransaction(api, flags.transaction, flags, terminal)
      else if (key !== undefined) await showValue(api, key, flags, terminal)
      else throw new CommandError(EXIT.usage, 'give a key, or --transaction ID')
    })
}

async function showTransaction(
  api: QuorateClient,
  id: string,
  flags: GetFlags,
  terminal: Terminal,
): Promise<void> {
  if (!/^[0-9a-f]{64}$/i.test(id))
    throw new CommandError(EXIT.usage, `"${id}" is not a transaction id; allowed: 64 hexadecimal digits`)
  const { signal } = onInterrupt()
  const reply = await terminal.progress('waiting for the node', api.transaction(id, { signal }))
  if (reply === null) throw new CommandError(EXIT.refused, `the node does not know the transaction ${id}`)
  printReply(reply, flags.json === true, terminal)
}

async function showValue(
  api: QuorateClient,
  key: string,
  flags: GetFlags,
  terminal: Terminal,
): Promise<void> {
  const { signal } = onInterrupt()
  const { value, proof, ...rest } = await terminal.progress(
    'waiting for the node',
    api.state(key, { signal }),
  )
  if (flags.json === true) {
    terminal.printJson({ ...rest, value: value === null ? null : toBase64(value), proof: toBase64(proof) })
    return
  }
  if (value === null) throw new CommandError(EXIT.refused, `there is no value under "${key}"`)
  terminal.print(flags.hex === true ? toHex(value) : (fromUtf8(value) ?? toHex(value)))
}
