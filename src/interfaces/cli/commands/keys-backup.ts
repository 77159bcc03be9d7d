/** `quorate keys guardian|backup|verify-backup|fragment|restore`: shares in the care of guardians. */
import type { Command } from 'commander'
import type { BackupFlags } from '../keys/backup.ts'
import type { GuardianFlags } from '../keys/guardian.ts'
import type { FragmentFlags, RestoreFlags } from '../keys/restore.ts'
import type { VerifyBackupFlags } from '../keys/verify-backup.ts'
import { hexOf, integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'
import { addPasswordOption, addPlaceOptions } from './keys-files.ts'

const GUARDIAN_EXAMPLES = `
Examples:
  quorate keys guardian --name ann --out ann-guardian.json
  QUORATE_PASSWORD=... quorate keys guardian --name bob --out bob-guardian.json --json

A guardian is a person with a key, offline, and not on a node of the network. Give the line that is printed to whoever makes
backups. A list of guardians is a file such as

  { "format": "quorate-guardians/1",
    "guardians": [{ "name": "ann", "publicKey": "..." }, { "name": "bob", "publicKey": "..." }] }`

const BACKUP_EXAMPLES = `
Examples:
  quorate keys backup --dir node --guardians guardians.json --threshold 3 --out node-3.backup

Any so many guardians can restore the share together, fewer learn nothing of it. The file is for all of them, and is no secret.
Most often no backup is needed: a member that lost its share gets another by quorate keys refresh. A backup is for the day on
which more members lose theirs than the network can do without. It is of one epoch: destroy it when that is retired, or old
shares live on in it. Choose a threshold not below the number of members that sign together: guardians who can open so many
members' backups have the key of the network.`

const VERIFY_EXAMPLES = `
Examples:
  quorate keys verify-backup node-3.backup
  quorate keys verify-backup node-3.backup --genesis genesis.json --public-share 8a3f...
  quorate keys verify-backup node-3.backup --api http://127.0.0.1:4180
  quorate keys verify-backup node-3.backup --guardian-key ann-guardian.json

Without any password it is checked that nothing is damaged, and that the fragments are of the share behind the public share that
is printed. That this is the member's own says the network (--api), or state it (--public-share).
A guardian checks with --guardian-key that its own fragment is right.`

const FRAGMENT_EXAMPLES = `
Examples:
  quorate keys fragment node-3.backup --guardian-key ann-guardian.json --out ann-fragment.json

Writes the guardian's fragment of a backup as a keystore under another password, for whoever restores: the guardian's own key need
not leave its place.`

const RESTORE_EXAMPLES = `
Examples:
  quorate keys restore node-3.backup ann-fragment.json bob-fragment.json cid-fragment.json --dir node
  quorate keys restore node-3.backup ann-guardian.json bob-guardian.json cid-guardian.json --dir node

Takes fragments that guardians opened (quorate keys fragment), or their keys, in any mixture and order. A fragment that is wrong is
told with the name of its guardian; the others may still be enough. Writes the share where the node looks for it.`

export function addBackupCommands(keys: Command, terminal: Terminal): void {
  addGuardian(keys, terminal)
  const backup = keys
    .command('backup')
    .description("back up the node's share of the network's key for guardians")
  addPasswordOption(addPlaceOptions(backup))
    .requiredOption('--guardians <file>', 'list of guardians, JSON')
    .requiredOption('--threshold <b>', 'guardians that it takes to restore', integerBetween(1, 128))
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .option('--epoch <number>', 'epoch of the share (default: the latest)', epochNumber)
    .option('--genesis <file>', "genesis file of the network (default: that of the node's configuration)")
    .option('--key-id <hex>', 'id of the key (default: as the file of the share says)', hexOf(32))
    .addHelpText('after', BACKUP_EXAMPLES)
    .action(async (flags: BackupFlags) => {
      const { runBackup } = await import('../keys/backup.ts')
      await runBackup(flags, terminal)
    })
  addVerify(keys, terminal)
  addRestore(keys, terminal)
}

const epochNumber = integerBetween(0, Number.MAX_SAFE_INTEGER)

function addGuardian(keys: Command, terminal: Terminal): void {
  keys
    .command('guardian')
    .description('make the key of a guardian, who keeps fragments of backups')
    .requiredOption('--name <name>', 'name that the guardian will be called by')
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .option(
      '--password-file <file>',
      'file with the password; otherwise QUORATE_PASSWORD, or the terminal is asked',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', GUARDIAN_EXAMPLES)
    .action(async (flags: GuardianFlags) => {
      const { runGuardian } = await import('../keys/guardian.ts')
      await runGuardian(flags, terminal)
    })
}

function addVerify(keys: Command, terminal: Terminal): void {
  keys
    .command('verify-backup')
    .description('check a backup, without the share and without the guardians')
    .argument('<backup>', 'file that quorate keys backup wrote')
    .option('--genesis <file>', 'genesis file of the network that it should be of')
    .option('--key-id <hex>', 'id of the key that it should be of', hexOf(32))
    .option('--epoch <number>', 'epoch of the shares', epochNumber)
    .option(
      '--member <number>',
      'member that it should be of, by its number as quorate status shows it',
      integerBetween(0, 127),
    )
    .option('--public-share <hex>', "the member's public share, as the network has it", hexOf(96))
    .option('--api <url>', 'API of a node: compare the public share with what the network has')
    .option('--guardian-key <file>', 'key file of a guardian, to check its fragment')
    .option(
      '--password-file <file>',
      'file with the password of the guardian; otherwise QUORATE_PASSWORD, or the terminal is asked',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', VERIFY_EXAMPLES)
    .action(async (file: string, flags: VerifyBackupFlags) => {
      const { runVerifyBackup } = await import('../keys/verify-backup.ts')
      await runVerifyBackup(file, flags, terminal)
    })
}

function addRestore(keys: Command, terminal: Terminal): void {
  keys
    .command('fragment')
    .description("open a guardian's fragment of a backup, for whoever restores")
    .argument('<backup>', 'file that quorate keys backup wrote')
    .requiredOption('--guardian-key <file>', 'key file of the guardian')
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .option(
      '--password-file <file>',
      'file with the password of the guardian; otherwise QUORATE_PASSWORD, or the terminal is asked',
    )
    .option(
      '--new-password-file <file>',
      'file with the password of the fragment; otherwise QUORATE_NEW_PASSWORD, or the terminal is asked',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', FRAGMENT_EXAMPLES)
    .action(async (file: string, flags: FragmentFlags) => {
      const { runFragment } = await import('../keys/restore.ts')
      await runFragment(file, flags, terminal)
    })
  const restore = keys.command('restore').description('put a share together again from fragments of a backup')
  addPasswordOption(addPlaceOptions(restore))
    .argument('<backup>', 'file that quorate keys backup wrote')
    .argument('<fragments...>', 'fragments that guardians opened, or key files of guardians')
    .option(
      '--fragment-password-file <file>',
      'file with the password of the fragments, once for all or once for each; otherwise QUORATE_FRAGMENT_PASSWORD, or the terminal is asked',
      (file: string, before: string[] = []) => [...before, file],
    )
    .addHelpText('after', RESTORE_EXAMPLES)
    .action(async (file: string, fragments: string[], flags: RestoreFlags) => {
      const { runRestore } = await import('../keys/restore.ts')
      await runRestore(file, fragments, flags, terminal)
    })
}
