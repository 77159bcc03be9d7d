/** Opens fragments as a guardian, and puts a share together again from enough of them. */
import { dirname, resolve } from 'node:path'
import {
  type Fragment,
  guardianOfFragment,
  openFragment,
  restoreShare,
  type VerifiedBackup,
} from '../../../crypto/threshold/backup.ts'
import { BackupError } from '../../../crypto/threshold/backup-container.ts'
import { nobleCurve } from '../../../crypto/threshold/noble-curve.ts'
import { toHex } from '../../../lib/bytes.ts'
import { networkIdOf } from '../../../membership/genesis.ts'
import { readGenesisFile } from '../../../node/genesis-file.ts'
import {
  fragmentNameOf,
  readFragmentFile,
  readGuardianFile,
  writeFragmentFile,
} from '../../../node/guardian-files.ts'
import { kindOf } from '../../../node/key-kinds.ts'
import { KeyFileError, readKeystore } from '../../../node/keystore-file.ts'
import { shareFilePath, writeShareFile } from '../../../node/share-file.ts'
import { CommandError, EXIT } from '../failure.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'
import {
  findPlace,
  makeKeyDirectory,
  type PlaceFlags,
  refuseExisting,
  refuseWhileRunning,
  shownName,
} from './place.ts'
import { passwordOfAll } from './transfer.ts'
import { memberOf, onBackup, readBackupFile } from './verify-backup.ts'

export interface FragmentFlags {
  readonly guardianKey: string
  readonly out: string
  readonly passwordFile?: string
  readonly newPasswordFile?: string
  readonly json?: boolean
}

export async function runFragment(file: string, flags: FragmentFlags, terminal: Terminal): Promise<void> {
  const { guardianKey, out } = flags
  const { environment } = terminal
  const backup = await readBackupFile(file)
  refuseExisting(out)
  const password = await readPassword({
    passwordFile: flags.passwordFile,
    environment,
    confirm: false,
    keyFile: guardianKey,
    flag: '--password-file',
  })
  const { secret } = await readGuardianFile(guardianKey, password)
  const { guardian, value } = onBackup(file, () => openFragment(nobleCurve, backup, secret))
  secret.fill(0)
  const newPassword = await readPassword({
    passwordFile: flags.newPasswordFile,
    environment,
    confirm: true,
    keyFile: out,
    flag: '--new-password-file',
    variable: 'QUORATE_NEW_PASSWORD',
  })
  const name = backup.guardians[guardian - 1]?.name ?? ''
  await writeFragmentFile(out, { guardian: name, backupCode: backup.checksumCode }, value, newPassword)
  value.fill(0)
  if (flags.json === true)
    return terminal.printJson({ file: resolve(out), guardian: name, code: backup.checksumCode })
  terminal.print(`wrote ${out}: the fragment of ${name}, under the password for whoever restores`)
  terminal.note(
    `any ${backup.threshold} fragments are the share: hand yours only to whom it belongs, and make sure by voice`,
  )
}

export interface RestoreFlags extends PlaceFlags {
  readonly fragmentPasswordFile?: readonly string[]
}

export async function runRestore(
  file: string,
  inputs: readonly string[],
  flags: RestoreFlags,
  terminal: Terminal,
): Promise<void> {
  const place = findPlace(flags, terminal)
  await refuseWhileRunning(place)
  const expected =
    place.node === null ? {} : { networkId: networkIdOf(readGenesisFile(place.node.genesisFile)) }
  const backup = await readBackupFile(file, expected)
  const { epoch, index, keyId } = backup
  const path = shareFilePath(place.shareDirectory, epoch)
  refuseExisting(path)
  const { fragments, problems } = await collect(backup, inputs, flags, terminal)
  for (const problem of problems) terminal.note(problem)
  const { share } = onBackup(file, () => restoreShare(nobleCurve, backup, fragments))
  for (const { value } of fragments) value.fill(0)
  const password = await passwordOfAll(place, terminal)
  await refuseWhileRunning(place) // passwords take their time
  await makeKeyDirectory(dirname(path))
  await writeShareFile(path, { epoch, index, keyId, share }, password)
  share.fill(0)
  const names = fragments.map(({ guardian }) => backup.guardians[guardian - 1]?.name ?? '')
  const shown = shownName(path, place)
  const publicShare = toHex(backup.publicShare)
  const member = memberOf(backup)
  if (flags.json === true)
    return terminal.printJson({ file: shown, epoch, member, publicShare, guardians: names, problems })
  terminal.print(
    `restored the share of member ${member}, epoch ${epoch}, as ${shown}, from ${names.join(', ')}`,
  )
  terminal.note(
    'the same share at work in two places would let each sign where the other must not: see that it is in one',
  )
}

/** Every input that is of use. One that is not is told with its guardian's name, and the others may still be enough. */
async function collect(
  backup: VerifiedBackup,
  inputs: readonly string[],
  flags: RestoreFlags,
  terminal: Terminal,
) {
  const files = flags.fragmentPasswordFile ?? []
  if (files.length > 1 && files.length !== inputs.length)
    throw new CommandError(
      EXIT.usage,
      `--fragment-password-file is given ${files.length} times for ${inputs.length} fragments: give one for all, or one for each`,
    )
  const fragments: Fragment[] = []
  const problems: string[] = []
  for (const [i, input] of inputs.entries()) {
    const password = () =>
      readPassword({
        passwordFile: files.length === 1 ? files[0] : files[i],
        environment: terminal.environment,
        confirm: false,
        keyFile: input,
        flag: '--fragment-password-file',
        variable: 'QUORATE_FRAGMENT_PASSWORD',
      })
    try {
      const fragment = await fragmentIn(input, backup, password)
      const isTwice = fragments.some(({ guardian }) => guardian === fragment.guardian)
      if (isTwice)
        problems.push(`${input} is a second fragment of ${backup.guardians[fragment.guardian - 1]?.name}`)
      else fragments.push(fragment)
    } catch (error) {
      if (!(error instanceof BackupError) && !(error instanceof KeyFileError)) throw error
      problems.push(error instanceof KeyFileError ? error.message : `${input} is of no use: ${error.message}`)
    }
  }
  return { fragments, problems }
}

/** From an opened fragment, or from a guardian's key. @throws BackupError, KeyFileError */
async function fragmentIn(
  input: string,
  backup: VerifiedBackup,
  password: () => Promise<string>,
): Promise<Fragment> {
  const keystore = await readKeystore(input)
  if (kindOf(keystore) === 'guardian') {
    const { secret } = await readGuardianFile(input, await password())
    const fragment = openFragment(nobleCurve, backup, secret)
    secret.fill(0)
    return fragment
  }
  const guardian = guardianOfFragment(nobleCurve, backup, keystore.publicKey)
  if (guardian !== null) return { guardian, value: await readFragmentFile(input, await password()) }
  const name = fragmentNameOf(keystore.description)
  if (name === null)
    throw new BackupError('BAD_FRAGMENT', input, 'it is neither a fragment nor the key of a guardian')
  const why =
    name.backupCode === backup.checksumCode
      ? 'its public key is not what the backup says of it'
      : `it is of the backup ${name.backupCode}, this one is ${backup.checksumCode}`
  throw new BackupError('BAD_FRAGMENT', name.guardian, `the fragment of ${name.guardian} is wrong: ${why}`)
}
