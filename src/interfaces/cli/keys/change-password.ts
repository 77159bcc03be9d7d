/** Puts all keys of a directory under another password, as one change. */
import { changePassword } from '../../../node/password-change.ts'
import { CommandError, EXIT } from '../failure.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'
import {
  findPlace,
  isOwn,
  type KeyPlace,
  keyFilesIn,
  type PlaceFlags,
  placePassword,
  refuseWhileRunning,
  shownName,
} from './place.ts'

export interface ChangePasswordFlags extends PlaceFlags {
  readonly newPasswordFile?: string
}

export async function runChangePassword(flags: ChangePasswordFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  await refuseWhileRunning(place)
  const files = await filesUnderOnePassword(place)
  if (files.length === 0) throw new CommandError(EXIT.usage, `there are no key files in ${place.directory}`)
  const oldPassword = await placePassword(place, terminal)
  const newPassword = await readPassword({
    passwordFile: flags.newPasswordFile,
    environment: terminal.environment,
    confirm: true,
    keyFile: `the keys in ${place.directory}, the new one`,
    flag: '--new-password-file',
    variable: 'QUORATE_NEW_PASSWORD',
  })
  if (oldPassword === newPassword) throw new CommandError(EXIT.usage, 'the new password is the old one')
  const beforeRenaming = () => refuseWhileRunning(place)
  const work = changePassword(files, { oldPassword, newPassword, startedMs: Date.now() }, { beforeRenaming })
  const { changed, already } = await terminal.progress('encrypting', work)
  const shown = {
    changed: changed.map(path => shownName(path, place)),
    already: already.map(path => shownName(path, place)),
  }
  if (flags.json === true) terminal.printJson(shown)
  else {
    for (const file of shown.already) terminal.print(`${file} was under the new password already`)
    for (const file of shown.changed) terminal.print(`${file} is under the new password`)
  }
  const remembered = place.node?.passwordFile
  if (remembered !== undefined)
    terminal.note(
      `the node reads its password from ${remembered}: put the new one there before its next start`,
    )
  terminal.note('copies of the files, and backups of the disk, are still under the old password')
}

/** Of a node the identity and its shares; of a directory without a node every keystore in it. */
async function filesUnderOnePassword(place: KeyPlace): Promise<readonly string[]> {
  const files = await keyFilesIn(place)
  return files.filter(path => place.node === null || isOwn(path, place))
}
