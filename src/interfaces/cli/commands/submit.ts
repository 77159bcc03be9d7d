/** `quorate submit`: signs a transaction of the built-in applications, or raw bytes, and submits it. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { createTransactionSigner, type TransactionSigner } from '../../../client/signer.ts'
import { fromHex, utf8 } from '../../../lib/bytes.ts'
import { messageOf } from '../../../lib/thrown.ts'
import { type ApiFlags, addApiOptions, connectApi } from '../api.ts'
import { CommandError, EXIT } from '../failure.ts'
import { onInterrupt } from '../interrupt.ts'
import { integerBetween, numberBetween } from '../numbers.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'
import { printReply } from '../transaction-reply.ts'

interface SubmitFlags extends ApiFlags {
  readonly keyFile?: string
  readonly keyPasswordFile?: string
  readonly wait: string
  readonly timeout: number
}

const EXAMPLES = `
Examples:
  quorate submit set greeting "good morning"
  quorate submit delete greeting
  quorate submit transfer --to 3b6a27... --amount 12 --key-file faucet-key.json --key-password-file password
  quorate submit raw --operation 0a0b0c --wait accepted

Without --key-file the transaction is signed with a key that is made for it and forgotten. With --wait committed, the
default, the command ends when the transaction is executed; a time-out (exit code 8) does not mean that it will not be.`

export function addSubmitCommand(program: Command, terminal: Terminal): void {
  const submit = program
    .command('submit')
    .description('sign and submit a transaction')
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES)
  const add = (name: string, about: string, example: string): Command =>
    addApiOptions(submit.command(name).description(about))
      .option('--key-file <file>', 'encrypted key to sign with')
      .option(
        '--key-password-file <file>',
        'its password; otherwise QUORATE_PASSWORD, or the terminal is asked',
      )
      .option('--wait <accepted|committed>', 'what to wait for', parseWait, 'committed')
      .option('--timeout <seconds>', 'how long to wait for the commit', numberBetween(0.1, 60), 10)
      .addHelpText('after', `\nExamples:\n  quorate submit ${example}`)
  add('set', 'key-value: set a value', 'set greeting "good morning"')
    .argument('<key>')
    .argument('<value>')
    .action(async (key: string, value: string, flags: SubmitFlags) => {
      const { encodeSet } = await import('../../../application/key-value.ts')
      await run(() => encodeSet(key, utf8(value)), flags, terminal)
    })
  add('delete', 'key-value: delete a value', 'delete greeting')
    .argument('<key>')
    .action(async (key: string, flags: SubmitFlags) => {
      const { encodeDelete } = await import('../../../application/key-value.ts')
      await run(() => encodeDelete(key), flags, terminal)
    })
  add('transfer', 'ledger: transfer an amount', 'transfer --to 3b6a27... --amount 12 --key-file key.json')
    .requiredOption('--to <account>', 'public key of the receiver, 64 hexadecimal digits', parseKey)
    .requiredOption('--amount <n>', 'amount', integerBetween(1, Number.MAX_SAFE_INTEGER))
    .action(async (flags: SubmitFlags & { to: Uint8Array; amount: number }) => {
      const { encodeTransfer } = await import('../../../application/ledger.ts')
      const amount = BigInt(flags.amount)
      await run(({ client }) => encodeTransfer({ from: client, to: flags.to, amount }), flags, terminal)
    })
  add('raw', 'any application: submit these bytes', 'raw --operation 0a0b0c')
    .requiredOption('--operation <hex>', 'bytes of the operation', parseHex)
    .action((flags: SubmitFlags & { operation: Uint8Array }) => run(() => flags.operation, flags, terminal))
}

async function run(
  operationOf: (signer: TransactionSigner) => Uint8Array,
  flags: SubmitFlags,
  terminal: Terminal,
): Promise<void> {
  const api = await connectApi(flags, terminal)
  const { signal } = onInterrupt()
  const seed = flags.keyFile === undefined ? randomBytes(32) : await readSeed(flags.keyFile, flags, terminal)
  const { networkId } = await terminal.progress('waiting for the node', api.status({ signal }))
  const signer = createTransactionSigner(seed, fromHex(networkId))
  const transaction = signer.sign(operationFor(operationOf, signer))
  const wait = flags.wait === 'accepted' ? 'accepted' : 'committed'
  const work = api.submit(transaction, { wait, timeoutMs: Math.round(flags.timeout * 1_000), signal })
  printReply(await terminal.progress('waiting for the commit', work), flags.json === true, terminal)
}

/** The encoders refuse what no replica would accept. */
function operationFor(
  operationOf: (signer: TransactionSigner) => Uint8Array,
  signer: TransactionSigner,
): Uint8Array {
  try {
    return operationOf(signer)
  } catch (error) {
    throw new CommandError(EXIT.usage, messageOf(error))
  }
}

async function readSeed(keyFile: string, flags: SubmitFlags, terminal: Terminal): Promise<Uint8Array> {
  const { readKeyFile } = await import('../../../node/key-file.ts')
  const { environment } = terminal
  const password = await readPassword({
    passwordFile: flags.keyPasswordFile,
    environment,
    confirm: false,
    keyFile,
  })
  return await readKeyFile(keyFile, password)
}

function parseWait(text: string): string {
  if (text === 'accepted' || text === 'committed') return text
  throw new CommandError(EXIT.usage, `--wait ${text} is not possible; allowed: accepted, committed`)
}

function parseKey(text: string): Uint8Array {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return fromHex(text)
  throw new CommandError(EXIT.usage, `"${text}" is not an account; allowed: 64 hexadecimal digits`)
}

function parseHex(text: string): Uint8Array {
  try {
    return fromHex(text)
  } catch {
    throw new CommandError(
      EXIT.usage,
      `"${text.slice(0, 80)}" is not an operation; allowed: an even number of hexadecimal digits`,
    )
  }
}
