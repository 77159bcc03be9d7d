import { randomBytes, randomUUID } from 'node:crypto'
import { basename, join } from 'node:path'
import { createSealingKey, NONCE_BYTES, type SealingKey } from '../crypto/sealed-secret.ts'
import { assert } from '../lib/assert.ts'
import { messageOf } from '../lib/thrown.ts'
import { StorageError, type Vault } from '../runtime/ports.ts'
import { KeyFileError } from './keystore-file.ts'
import { type SecretFiles, secretFiles } from './secret-files.ts'
import { shareFilePath } from './share-file.ts'
import { createShareKeystores, type ShareKeystoreOptions, type ShareKeystores } from './share-keystores.ts'

/**
 * A member's secrets in a directory: shares of the network's key as ERC-2335 keystores under the password of the identity key, what a
 * ceremony needs until it is over sealed under the identity itself. All are in memory once it is open, and each is a file of its
 * own.
 *
 * A file appears whole or not at all: written aside, synced, renamed. It disappears in two steps, because a crash must not leave one
 * that is half overwritten and looks damaged: first it is renamed to what is to be erased, then overwritten and deleted. Opening
 * finishes what a crash interrupted. File systems and disks that write elsewhere than they are told keep what was overwritten
 * until they use the place again; it is encrypted.
 *
 * The first failed step poisons the vault, as a failed write does the store.
 */
export interface FileVault extends Vault {
  /** Resolves when everything asked for before is done; wipes what is in memory. Idempotent. */
  close(): Promise<void>
}

export interface VaultOptions extends ShareKeystoreOptions {
  /** Made when it does not exist. */
  readonly directory: string
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** Of the identity, 32 bytes. */
  readonly seed: Uint8Array
}

const SECRET_BYTES_MAX = 65_536
/** Shares of a few epochs, and a ceremony's secrets; whoever keeps so many does not erase. */
const NAMES_MAX = 1_024
/** No dots: in a file's name they stand for the slashes. */
const NAME = /^[a-z0-9-]{1,32}(?:\/[a-z0-9-]{1,80}){0,3}$/
const SHARE_NAME = /^share\/([1-9]\d{0,14})$/
const SHARE_FILE = /^share.([1-9]\d{0,14})\.json$/
const SHARE_BYTES = 32
const SEALED_SUFFIX = '.sealed'
/** Of a file that is being written. */
const TEMPORARY_SUFFIX = '.tmp'
const ERASING_SUFFIX = '.erasing'

/** @throws KeyFileError, whose message names the file that cannot be used */
export async function openVault(options: VaultOptions, files: SecretFiles = secretFiles): Promise<FileVault> {
  const { directory } = options
  await files.makeDirectory(directory)
  const present = await files.list(directory)
  for (const file of present.filter(isLeftover)) await erase(files, directory, file)
  const shares = createShareKeystores(options)
  const sealing = createSealingKey(options.seed, options.networkId)
  const secrets = new Map<string, Uint8Array>()
  for (const file of present) {
    const name = nameOf(file)
    if (name === null) continue
    const path = join(directory, file)
    const content = await files.read(path)
    const isShare = epochOf(name) !== null
    secrets.set(name, isShare ? await shares.open(path, content) : unseal(path, name, content, sealing))
  }
  return new DirectoryVault(directory, secrets, { files, shares, sealing })
}

/** The file of a secret in the vault's directory. */
function fileOf(name: string): string {
  const epoch = epochOf(name)
  return epoch === null ? `${name.replaceAll('/', '.')}${SEALED_SUFFIX}` : basename(shareFilePath('', epoch))
}

/** @returns null when it is no file of a vault */
function nameOf(file: string): string | null {
  const [, epoch] = SHARE_FILE.exec(file) ?? []
  const name = epoch === undefined ? file.replace(SEALED_SUFFIX, '').replaceAll('.', '/') : `share/${epoch}`
  return isName(name) && fileOf(name) === file ? name : null
}

/** What begins as a share's name is one: no share is sealed otherwise than as a keystore. */
function isName(name: string): boolean {
  return NAME.test(name) && (!name.startsWith('share/') || epochOf(name) !== null)
}

/** @returns null when it is not the name of a share */
function epochOf(name: string): number | null {
  const [, epoch] = SHARE_NAME.exec(name) ?? []
  return epoch === undefined ? null : Number(epoch)
}

const isLeftover = (file: string): boolean => file.endsWith(TEMPORARY_SUFFIX) || file.endsWith(ERASING_SUFFIX)

interface VaultComponents {
  readonly files: SecretFiles
  readonly shares: ShareKeystores
  readonly sealing: SealingKey
}

type Done = (error: StorageError | null) => void

class DirectoryVault implements FileVault {
  readonly #directory: string
  readonly #secrets: Map<string, Uint8Array>
  readonly #components: VaultComponents
  #last: Promise<void> = Promise.resolve()
  #failure: StorageError | null = null

  constructor(directory: string, secrets: Map<string, Uint8Array>, components: VaultComponents) {
    this.#directory = directory
    this.#secrets = secrets
    this.#components = components
  }

  read(name: string): Uint8Array | undefined {
    return this.#secrets.get(name)?.slice()
  }

  write(name: string, secret: Uint8Array, done: Done): void {
    assert(isName(name), `${name} is no name of a secret`)
    assert(epochOf(name) === null || secret.length === SHARE_BYTES, 'a share has 32 bytes')
    assert(secret.length <= SECRET_BYTES_MAX, `a secret has at most ${SECRET_BYTES_MAX} bytes`)
    this.#secrets.get(name)?.fill(0)
    this.#secrets.set(name, secret.slice())
    assert(this.#secrets.size <= NAMES_MAX, `there are at most ${NAMES_MAX} secrets`)
    const copy = secret.slice()
    this.#enqueue(() => this.#store(name, copy), done)
  }

  erase(name: string, done: Done): void {
    assert(isName(name), `${name} is no name of a secret`)
    this.#secrets.get(name)?.fill(0)
    if (!this.#secrets.delete(name)) return this.#enqueue(() => Promise.resolve(), done)
    this.#enqueue(() => retire(this.#components.files, this.#directory, fileOf(name)), done)
  }

  names(): readonly string[] {
    return [...this.#secrets.keys()]
  }

  async close(): Promise<void> {
    await this.#last
    for (const secret of this.#secrets.values()) secret.fill(0)
    this.#secrets.clear()
  }

  #enqueue(work: () => Promise<void>, done: Done): void {
    this.#last = this.#last.then(async () => {
      try {
        if (this.#failure === null) await work()
      } catch (error) {
        const message = `the directory of keys "${this.#directory}" cannot be written: ${messageOf(error)}`
        this.#failure = new StorageError('WRITE_FAILED', message, { cause: error })
      }
      done(this.#failure)
    })
  }

  /** @param secret wiped when it is written */
  async #store(name: string, secret: Uint8Array): Promise<void> {
    const { files, shares, sealing } = this.#components
    const [file, directory] = [fileOf(name), this.#directory]
    const epoch = epochOf(name)
    const content =
      epoch === null ? sealing.seal(name, secret, randomBytes(NONCE_BYTES)) : await shares.seal(epoch, secret)
    secret.fill(0)
    const temporary = join(directory, `${file}.${randomUUID()}${TEMPORARY_SUFFIX}`)
    await files.create(temporary, content)
    await files.rename(temporary, join(directory, file))
    await files.syncDirectory(directory)
  }
}

async function retire(files: SecretFiles, directory: string, file: string): Promise<void> {
  const erasing = `${file}${ERASING_SUFFIX}`
  await files.rename(join(directory, file), join(directory, erasing))
  await files.syncDirectory(directory)
  await erase(files, directory, erasing)
}

async function erase(files: SecretFiles, directory: string, file: string): Promise<void> {
  const path = join(directory, file)
  await files.overwrite(path)
  await files.remove(path)
  await files.syncDirectory(directory)
}

function unseal(path: string, name: string, content: Uint8Array, sealing: SealingKey): Uint8Array {
  const secret = sealing.open(name, content)
  if (secret !== null) return secret
  const why = 'it is damaged, or was sealed for another identity, network or name'
  throw new KeyFileError('MALFORMED', `The secret "${path}" cannot be used: ${why}.`)
}
