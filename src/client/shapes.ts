/**
 * What JSON of a node has to look like before anybody works with it: shapes say what is wrong with a value, and where, or that nothing is.
 * Fields that a shape does not name are left alone, since a newer node may say more.
 */
export interface Shape<T> {
  /** Null: the value is a `T`. Else what it is not, behind the path to the place, such as `.stall.code is not a text`. */
  fault(value: unknown): string | null
  /** Never there: ties the shape to its type. */
  readonly type?: T
}

/** A value after which no `Date` can follow. */
const TIME_MAX_MS = 8_640_000_000_000_000

const where = <T>(isOne: (value: unknown) => boolean, what: string): Shape<T> => ({
  fault: value => (isOne(value) ? null : ` is not ${what}`),
})

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** For who checks by other means. */
export const anything: Shape<unknown> = where(() => true, 'there')
export const text: Shape<string> = where(value => typeof value === 'string', 'a text')
export const flag: Shape<boolean> = where(value => typeof value === 'boolean', 'true or false')
export const amount: Shape<number> = where(value => Number.isFinite(value), 'a number')
export const count: Shape<number> = where(isCount, 'a whole number from 0 to 2^53 - 1')
export const timeMs: Shape<number> = where(
  value => isCount(value) && value <= TIME_MAX_MS,
  'a time in milliseconds',
)
/** For programs, and short enough to stand in a line for people. */
export const word: Shape<string> = where(
  value => typeof value === 'string' && /^[\w-]{0,64}$/.test(value),
  'a word of at most 64 letters, digits, "-" and "_"',
)

export function hex(lengthBytes: number): Shape<string> {
  const digits = new RegExp(`^[0-9a-fA-F]{${2 * lengthBytes}}$`)
  return where(
    value => typeof value === 'string' && digits.test(value),
    `${2 * lengthBytes} hexadecimal digits`,
  )
}

export function oneOf<T extends string | true>(...words: readonly T[]): Shape<T> {
  return where(value => (words as readonly unknown[]).includes(value), `one of: ${words.join(', ')}`)
}

/** The value, or nothing. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { fault: value => (value === null ? null : shape.fault(value)) }
}

/** Of a field that may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T> {
  return { fault: value => (value === undefined ? null : shape.fault(value)) }
}

export function list<T>(shape: Shape<T>, countMax = Number.POSITIVE_INFINITY): Shape<readonly T[]> {
  return {
    fault(value) {
      if (!Array.isArray(value)) return ' is not a list'
      if (value.length > countMax) return ` is a list of more than ${countMax}`
      for (const [i, item] of value.entries()) {
        const fault = shape.fault(item)
        if (fault !== null) return `[${i}]${fault}`
      }
      return null
    },
  }
}

/** Shapes of all fields of a type. */
export type Fields<T> = { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> }

export function object<T extends object>(fields: Fields<T>): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(fields)
  return {
    fault(value) {
      if (!isRecord(value)) return ' is not an object'
      for (const [name, shape] of shapes) {
        const fault = shape.fault(Object.hasOwn(value, name) ? value[name] : undefined)
        if (fault !== null) return `.${name}${fault}`
      }
      return null
    },
  }
}

/** Objects of several kinds. @param name of the field that says which */
export function variants<K extends string, T extends { readonly [key in K]: string }>(
  name: K,
  kinds: { readonly [Kind in T[K]]: Shape<Extract<T, { readonly [key in K]: Kind }>> },
): Shape<T> {
  const shapes = new Map<unknown, Shape<unknown>>(Object.entries<Shape<unknown>>(kinds))
  return {
    fault(value) {
      if (!isRecord(value)) return ' is not an object'
      const shape = shapes.get(value[name])
      return shape === undefined
        ? `.${name} is not one of: ${[...shapes.keys()].join(', ')}`
        : shape.fault(value)
    },
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
