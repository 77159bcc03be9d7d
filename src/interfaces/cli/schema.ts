/**
 * Schemas of what a person writes as JSON, and what is wrong with it, place by place. The error of each leaf says what is allowed there; that
 * of an object is the names in it.
 */
import { z } from 'zod'
import { ConfigError, type ConfigProblem } from '../../node/config-sources.ts'
import { nearestOf } from './nearest.ts'

export function integer(min: number, max: number) {
  const error = `an integer from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function number(min: number, max: number) {
  const error = `a number from ${min} to ${max}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

export function choice<const T extends string>(names: readonly T[]) {
  return z.enum(names, { error: names.join(', ') })
}

export function list<T extends z.ZodType>(item: T, most: number, what: string) {
  const error = `an array of at most ${most} ${what}`
  return z.array(item, { error }).max(most, { error })
}

export function object<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, { error: Object.keys(shape).join(', ') })
}

export const yesOrNo = z.boolean({ error: 'true or false' })

export function errorOf(what: string, problems: readonly ConfigProblem[]): ConfigError {
  return new ConfigError(
    `${what} has ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}:`,
    problems,
  )
}

/** One problem for each place: what stands there, and what may. */
export function problemsOf(error: z.ZodError, values: unknown): readonly ConfigProblem[] {
  const problems = error.issues.flatMap(({ path, message, ...issue }): readonly ConfigProblem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => unknownName([...path, key].join('.'), key, message.split(', ')))
    const found = lookUp(values, path)
    const problem =
      found === undefined
        ? 'is missing'
        : `${(JSON.stringify(found) ?? 'that').slice(0, 80)} is not acceptable`
    const isObject = issue.code === 'invalid_type' && issue.expected === 'object'
    return [
      {
        path: path.join('.') || 'the whole',
        problem,
        allowed: isObject ? `an object with ${message}` : message,
      },
    ]
  })
  return problems.filter(({ path }, i) => problems.findIndex(other => other.path === path) === i)
}

function unknownName(path: string, key: string, known: readonly string[]): ConfigProblem {
  const meant = nearestOf(key, known)
  const allowed = meant === null ? known.join(', ') : `${meant}, and ${known.length - 1} others`
  return { path, problem: 'is not an option', allowed }
}

function lookUp(values: unknown, path: readonly PropertyKey[]): unknown {
  let value = values
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key]
  }
  return value
}
