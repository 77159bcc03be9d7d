import { randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Kdf, KeystoreError, openKeystore, passwordBytes, scryptKdf } from '../crypto/keystore.ts'
import { present } from '../lib/assert.ts'
import { toHex } from '../lib/bytes.ts'
import { messageOf } from '../lib/thrown.ts'
import { syncDirectory } from '../storage/directory.ts'
import { publicKeyFunctionOf } from './key-kinds.ts'
import {
  createPrivateFile,
  deriveKey,
  KeyFileError,
  readKeystore,
  SCRYPT_N,
  sealSecret,
} from './keystore-file.ts'
import { removeMarker, writeMarker } from './password-marker.ts'

/**
 * Puts several keystores under a new password, as one change as far as a file system can.
 *
 * Everything that can fail is done first: every file is opened, and its successor written beside it and synced. Then a marker says
 * what the new files are, and they are renamed into place one after the other. A crash before the marker changes nothing; one after
 * it leaves each file under one of the two passwords, which the marker tells, and the same change done again finishes it, because a
 * file that opens with the new password already is left alone.
 */
export interface PasswordChange {
  /** Files that are under the new password now and were not before. */
  readonly changed: readonly string[]
  /** Files that were already. */
  readonly already: readonly string[]
}

export interface PasswordChangeOptions {
  readonly oldPassword: string
  readonly newPassword: string
  /** Cost of guessing the new password, a power of two. */
  readonly scryptN?: number
  /** Milliseconds since 1970. */
  readonly startedMs: number
}

export interface PasswordChangeComponents {
  /** The step between two of which the machine may stop. */
  readonly rename?: (from: string, to: string) => Promise<void>
  /**
   * Asked when the marker is there and every file is still as it was; what it throws ends the change there. A node looks for the marker
   * once it is seen to run, so one of the two hears of the other, whoever comes first.
   */
  readonly beforeRenaming?: () => Promise<void>
}

interface Opened {
  readonly path: string
  readonly secret: Uint8Array
  readonly publicKey: Uint8Array
  readonly description: string
}

interface Successor {
  readonly path: string
  readonly temporary: string
  readonly uuid: string
}

/**
 * @param paths keystores of any kind
 * @throws KeyFileError before anything is changed: WRONG_PASSWORD naming every file that opens with neither, EMPTY_PASSWORD, or
 * whatever is wrong with a file; UNWRITABLE, which says how far it came
 */
export async function changePassword(
  paths: readonly string[],
  options: PasswordChangeOptions,
  components: PasswordChangeComponents = {},
): Promise<PasswordChange> {
  if (passwordBytes(options.newPassword).length === 0)
    throw new KeyFileError('EMPTY_PASSWORD', 'The new password is empty.')
  const directories = [...new Set(paths.map(path => dirname(path)))]
  const { opened, already } = await openAll(paths, options)
  const successors = await writeSuccessors(opened, options)
  for (const directory of directories) {
    const here = successors.filter(({ path }) => dirname(path) === directory)
    const uuids = Object.fromEntries(here.map(({ path, uuid }) => [basename(path), uuid]))
    if (here.length > 0) await writeMarker(directory, { startedMs: options.startedMs, uuids })
  }
  try {
    await components.beforeRenaming?.()
  } catch (error) {
    for (const { temporary } of successors) await rm(temporary, { force: true })
    // Where an earlier change was interrupted, it is not over.
    if (already.length === 0) for (const directory of directories) await removeMarker(directory)
    throw error
  }
  await putInPlace(successors, components.rename ?? rename)
  for (const directory of directories) await removeMarker(directory)
  return { changed: successors.map(({ path }) => path), already }
}

async function openAll(paths: readonly string[], { oldPassword, newPassword }: PasswordChangeOptions) {
  const derivedKeys = new Map<string, Promise<Uint8Array>>()
  const derive = (kdf: Kdf, password: string): Promise<Uint8Array> => {
    const name = JSON.stringify([{ ...kdf, salt: toHex(kdf.salt) }, password])
    const known = derivedKeys.get(name) ?? deriveKey(kdf, password)
    derivedKeys.set(name, known)
    return known
  }
  const opened: Opened[] = []
  const already: string[] = []
  const closed: string[] = []
  for (const path of paths) {
    const keystore = await readKeystore(path)
    const open = async (password: string): Promise<Uint8Array | null> => {
      try {
        return openKeystore(keystore, await derive(keystore.kdf, password), publicKeyFunctionOf(keystore))
      } catch (error) {
        if (!(error instanceof KeystoreError)) throw error
        if (error.code === 'WRONG_PASSWORD') return null
        throw new KeyFileError(error.code, `The key file "${path}" cannot be used: ${error.message}.`)
      }
    }
    const secret = await open(oldPassword)
    const { publicKey, description } = keystore
    if (secret !== null) opened.push({ path, secret, publicKey, description })
    else if ((await open(newPassword)) !== null) already.push(path)
    else closed.push(path)
  }
  if (closed.length === 0) return { opened, already }
  for (const { secret } of opened) secret.fill(0)
  const files = closed.map(path => `"${path}"`).join(', ')
  throw new KeyFileError(
    'WRONG_PASSWORD',
    `Neither the old nor the new password opens ${files}; nothing was changed.`,
  )
}

/** One salt for all, so that a node derives one key from its password when it starts; each has an initial counter of its own. */
async function writeSuccessors(
  opened: readonly Opened[],
  { newPassword, scryptN = SCRYPT_N }: PasswordChangeOptions,
): Promise<readonly Successor[]> {
  const kdf = scryptKdf({ n: scryptN, salt: randomBytes(32) })
  const derivedKey = opened.length === 0 ? new Uint8Array(0) : await deriveKey(kdf, newPassword)
  const successors: Successor[] = []
  try {
    for (const { path, ...secret } of opened) {
      const { text, uuid } = sealSecret(secret, kdf, derivedKey)
      secret.secret.fill(0)
      const temporary = join(dirname(path), `.password-change.${basename(path)}.tmp`)
      successors.push({ path, temporary, uuid })
      await rm(temporary, { force: true }) // of a change that was interrupted
      await createPrivateFile(temporary, text)
    }
    return successors
  } catch (error) {
    for (const { temporary } of successors) await rm(temporary, { force: true })
    const last = present(successors.at(-1), 'a file that was being written')
    const message = `The key file "${last.path}" cannot be written anew: ${messageOf(error)}; nothing was changed.`
    throw new KeyFileError('UNWRITABLE', message, { cause: error })
  }
}

async function putInPlace(
  successors: readonly Successor[],
  renameFile: NonNullable<PasswordChangeComponents['rename']>,
): Promise<void> {
  for (const [i, { path, temporary }] of successors.entries()) {
    try {
      await renameFile(temporary, path)
      await syncDirectory(dirname(path))
    } catch (error) {
      const names = (list: readonly Successor[]) => list.map(({ path }) => `"${path}"`).join(', ') || 'none'
      const message =
        `The change of passwords was interrupted at "${path}" (${messageOf(error)}). Under the new password: ` +
        `${names(successors.slice(0, i))}; under the old one: ${names(successors.slice(i))}. Do the same again to finish it.`
      throw new KeyFileError('UNWRITABLE', message, { cause: error })
    }
  }
}
