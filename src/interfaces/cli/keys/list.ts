/** What key files there are, and what each says of itself without its password. */
import { toHex } from '../../../lib/bytes.ts'
import { kindOf, publicKeyFunctionOf } from '../../../node/key-kinds.ts'
import { KeyFileError, openKeystoreFile, readKeystore } from '../../../node/keystore-file.ts'
import { passwordStateOf } from '../../../node/password-marker.ts'
import { parseShareDescription } from '../../../node/share-file.ts'
import { type Terminal, table } from '../terminal.ts'
import {
  fileNamed,
  findPlace,
  type KeyPlace,
  keyFilesIn,
  type PlaceFlags,
  placePassword,
  shownName,
} from './place.ts'
import { memberOf } from './verify-backup.ts'

interface KeyEntry {
  readonly file: string
  readonly kind: string
  readonly publicKey: string
  /** Of shares. */
  readonly epoch: number | null
  /** Under which password a change that was interrupted left the file. */
  readonly password: 'old' | 'new' | null
  /** Why it cannot be used. */
  readonly problem: string | null
}

const NOTICE =
  'a change of passwords was interrupted: run quorate keys change-password again, with the same two passwords'

export async function runList(flags: PlaceFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  const files = await keyFilesIn(place)
  const entries = await Promise.all(files.map(file => entryOf(file, place)))
  const isInterrupted = entries.some(({ password }) => password !== null)
  if (flags.json === true) return terminal.printJson(entries)
  if (entries.length === 0) return terminal.note(`there are no key files in ${place.directory}`)
  const rows = entries.map(({ file, kind, epoch, publicKey, password }) => [
    file,
    kind,
    epoch === null ? '' : String(epoch),
    ...(isInterrupted ? [password ?? ''] : []),
    publicKey,
  ])
  const heading = ['file', 'kind', 'epoch', ...(isInterrupted ? ['password'] : []), 'public key']
  for (const line of table([heading, ...rows])) terminal.print(line)
  for (const { problem } of entries) if (problem !== null) terminal.note(problem)
  if (isInterrupted) terminal.note(NOTICE)
}

async function entryOf(path: string, place: KeyPlace): Promise<KeyEntry> {
  const file = shownName(path, place)
  try {
    const keystore = await readKeystore(path)
    return {
      file,
      kind: kindOf(keystore),
      publicKey: toHex(keystore.publicKey),
      epoch: parseShareDescription(keystore.description)?.epoch ?? null,
      password: await passwordStateOf(path, keystore.uuid),
      problem: null,
    }
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return { file, kind: 'unusable', publicKey: '', epoch: null, password: null, problem: error.message }
  }
}

export interface ShowFlags extends PlaceFlags {
  readonly check?: boolean
}

export async function runShow(name: string, flags: ShowFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  const path = fileNamed(name, place)
  const keystore = await readKeystore(path)
  const { description, uuid, kdf } = keystore
  const share = kindOf(keystore) === 'share' ? parseShareDescription(description) : null
  const cost =
    kdf.function === 'scrypt' ? `scrypt, N = ${kdf.n}, r = ${kdf.r}, p = ${kdf.p}` : `pbkdf2, ${kdf.c} rounds`
  if (flags.check === true)
    await openKeystoreFile(path, await placePassword(place, terminal), publicKeyFunctionOf(keystore))
  const fields = {
    file: path,
    kind: kindOf(keystore),
    publicKey: toHex(keystore.publicKey),
    ...(share === null ? {} : { epoch: share.epoch, member: memberOf(share), keyId: toHex(share.keyId) }),
    description,
    uuid,
    kdf: cost,
    opened: flags.check === true,
  }
  if (flags.json === true) return terminal.printJson(fields)
  const labels: Readonly<Record<string, string>> = { publicKey: 'public key', keyId: 'key id' }
  for (const [field, value] of Object.entries(fields))
    if (field !== 'opened') terminal.print(`${(labels[field] ?? field).padEnd(12)}${value}`)
  if (flags.check === true)
    terminal.print('the password opens it, and the secret in it gives this public key')
}
