/** Makes a key for somebody who guards backups. */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { GUARDIAN_NAME } from '../../../crypto/threshold/backup-container.ts'
import { toHex } from '../../../lib/bytes.ts'
import { createGuardianFile } from '../../../node/guardian-files.ts'
import { CommandError, EXIT } from '../failure.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'
import { refuseExisting } from './place.ts'

export interface GuardianFlags {
  readonly name: string
  readonly out: string
  readonly passwordFile?: string
  readonly json?: boolean
}

export async function runGuardian(flags: GuardianFlags, terminal: Terminal): Promise<void> {
  const { name, out } = flags
  if (!GUARDIAN_NAME.test(name))
    throw new CommandError(
      EXIT.usage,
      `"${name}" is not a name; allowed: 1 to 64 letters, digits, dots, underscores or hyphens`,
    )
  refuseExisting(out)
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
