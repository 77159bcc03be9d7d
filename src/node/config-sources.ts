/**
 * Puts a configuration together from file, environment and flags, later ones winning, and reports everything that is wrong
 * with it at once. The option `http.port` is a line of the file, the variable QUORATE_HTTP_PORT and the flag --http-port:
 * names are derived from the schema, never listed.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../lib/thrown.ts'
import { type NodeConfig, nodeConfigSchema, type OptionHelp, relationProblems } from './config.ts'

export interface ConfigProblem {
  /** Dotted path of the option, and where its value came from when that was not the file. */
  readonly path: string
  readonly problem: string
  readonly allowed: string
}

/** Says in its message everything that is wrong with a configuration or a file of the network, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]
  constructor(summary: string, problems: readonly ConfigProblem[] = []) {
    const lines = problems.map(({ path, problem, allowed }) => `\n  ${path}: ${problem}; allowed: ${allowed}`)
    super(summary + lines.join(''))
    this.problems = problems
  }
}

export interface Option extends OptionHelp {
  /** Path in the file, such as ['http', 'port']. */
  readonly path: readonly string[]
  readonly variable: string
  /** Without the leading hyphens. */
  readonly flag: string
}

const CONFIG_BYTES_MAX = 1_048_576
const LIST_ITEMS_MAX = 64

/** Every leaf of the schema, in its order. */
export const CONFIG_OPTIONS: readonly Option[] = leaves(nodeConfigSchema, [])

function leaves(schema: z.ZodType, path: readonly string[]): Option[] {
  const help = schema.meta() as OptionHelp | undefined
  if (help?.kind !== undefined) return [{ ...help, path, variable: variableOf(path), flag: flagOf(path) }]
  const inner = schema instanceof z.ZodPrefault ? (schema.unwrap() as z.ZodType) : schema
  if (!(inner instanceof z.ZodObject))
    throw new TypeError(`the option ${path.join('.')} says nothing of itself`)
  return Object.entries(inner.shape).flatMap(([key, child]) => leaves(child as z.ZodType, [...path, key]))
}

function words(path: readonly string[]): string[] {
  return path.flatMap(part => part.split(/(?=[A-Z])/))
}

function variableOf(path: readonly string[]): string {
  return ['QUORATE', ...words(path)].join('_').toUpperCase()
}

function flagOf(path: readonly string[]): string {
  return words(path).join('-').toLowerCase()
}

/**
 * @param file path of the JSON file, or null for none
 * @param environment variables of other names are left alone, those of ours must parse
 * @param flags text of each flag that was given, by its name without hyphens
 * @throws ConfigError naming every option that is wrong
 */
export function loadConfig(
  file: string | null,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>>,
): NodeConfig {
  const problems: ConfigProblem[] = []
  const values = file === null ? {} : readJsonObject(file, 'configuration')
  for (const option of CONFIG_OPTIONS) {
    const variable = environment[option.variable]
    if (variable !== undefined) place(values, option, variable, option.variable, problems)
    const flag = flags[option.flag]
    if (flag !== undefined) place(values, option, flag, `--${option.flag}`, problems)
  }
  const config = checkConfig(values, problems, file === null ? '' : ` ${file}`)
  return withAbsolutePaths(config, file === null ? process.cwd() : dirname(resolve(file)))
}

/**
 * @param problems what was found before; told together with what is found here
 * @param where follows "the configuration" in the message
 * @throws ConfigError
 */
export function checkConfig(values: object, problems: readonly ConfigProblem[] = [], where = ''): NodeConfig {
  const parsed = nodeConfigSchema.safeParse(values)
  const found = parsed.success ? relationProblems(parsed.data) : problemsOf(parsed.error, values)
  const all = [...problems, ...found]
  if (parsed.success && all.length === 0) return parsed.data
  throw new ConfigError(`the configuration${where} has ${count(all)}:`, all)
}

const count = (problems: readonly unknown[]): string =>
  problems.length === 1 ? '1 problem' : `${problems.length} problems`

type Tree = { [key: string]: unknown }

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sets one leaf from text. Text that is no value of the leaf's kind is a problem, and leaves the file's value standing. */
function place(values: Tree, option: Option, text: string, source: string, problems: ConfigProblem[]): void {
  const value = parseText(option, text)
  if (value === undefined) {
    problems.push({
      path: source,
      problem: `"${text.slice(0, 80)}" is not acceptable`,
      allowed: option.allowed,
    })
    return
  }
  let tree = values
  for (const key of option.path.slice(0, -1)) {
    const child = tree[key]
    const next: Tree = isTree(child) ? child : {}
    tree[key] = next
    tree = next
  }
  tree[option.path.at(-1) ?? ''] = value
}

function parseText(option: Option, text: string): unknown {
  switch (option.kind) {
    case 'text':
      return text
    case 'path':
      return text === '' ? undefined : resolve(text)
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'list': {
      const items = text.split(',').map(item => item.trim())
      return items.length > LIST_ITEMS_MAX ? undefined : items.filter(item => item !== '')
    }
  }
}

/** @throws ConfigError when the file cannot be read, is too large, or is not a JSON object */
export function readJsonObject(file: string, what: string): Tree {
  let value: unknown
  try {
    const { size } = statSync(file)
    if (size > CONFIG_BYTES_MAX)
      throw new ConfigError(`the ${what} ${file} is larger than ${CONFIG_BYTES_MAX} bytes`)
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    if (error instanceof SyntaxError)
      throw new ConfigError(`the ${what} ${file} is not JSON: ${error.message}`)
    const code = codeOf(error)
    if (code === 'ENOENT') throw new ConfigError(`there is no ${what} ${file}`)
    throw new ConfigError(`the ${what} ${file} cannot be read (${code ?? String(error)})`)
  }
  if (!isTree(value)) throw new ConfigError(`the ${what} ${file} is not a JSON object`)
  return value
}

/** One problem for each issue of zod, in our words: what stands there, and what may. */
function problemsOf(error: z.ZodError, values: unknown): ConfigProblem[] {
  return error.issues.flatMap(issue => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      const known = siblings(path).join(', ')
      const allowed = known === '' ? 'only keys that are known here' : known
      return issue.keys.map(key => ({ path: [...path, key].join('.'), problem: 'is not an option', allowed }))
    }
    const option = CONFIG_OPTIONS.find(({ path: known }) => known.every((part, i) => part === path[i]))
    const allowed = option?.allowed ?? `an object with ${siblings(path).join(', ')}`
    const found = lookUp(values, path)
    const problem =
      found === undefined ? 'is missing' : issue.code === 'custom' ? issue.message : describe(found)
    return [{ path: path.join('.') || 'the whole file', problem, allowed }]
  })
}

const describe = (value: unknown): string =>
  `${(JSON.stringify(value) ?? 'that').slice(0, 80)} is not acceptable`

function siblings(path: readonly string[]): string[] {
  const below = CONFIG_OPTIONS.filter(option => path.every((part, i) => part === option.path[i]))
  return [...new Set(below.map(option => option.path[path.length] ?? ''))]
}

function lookUp(values: unknown, path: readonly string[]): unknown {
  let value = values
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Tree)[key]
  }
  return value
}

function withAbsolutePaths(config: NodeConfig, base: string): NodeConfig {
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(base, path))
  const { passwordFile } = config.key
  return {
    ...config,
    directory: absolute(config.directory),
    genesis: absolute(config.genesis),
    key: {
      file: absolute(config.key.file),
      ...(passwordFile === undefined ? {} : { passwordFile: absolute(passwordFile) }),
    },
    application: { directory: absolute(config.application.directory) },
    ...(config.record === undefined ? {} : { record: absolute(config.record) }),
  }
}
