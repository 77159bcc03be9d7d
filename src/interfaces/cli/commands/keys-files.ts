/** `quorate keys list|show|change-password|export|import`: the key files of a directory. */
import type { Command } from 'commander'
import type { ChangePasswordFlags } from '../keys/change-password.ts'
import type { ShowFlags } from '../keys/list.ts'
import type { PlaceFlags } from '../keys/place.ts'
import type { ExportFlags, ImportFlags } from '../keys/transfer.ts'
import type { Terminal } from '../terminal.ts'

const LIST_EXAMPLES = `
Examples:
  quorate keys list                 in the directory of a node
  quorate keys list --dir ann --json`

const SHOW_EXAMPLES = `
Examples:
  quorate keys show identity --dir ann
  quorate keys show share-3 --dir ann --check      asks for the password, and tries it

Nothing secret is ever shown.`

const CHANGE_EXAMPLES = `
Examples:
  quorate keys change-password --dir ann
  QUORATE_PASSWORD=... QUORATE_NEW_PASSWORD=... quorate keys change-password --dir ann
  quorate keys change-password --dir ann --password-file old --new-password-file new

Of a node the identity and all shares are put under the new password, in another directory all its keystores. Stop the node first.
Nothing is changed before every file was opened. If the machine stops in between, each file is under one of the two passwords;
quorate keys list tells which, and the same command again finishes the change.`

const EXPORT_EXAMPLES = `
Examples:
  quorate keys export share-3 --dir ann --out share-to-move.json
  quorate keys export identity --dir ann --out identity-copy.json --new-password-file transport

The copy is an ERC-2335 keystore under a password of its own.`

const IMPORT_EXAMPLES = `
Examples:
  quorate keys import share-to-move.json --dir new-ann
  quorate keys import validator.json --dir others --as first.json

Any ERC-2335 keystore of version 4 (scrypt or pbkdf2) is taken, and put under the password of the directory. Identity and shares
go where a node looks for them. A key in plain text is refused: make a new one, the old one may have been copied.`

export function addPlaceOptions(command: Command): Command {
  return command
    .option('--dir <directory>', 'directory of a node (with quorate.json), or any other with key files', '.')
    .option('--json', 'print JSON')
}

export function addPasswordOption(command: Command): Command {
  return command.option(
    '--password-file <file>',
    "file with the password of the keys; otherwise that of the node's configuration, QUORATE_PASSWORD, or the terminal is asked",
  )
}

export function addFileCommands(keys: Command, terminal: Terminal): void {
  addPlaceOptions(keys.command('list').description('list the key files of a directory; asks for no password'))
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (flags: PlaceFlags) => {
      const { runList } = await import('../keys/list.ts')
      await runList(flags, terminal)
    })
  const show = addPlaceOptions(keys.command('show').description('show what one key file says of itself'))
    .argument('<key>', 'identity, or a file as quorate keys list shows it')
    .option('--check', 'open it with its password')
  addPasswordOption(show)
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (name: string, flags: ShowFlags) => {
      const { runShow } = await import('../keys/list.ts')
      await runShow(name, flags, terminal)
    })
  const change = keys
    .command('change-password')
    .description('put all keys of a directory under a new password')
  addPasswordOption(addPlaceOptions(change))
    .option(
      '--new-password-file <file>',
      'file with the new password; otherwise QUORATE_NEW_PASSWORD, or the terminal is asked',
    )
    .addHelpText('after', CHANGE_EXAMPLES)
    .action(async (flags: ChangePasswordFlags) => {
      const { runChangePassword } = await import('../keys/change-password.ts')
      await runChangePassword(flags, terminal)
    })
  addTransferCommands(keys, terminal)
}

function addTransferCommands(keys: Command, terminal: Terminal): void {
  const out = keys.command('export').description('copy one key out of a directory, under another password')
  addPasswordOption(addPlaceOptions(out))
    .argument('<key>', 'identity, or a file as quorate keys list shows it')
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .option(
      '--new-password-file <file>',
      'file with the password of the copy; otherwise QUORATE_NEW_PASSWORD, or the terminal is asked',
    )
    .addHelpText('after', EXPORT_EXAMPLES)
    .action(async (name: string, flags: ExportFlags) => {
      const { runExport } = await import('../keys/transfer.ts')
      await runExport(name, flags, terminal)
    })
  const into = keys
    .command('import')
    .description('take a key into a directory, under the password of the directory')
  addPasswordOption(addPlaceOptions(into))
    .argument('<file>', 'ERC-2335 keystore')
    .option('--as <name>', 'name of the file in the directory (default: where a node looks for such a key)')
    .option(
      '--import-password-file <file>',
      'file with the password of what is imported; otherwise QUORATE_IMPORT_PASSWORD, or the terminal is asked',
    )
    .addHelpText('after', IMPORT_EXAMPLES)
    .action(async (file: string, flags: ImportFlags) => {
      const { runImport } = await import('../keys/transfer.ts')
      await runImport(file, flags, terminal)
    })
}
