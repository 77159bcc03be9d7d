/** `quorate keys`: the keys of a node where they lie on disk, their backups, and those of the people who guard them. */
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { addGuardianCommand } from './keys/guardian.ts'
import { addListCommand } from './keys/list.ts'
import { addVerifyBackupCommand } from './keys/verify-backup.ts'

const SUBCOMMANDS = [addListCommand, addGuardianCommand, addVerifyBackupCommand]

const EXAMPLES = `
Examples:
  quorate keys list --dir ann`

export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description('look after the keys of a node and of the network')
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES)
  for (const add of SUBCOMMANDS) add(keys, terminal)
}
