/** What everybody can check of a backup, and what a guardian can check of its own fragment. */
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createQuorateClient } from '../../../client/client.ts'
import { openFragment, readBackup, type VerifiedBackup } from '../../../crypto/threshold/backup.ts'
import {
  BACKUP_BYTES_MAX,
  BackupError,
  type BackupSubject,
} from '../../../crypto/threshold/backup-container.ts'
import { nobleCurve } from '../../../crypto/threshold/noble-curve.ts'
import { fromHex, toHex } from '../../../lib/bytes.ts'
import { codeOf } from '../../../lib/thrown.ts'
import { networkIdOf } from '../../../membership/genesis.ts'
import { readGenesisFile } from '../../../node/genesis-file.ts'
import { readGuardianFile } from '../../../node/guardian-files.ts'
import { apiUrl } from '../api.ts'
import { CommandError, EXIT } from '../failure.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'

export interface VerifyBackupFlags {
  readonly genesis?: string
  readonly keyId?: Uint8Array
  readonly epoch?: number
  readonly member?: number
  readonly publicShare?: Uint8Array
  readonly api?: string
  readonly guardianKey?: string
  readonly passwordFile?: string
  readonly json?: boolean
}

export async function runVerifyBackup(
  file: string,
  flags: VerifyBackupFlags,
  terminal: Terminal,
): Promise<void> {
  const { keyId, epoch, member, publicShare } = flags
  const networkId = flags.genesis === undefined ? undefined : networkIdOf(readGenesisFile(flags.genesis))
  const backup = await readBackupFile(file, {
    ...(networkId === undefined ? {} : { networkId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(publicShare === undefined ? {} : { publicShare }),
  })
  if (member !== undefined && member !== memberOf(backup)) {
    const what = `the share in it is of member ${memberOf(backup)}, not ${member}`
    throw new CommandError(EXIT.usage, `the backup ${file} cannot be used: ${what}`)
  }
  if (flags.api !== undefined) await compareWithNetwork(file, backup, flags.api)
  const guardian = flags.guardianKey === undefined ? null : await checkFragment(file, backup, flags, terminal)
  if (flags.json === true) return terminal.printJson({ ...summaryOf(backup), checkedFragmentOf: guardian })
  for (const line of summaryLines(backup)) terminal.print(line)
  terminal.print('the backup is whole, and its fragments are bound to the share behind this public share')
  if (guardian !== null) terminal.print(`the fragment of ${guardian} opens, and is right`)
  if (flags.api !== undefined) terminal.print(`the node at ${flags.api} says the same of this public share`)
  else if (publicShare === undefined)
    terminal.note("compare the public share with the member's in the network: with --api, or --public-share")
}

/** The public share follows from the key's polynomial, which every node tells. @throws CommandError */
async function compareWithNetwork(file: string, backup: VerifiedBackup, api: string): Promise<void> {
  const keys = await createQuorateClient({ url: apiUrl(api) }).keys()
  const fail = (why: string) => new CommandError(EXIT.usage, `the backup ${file} cannot be used: ${why}`)
  if (keys === null) throw fail(`the network of the node at ${api} has no shared key`)
  const { networkId, keyId, epoch, member, publicShare } = summaryOf(backup)
  if (keys.networkId !== networkId)
    throw fail(`its network is ${networkId}, that of the node at ${api} is ${keys.networkId}`)
  const known = [...(keys.active === null ? [] : [keys.active]), ...keys.retiring]
  const key = known.find(other => other.keyId === keyId && other.epoch === epoch)
  if (key === undefined)
    throw fail(`the network has no shares of the key ${keyId} and epoch ${epoch}: not yet, or no more`)
  const points = key.polynomial.map(hex => nobleCurve.decodeG2(fromHex(hex))).filter(point => point !== null)
  const isWhole = points.length > 0 && points.length === key.polynomial.length
  const expected = isWhole
    ? toHex(nobleCurve.encodeG2(nobleCurve.evaluateG2(points, backup.index)))
    : 'no point'
  if (expected !== publicShare)
    throw fail(`its public share is ${publicShare}, that of member ${member} in the network is ${expected}`)
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
    const code = codeOf(error) ?? String(error)
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

/** As people and the API number members, from 0; packages of ceremonies and backups have coordinates, from 1. */
export const memberOf = ({ index }: Pick<BackupSubject, 'index'>): number => index - 1

/** What a backup says, for JSON. */
export function summaryOf(backup: VerifiedBackup) {
  const { epoch, threshold, createdMs, checksumCode } = backup
  return {
    networkId: toHex(backup.networkId),
    keyId: toHex(backup.keyId),
    epoch,
    member: memberOf(backup),
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
