/** What everybody can check of a backup, and what a guardian can check of its own fragment. */
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { openFragment, readBackup, type VerifiedBackup } from '../../../crypto/threshold/backup.ts'
import {
  BACKUP_BYTES_MAX,
  BackupError,
  type BackupSubject,
} from '../../../crypto/threshold/backup-container.ts'
import { nobleCurve } from '../../../crypto/threshold/noble-curve.ts'
import { toHex } from '../../../lib/bytes.ts'
import { networkIdOf } from '../../../membership/genesis.ts'
import { readGenesisFile } from '../../../node/genesis-file.ts'
import { readGuardianFile } from '../../../node/guardian-files.ts'
import { CommandError, EXIT } from '../failure.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'

export interface VerifyBackupFlags {
  readonly genesis?: string
  readonly keyId?: Uint8Array
  readonly epoch?: number
  readonly member?: number
  readonly publicShare?: Uint8Array
  readonly guardianKey?: string
  readonly passwordFile?: string
  readonly json?: boolean
}

export async function runVerifyBackup(
  file: string,
  flags: VerifyBackupFlags,
  terminal: Terminal,
): Promise<void> {
  const { keyId, epoch, member: index, publicShare } = flags
  const networkId = flags.genesis === undefined ? undefined : networkIdOf(readGenesisFile(flags.genesis))
  const backup = await readBackupFile(file, {
    ...(networkId === undefined ? {} : { networkId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(index === undefined ? {} : { index }),
    ...(publicShare === undefined ? {} : { publicShare }),
  })
  const guardian = flags.guardianKey === undefined ? null : await checkFragment(file, backup, flags, terminal)
  if (flags.json === true) return terminal.printJson({ ...summaryOf(backup), checkedFragmentOf: guardian })
  for (const line of summaryLines(backup)) terminal.print(line)
  terminal.print('the backup is whole, and its fragments are bound to the share behind this public share')
  if (guardian !== null) terminal.print(`the fragment of ${guardian} opens, and is right`)
  if (publicShare === undefined)
    terminal.note(
      "compare the public share with the member's in the network, or state it with --public-share",
    )
}

/** @returns the guardian's name */
async function checkFragment(
  file: string,
  backup: VerifiedBackup,
  flags: VerifyBackupFlags,
  terminal: Terminal,
): Promise<string> {
  const keyFile = flags.guardianKey ?? ''
  const password = await readPassword({
    passwordFile: flags.passwordFile,
    environment: terminal.environment,
    confirm: false,
    keyFile,
    flag: '--password-file',
  })
  const { name, secret } = await readGuardianFile(keyFile, password)
  const fragment = onBackup(file, () => openFragment(nobleCurve, backup, secret))
  return backup.guardians[fragment.guardian - 1]?.name ?? name
}

/** @throws CommandError that says what is wrong with the file */
export async function readBackupFile(
  file: string,
  expected: Partial<BackupSubject> = {},
): Promise<VerifiedBackup> {
  let bytes: Uint8Array
  try {
    if (statSync(file).size > BACKUP_BYTES_MAX)
      throw new CommandError(EXIT.usage, `${file} is no backup: it is longer than ${BACKUP_BYTES_MAX} bytes`)
    bytes = new Uint8Array(await readFile(file))
  } catch (error) {
    if (error instanceof CommandError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new CommandError(
      EXIT.usage,
      code === 'ENOENT' ? `there is no backup ${file}` : `the backup ${file} cannot be read (${code})`,
    )
  }
  return onBackup(file, () => readBackup(nobleCurve, bytes, expected))
}

/** Says of which file an error is. */
export function onBackup<T>(file: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!(error instanceof BackupError)) throw error
    throw new CommandError(EXIT.usage, `the backup ${file} cannot be used: ${error.message}`, {
      cause: error,
    })
  }
}

/** What a backup says, for JSON. */
export function summaryOf(backup: VerifiedBackup) {
  const { epoch, index, threshold, createdMs, checksumCode } = backup
  return {
    networkId: toHex(backup.networkId),
    keyId: toHex(backup.keyId),
    epoch,
    member: index,
    publicShare: toHex(backup.publicShare),
    threshold,
    guardians: backup.guardians.map(({ name, publicKey }) => ({ name, publicKey: toHex(publicKey) })),
    createdMs,
    checksum: toHex(backup.checksum),
    code: checksumCode,
  }
}

export function summaryLines(backup: VerifiedBackup): readonly string[] {
  const { networkId, keyId, publicShare, threshold, guardians, createdMs, code, ...rest } = summaryOf(backup)
  return [
    `code          ${code}`,
    `network id    ${networkId}`,
    `key id        ${keyId}`,
    `epoch         ${rest.epoch}`,
    `member        ${rest.member}`,
    `public share  ${publicShare}`,
    `guardians     any ${threshold} of ${guardians.length}: ${guardians.map(({ name }) => name).join(', ')}`,
    `made          ${new Date(createdMs).toISOString()}`,
    `checksum      ${rest.checksum}`,
  ]
}
