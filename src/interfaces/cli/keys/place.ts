/** Where keys lie: the files that a node's configuration names, or whatever keystores a directory without one holds. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { KEYSTORE_TEXT_BYTES_MAX, KeystoreError, parseKeystore } from '../../../crypto/keystore.ts'
import { loadConfig } from '../../../node/config-sources.ts'
import { shareDirectoryOf } from '../../../node/share-file.ts'
import { CommandError, EXIT } from '../failure.ts'
import { CONFIG_FILE, KEY_FILE } from '../node-directory.ts'
import { readPassword } from '../password.ts'
import type { Terminal } from '../terminal.ts'

export interface PlaceFlags {
  readonly dir: string
  readonly passwordFile?: string
  readonly json?: boolean
}

export interface KeyPlace {
  readonly directory: string
  readonly identityFile: string
  /** Of shares. Where there is no node it is the directory itself. */
  readonly shareDirectory: string
  /** As the flag or the configuration has it. */
  readonly passwordFile: string | undefined
  /** null where there is no node */
  readonly node: NodeOfPlace | null
}

interface NodeOfPlace {
  readonly genesisFile: string
  /** Named by its configuration: what each start reads. */
  readonly passwordFile: string | undefined
  readonly dataDirectory: string
}

/** @throws CommandError when the directory is not there, ConfigError when its configuration is wrong */
export function findPlace(flags: PlaceFlags, terminal: Terminal): KeyPlace {
  const { dir, passwordFile } = flags
  if (!existsSync(dir))
    throw new CommandError(EXIT.usage, `there is no directory ${dir}; --dir names another`)
  const directory = resolve(dir) // as paths in a configuration are, so that one file has one name
  const configFile = join(directory, CONFIG_FILE)
  if (!existsSync(configFile)) {
    const identityFile = join(directory, KEY_FILE)
    return { directory, identityFile, shareDirectory: directory, passwordFile, node: null }
  }
  const config = loadConfig(configFile, terminal.environment, {})
  return {
    directory,
    identityFile: config.key.file,
    shareDirectory: shareDirectoryOf(config.directory),
    passwordFile: passwordFile ?? config.key.passwordFile,
    node: {
      genesisFile: config.genesis,
      passwordFile: config.key.passwordFile,
      dataDirectory: config.directory,
    },
  }
}

/** Files that hold keys, or should: the identity first, then what else looks like a keystore or a key in plain text, shares by epoch. */
export async function keyFilesIn(place: KeyPlace): Promise<readonly string[]> {
  const { directory, shareDirectory, identityFile } = place
  const found = [...(await jsonFilesIn(directory)), ...(await jsonFilesIn(shareDirectory))]
  const files = [...(existsSync(identityFile) ? [identityFile] : []), ...found]
  return [...new Set(files.filter(path => isOwn(path, place) || looksLikeKey(path)))]
}

/** Whether a node takes the file for its own key. */
export function isOwn(path: string, { identityFile, shareDirectory, node }: KeyPlace): boolean {
  return path === identityFile || (node !== null && dirname(path) === shareDirectory)
}

/** Whoever may read it. */
function looksLikeKey(path: string): boolean {
  try {
    if (statSync(path).size > KEYSTORE_TEXT_BYTES_MAX) return false
    parseKeystore(readFileSync(path, 'utf8'))
    return true
  } catch (error) {
    return error instanceof KeystoreError && error.code === 'PLAINTEXT'
  }
}

async function jsonFilesIn(directory: string): Promise<readonly string[]> {
  if (!existsSync(directory)) return []
  const names = (await readdir(directory)).filter(name => name.endsWith('.json') && !name.startsWith('.'))
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map(name => join(directory, name))
}

/** @param name a path, or what keys list shows, with or without .json; identity names the identity's file */
export function fileNamed(name: string, place: KeyPlace): string {
  if (name === 'identity') return place.identityFile
  const { directory, shareDirectory } = place
  const ways = [join(directory, name), join(shareDirectory, name), name]
  const found = ways.flatMap(way => [way, `${way}.json`]).find(existsSync)
  if (found !== undefined) return found
  throw new CommandError(
    EXIT.usage,
    `there is no key file ${name} in ${directory}; quorate keys list shows them`,
  )
}

/** As people see it: below the directory that they named. */
export function shownName(path: string, place: KeyPlace): string {
  const below = relative(place.directory, path)
  return below === '' || below.startsWith('..') ? path : below
}

/** The one password of a directory's keys. @param confirm it is a new one */
export function placePassword(place: KeyPlace, terminal: Terminal, confirm = false): Promise<string> {
  return readPassword({
    passwordFile: place.passwordFile,
    environment: terminal.environment,
    confirm,
    keyFile: `the keys in ${place.directory}`,
    flag: '--password-file',
  })
}

/**
 * A node keeps its password, and the shares that it found when it started, in memory: what is changed below it, it does not see, and
 * may undo.
 * @throws CommandError when it has its database open, StorageError when nobody can tell
 */
export async function refuseWhileRunning({ node, directory }: KeyPlace): Promise<void> {
  if (node === null) return
  const { isNodeRunning } = await import('../../../node/database.ts')
  if (await isNodeRunning(node.dataDirectory))
    throw new CommandError(
      EXIT.storage,
      `the node of ${directory} runs, its database is in use: stop it first`,
    )
}

/** Before a password is asked for. @throws CommandError */
export function refuseExisting(path: string): void {
  if (existsSync(path)) throw new CommandError(EXIT.usage, `${path} exists already and is not overwritten`)
}

/** Where a key is about to be written: for its owner alone when it is made, durable, and otherwise as it is. */
export async function makeKeyDirectory(path: string): Promise<void> {
  if (existsSync(path)) return
  const { secretFiles } = await import('../../../node/secret-files.ts')
  await secretFiles.makeDirectory(path)
}
