/** Makes the directory of a new node: encrypted key, configuration, and the descriptor that may be shown to everybody. */
import { join, relative, resolve } from 'node:path'
import { createDescriptor, type MemberDescriptor } from '../../node/descriptor.ts'
import { markNeverStarted } from '../../node/first-start.ts'
import { writeKeyFile } from '../../node/key-file.ts'
import { createNativeSigner } from '../../node/native-ed25519.ts'
import { writeNewFile } from '../../node/new-file.ts'
import { makePrivateDirectory } from './directory.ts'

export const CONFIG_FILE = 'quorate.json'
export const KEY_FILE = 'key.json'
export const DESCRIPTOR_FILE = 'member.json'
const DATA_DIRECTORY = 'data'

export interface NodeDirectoryOptions {
  readonly directory: string
  readonly name: string
  /** Ed25519, 32 bytes. */
  readonly seed: Uint8Array
  readonly password: string
  /** Cost of guessing the password; default: that of the key file. */
  readonly scryptN?: number | undefined
  /** Written into the configuration when given: where the password is read from at each start. */
  readonly passwordFile?: string | undefined
  readonly genesisFile: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly bootstrap: readonly string[]
  readonly http: { readonly host: string; readonly port: number }
  /** More lines of the configuration. */
  readonly more?: object
}

/** @returns what others may know of the node @throws when one of the files exists already */
export async function createNodeDirectory(options: NodeDirectoryOptions): Promise<MemberDescriptor> {
  const { directory, name, seed, listen, announce } = options
  makePrivateDirectory(directory)
  await writeKeyFile(
    join(directory, KEY_FILE),
    seed,
    options.password,
    options.scryptN === undefined ? {} : { scryptN: options.scryptN },
  )
  await markNeverStarted(join(directory, DATA_DIRECTORY))
  const descriptor = createDescriptor(
    name,
    announce.length > 0 ? announce : listen.filter(isReachable),
    createNativeSigner(seed),
  )
  writeJson(join(directory, DESCRIPTOR_FILE), descriptor, 'member descriptor')
  writeNodeConfig(options)
  return descriptor
}

/** An address that names no interface or port helps nobody else. */
const isReachable = (address: string): boolean => !/\/(0\.0\.0\.0|::)\/|\/tcp\/0(\/|$)/.test(address)

/** Paths in the file are relative to it, so that the directory can be moved as a whole. */
function writeNodeConfig(options: NodeDirectoryOptions): void {
  const { directory, name, listen, announce, bootstrap, http, passwordFile, genesisFile } = options
  const pathFrom = (file: string): string => relative(resolve(directory), resolve(file))
  const config = {
    name,
    directory: DATA_DIRECTORY,
    genesis: pathFrom(genesisFile),
    key: { file: KEY_FILE, ...(passwordFile === undefined ? {} : { passwordFile: pathFrom(passwordFile) }) },
    listen,
    announce,
    bootstrap,
    http,
    ...options.more,
  }
  writeJson(join(directory, CONFIG_FILE), config, 'configuration')
}

function writeJson(file: string, value: unknown, what: string): void {
  writeNewFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o644, what })
}
