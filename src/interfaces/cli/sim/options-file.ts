/** Worlds as files: those in test/sim/regressions, and those that a sweep saved. */
import { mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, messageOf } from '../../../lib/thrown.ts'
import type { SimulationOptions } from '../../../sim/options.ts'
import type { Violation } from '../../../sim/watch.ts'
import { makeDirectory } from '../directory.ts'
import { CommandError, EXIT } from '../failure.ts'

/** The options in a file as `saveWorld` writes it, or in one that holds nothing else; nothing of them is checked yet. */
export function readOptionsFile(path: string): Readonly<Record<string, unknown>> {
  const value = parse(path)
  const options = isRecord(value) && isRecord(value.options) ? value.options : value
  if (!isRecord(options))
    throw new CommandError(EXIT.usage, `the file ${path} is no world: it holds no object`)
  return options
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CommandError(EXIT.usage, `the file ${path} cannot be read as JSON: ${messageOf(error)}`)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Makes the directory and writes into it, so that a long run does not find out at its first failure that it cannot keep it.
 * @throws CommandError
 */
export function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory)
    rmdirSync(mkdtempSync(join(directory, '.probe-')))
  } catch (error) {
    throw new CommandError(
      EXIT.storage,
      `worlds that fail cannot be saved in ${directory}: ${messageOf(error)}; give --save a directory that can be written`,
    )
  }
}

/** What test/sim/regressions takes as it is, once the sentence says more. */
export function worldFile(options: SimulationOptions, violations: readonly Violation[]): string {
  const sentence = violations.map(({ checker, text }) => `${checker}: ${text}`)[0] ?? ''
  return `${JSON.stringify({ sentence, options }, null, 2)}\n`
}

/**
 * The directory is made when it is not there any more, also when it goes at this very moment.
 * @returns the file's path
 * @throws CommandError
 */
export function saveWorld(
  directory: string,
  options: SimulationOptions,
  violations: readonly Violation[],
): string {
  const path = join(directory, `seed-${options.seed}.json`)
  const text = worldFile(options, violations)
  try {
    if (!isWritten(path, text)) {
      makeDirectory(directory)
      writeFileSync(path, text)
    }
  } catch (error) {
    throw new CommandError(EXIT.storage, `the file ${path} cannot be written: ${messageOf(error)}`)
  }
  return path
}

/** @returns false when there is no directory for it */
function isWritten(path: string, text: string): boolean {
  try {
    writeFileSync(path, text)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
