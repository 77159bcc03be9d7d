/** `quorate keys`: the keys of a node where they lie on disk, their backups, and those of the people who guard them. */
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { addBackupCommands } from './keys-backup.ts'
import { addFileCommands } from './keys-files.ts'
import { addNetworkCommands } from './keys-network.ts'

const EXAMPLES = `
Examples:
  quorate keys list --dir ann
  quorate keys change-password --dir ann
  quorate keys guardian --name bob --out bob-guardian.json
  quorate keys backup --dir ann --guardians guardians.json --threshold 3 --out ann.backup
  quorate keys refresh --dir ann
  quorate keys restore ann.backup bob-fragment.json cid-fragment.json dan-fragment.json --dir ann

Every key lies in an ERC-2335 keystore under a password: that of the identity, and that of each share of the network's key, which is
the same. A key in plain text is refused everywhere.`

export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description('look after the keys of a node and of the network')
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES)
  addFileCommands(keys, terminal)
  addBackupCommands(keys, terminal)
  addNetworkCommands(keys, terminal)
}
