/** Takes single keys out of a directory, and into one: each under a password of its own while it is on its way. */
import { basename, dirname, join, resolve } from 'node:path'
import type { Keystore } from '../../../crypto/keystore.ts'
import { toHex } from '../../../lib/bytes.ts'
import { type KeyKind, kindOf, publicKeyFunctionOf } from '../../../node/key-kinds.ts'
import { openKeystoreFile, readKeystore, writeKeystoreFile } from '../../../node/keystore-file.ts'
import { parseShareDescription, shareFilePath } from '../../../node/share-file.ts'
import { CommandError, EXIT } from '../failure.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'
import {
  fileNamed,
  findPlace,
  isOwn,
  type KeyPlace,
  keyFilesIn,
  makeKeyDirectory,
  type PlaceFlags,
  placePassword,
  refuseExisting,
  refuseWhileRunning,
  shownName,
} from './place.ts'

export interface ExportFlags extends PlaceFlags {
  readonly out: string
  readonly newPasswordFile?: string
}

const TWO_IDENTITIES =
  'two nodes with one identity contradict one another, and count as one that lies: never let both run'

export async function runExport(name: string, flags: ExportFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  const path = fileNamed(name, place)
  refuseExisting(flags.out)
  const { secret, keystore } = await open(path, await placePassword(place, terminal))
  const password = await readPassword({
    passwordFile: flags.newPasswordFile,
    environment: terminal.environment,
    confirm: true,
    keyFile: flags.out,
    flag: '--new-password-file',
    variable: 'QUORATE_NEW_PASSWORD',
  })
  const { publicKey, description } = keystore
  await writeKeystoreFile(flags.out, { secret, publicKey, description }, password)
  secret.fill(0)
  const kind = kindOf(keystore)
  if (flags.json === true) terminal.printJson({ file: resolve(flags.out), kind, publicKey: toHex(publicKey) })
  else terminal.print(`wrote ${flags.out}: ${kind} ${toHex(publicKey)}`)
  if (kind === 'identity') terminal.note(TWO_IDENTITIES)
}

export interface ImportFlags extends PlaceFlags {
  readonly as?: string
  readonly importPasswordFile?: string
}

export async function runImport(file: string, flags: ImportFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  await refuseWhileRunning(place)
  const source = await readKeystore(file)
  const kind = kindOf(source)
  if (kind === 'unknown')
    throw new CommandError(
      EXIT.usage,
      `${file} holds a key of no kind that is known here (description "${source.description}")`,
    )
  const path = placeOf(file, kind, source, flags.as, place)
  refuseExisting(path)
  const importPassword = await readPassword({
    passwordFile: flags.importPasswordFile,
    environment: terminal.environment,
    confirm: false,
    keyFile: file,
    flag: '--import-password-file',
    variable: 'QUORATE_IMPORT_PASSWORD',
  })
  const { secret, keystore } = await open(file, importPassword)
  const password = await passwordOfAll(place, terminal)
  const { publicKey, description } = keystore
  await refuseWhileRunning(place) // passwords take their time
  await makeKeyDirectory(dirname(path))
  await writeKeystoreFile(path, { secret, publicKey, description }, password)
  secret.fill(0)
  const shown = shownName(path, place)
  if (flags.json === true) terminal.printJson({ file: shown, kind, publicKey: toHex(publicKey) })
  else terminal.print(`imported ${file} as ${shown}: ${kind} ${toHex(publicKey)}`)
  if (kind === 'identity') terminal.note(TWO_IDENTITIES)
  if (kind === 'bls-g1')
    terminal.note('its public key is in G1, as Ethereum has it: it is kept, and no node uses it')
}

async function open(path: string, password: string) {
  const keystore = await readKeystore(path)
  return openKeystoreFile(path, password, publicKeyFunctionOf(keystore))
}

/** Where a node looks for it. */
function placeOf(
  file: string,
  kind: KeyKind,
  { description }: Keystore,
  as: string | undefined,
  place: KeyPlace,
): string {
  if (as !== undefined) {
    if (!/^[\w-][\w.-]{0,63}\.json$/.test(as))
      throw new CommandError(
        EXIT.usage,
        `"${as}" is no name for a key file; allowed: letters, digits and ._- with .json at the end`,
      )
    return join(place.directory, as)
  }
  const share = parseShareDescription(description)
  if (kind === 'identity') return place.identityFile
  if (kind === 'share' && share !== null) return shareFilePath(place.shareDirectory, share.epoch)
  return join(place.directory, basename(file))
}

/**
 * The password under which the keys of a directory are, proven by one of them; where there is none, a new one.
 * @throws KeyFileError WRONG_PASSWORD
 */
export async function passwordOfAll(place: KeyPlace, terminal: Terminal): Promise<string> {
  const witness = await ownKeyOf(place)
  const password = await placePassword(place, terminal, witness === null)
  if (witness !== null) await open(witness, password)
  return password
}

async function ownKeyOf(place: KeyPlace): Promise<string | null> {
  const files = await keyFilesIn(place)
  return files.find(path => isOwn(path, place)) ?? null
}
