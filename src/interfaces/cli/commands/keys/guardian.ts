/** `quorate keys guardian`: a key for somebody who guards backups. */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { GUARDIAN_NAME } from '../../../../crypto/threshold/backup-container.ts'
import { toHex } from '../../../../lib/bytes.ts'
import { createGuardianFile } from '../../../../node/guardian-files.ts'
import { CommandError, EXIT } from '../../failure.ts'
import { readPassword } from '../../password.ts'
import type { Terminal } from '../../terminal.ts'

interface GuardianFlags {
  readonly name: string
  readonly out: string
  readonly passwordFile?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  quorate keys guardian --name ann --out ann-guardian.json
  QUORATE_PASSWORD=... quorate keys guardian --name bob --out bob-guardian.json --json

A guardian is a person with a key, offline, and with no node of the network. Give the line that is printed to whoever makes
backups. A list of guardians is a file such as

  { "format": "quorate-guardians/1",
    "guardians": [{ "name": "ann", "publicKey": "..." }, { "name": "bob", "publicKey": "..." }] }`

export function addGuardianCommand(keys: Command, terminal: Terminal): void {
  keys
    .command('guardian')
    .description('make the key of a guardian, who keeps a fragment of backups')
    .requiredOption('--name <name>', 'name that the guardian will be called by')
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .option(
      '--password-file <file>',
      'file with the password; otherwise QUORATE_PASSWORD, or the terminal is asked',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: GuardianFlags) => runGuardian(flags, terminal))
}

async function runGuardian(flags: GuardianFlags, terminal: Terminal): Promise<void> {
  const { name, out } = flags
  if (!GUARDIAN_NAME.test(name))
    throw new CommandError(
      EXIT.usage,
      `"${name}" is not a name; allowed: 1 to 64 letters, digits, dots, underscores or hyphens`,
    )
  const password = await readPassword({
    passwordFile: flags.passwordFile,
    environment: terminal.environment,
    confirm: true,
    keyFile: out,
    flag: '--password-file',
  })
  const { publicKey } = await createGuardianFile(out, name, password, randomBytes)
  const line = { name, publicKey: toHex(publicKey) }
  if (flags.json === true) return terminal.printJson({ ...line, file: resolve(out) })
  terminal.print(JSON.stringify(line))
  terminal.note(
    `wrote ${out} (encrypted): keep it and its password offline, and give the line above to whoever`,
  )
  terminal.note('makes backups. Without the file, or without its password, your fragments are lost.')
}
