/** Worlds as files: those in test/sim/regressions, and those that a sweep saved. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawOptions, type SimulationOptions } from '../../../sim/options.ts'
import type { Violation } from '../../../sim/watch.ts'
import { CommandError, EXIT } from '../failure.ts'

/** Each name that a world may have, with a value of its kind: not every world has all. */
const KNOWN: Readonly<Record<string, unknown>> = Object.assign(
  {},
  ...Array.from({ length: 64 }, (_, seed) => drawOptions(seed)),
)

/** @param given names and values as a person wrote them */
export function changesFrom(given: Readonly<Record<string, unknown>>): Partial<SimulationOptions> {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in KNOWN))
      throw new CommandError(
        EXIT.usage,
        `a world has no option "${name}"; allowed: ${Object.keys(KNOWN).join(', ')}`,
      )
    assertLike(name, KNOWN[name], value)
  }
  return given as Partial<SimulationOptions>
}

/** What is drawn may be null in one world and not in the next, so only kinds that never change are compared. */
function assertLike(name: string, known: unknown, value: unknown): void {
  if (known === null || value === null) return
  const [expected, actual] = [kindOf(known), kindOf(value)]
  if (expected !== actual)
    throw new CommandError(
      EXIT.usage,
      `the option "${name}" of a world is ${JSON.stringify(value)}; allowed: ${expected}`,
    )
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A file as `saveWorld` writes it, or the bare options. */
export function readOptionsFile(path: string): SimulationOptions {
  const value = parse(path)
  const options = isRecord(value) && isRecord(value.options) ? value.options : value
  if (!isRecord(options) || typeof options.seed !== 'number' || typeof options.n !== 'number')
    throw new CommandError(
      EXIT.usage,
      `the file ${path} is no world: an object with at least seed and n is expected`,
    )
  return options as unknown as SimulationOptions
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(EXIT.usage, `the file ${path} cannot be read as JSON: ${why}`)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What test/sim/regressions takes as it is, once the sentence says more. */
export function worldFile(options: SimulationOptions, violations: readonly Violation[]): string {
  const sentence = violations.map(({ checker, text }) => `${checker}: ${text}`)[0] ?? ''
  return `${JSON.stringify({ sentence, options }, null, 2)}\n`
}

/** @returns the file's path */
export function saveWorld(
  directory: string,
  options: SimulationOptions,
  violations: readonly Violation[],
): string {
  const path = join(directory, `seed-${options.seed}.json`)
  try {
    mkdirSync(directory, { recursive: true })
    writeFileSync(path, worldFile(options, violations))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(EXIT.storage, `the file ${path} cannot be written: ${why}`)
  }
  return path
}
