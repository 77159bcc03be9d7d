import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { codeOf, messageOf } from '../../lib/thrown.ts'
import { CommandError, EXIT } from './failure.ts'

/**
 * Makes a directory for its owner alone, and those above it that are missing.
 * @throws CommandError
 */
export function makePrivateDirectory(directory: string): void {
  try {
    makeDirectory(directory, 0o700)
  } catch (error) {
    throw new CommandError(
      EXIT.storage,
      `the directory ${directory} cannot be made: ${messageOf(error)}; give one that can be written`,
    )
  }
}

/**
 * Makes a directory, and those above it that are missing. Node's own recursion never ends where a file system answers that a directory
 * in it does not exist, as /proc does.
 * @throws what the file system says
 */
export function makeDirectory(directory: string, mode?: number): void {
  if (isDirectory(directory)) return
  const above = dirname(resolve(directory))
  if (above !== resolve(directory)) makeDirectory(above, mode)
  try {
    mkdirSync(directory, mode)
  } catch (error) {
    // Another process may have made it at this very moment.
    if (codeOf(error) !== 'EEXIST' || !isDirectory(directory)) throw error
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
