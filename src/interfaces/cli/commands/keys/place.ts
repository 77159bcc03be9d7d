/** Where keys lie: the files that a node's configuration names, or whatever keystores a directory without one holds. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../../../../node/config-sources.ts'
import { CommandError, EXIT } from '../../failure.ts'
import { CONFIG_FILE, KEY_FILE } from '../../node-directory.ts'
import type { Terminal } from '../../terminal.ts'

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
  readonly genesisFile: string | null
}

/** Below a node's data directory. */
const SHARES = 'keys'

export function addPlaceOptions(command: Command): Command {
  return command
    .option(
      '--dir <directory>',
      `directory of a node (with ${CONFIG_FILE}), or any other with key files`,
      '.',
    )
    .option('--json', 'print JSON')
}

export function addPasswordOption(command: Command): Command {
  return command.option(
    '--password-file <file>',
    "file with the password of the keys; otherwise that of the node's configuration, QUORATE_PASSWORD, or the terminal is asked",
  )
}

/** @throws CommandError when the directory is not there, ConfigError when its configuration is wrong */
export function findPlace(flags: PlaceFlags, terminal: Terminal): KeyPlace {
  const { dir: directory, passwordFile } = flags
  if (!existsSync(directory))
    throw new CommandError(EXIT.usage, `there is no directory ${directory}: give --dir`)
  const configFile = join(directory, CONFIG_FILE)
  if (!existsSync(configFile)) {
    const identityFile = join(directory, KEY_FILE)
    return { directory, identityFile, shareDirectory: directory, passwordFile, genesisFile: null }
  }
  const config = loadConfig(configFile, terminal.environment, {})
  return {
    directory,
    identityFile: config.key.file,
    shareDirectory: join(config.directory, SHARES),
    passwordFile: passwordFile ?? config.key.passwordFile,
    genesisFile: config.genesis,
  }
}

/** Every file that could be a keystore: the identity first, shares by epoch. */
export async function keyFilesIn(place: KeyPlace): Promise<readonly string[]> {
  const here = await jsonFilesIn(place.directory)
  const shares = place.shareDirectory === place.directory ? [] : await jsonFilesIn(place.shareDirectory)
  const identity = existsSync(place.identityFile) ? [place.identityFile] : []
  return [...new Set([...identity, ...here, ...shares])]
}

async function jsonFilesIn(directory: string): Promise<readonly string[]> {
  if (!existsSync(directory)) return []
  const names = (await readdir(directory)).filter(name => name.endsWith('.json') && !name.startsWith('.'))
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map(name => join(directory, name))
}
