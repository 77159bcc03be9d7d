import { CommandError, EXIT } from './failure.ts'

/**
 * A flag that would do nothing is a mistake of whoever wrote it.
 * @param flag beside which none of `others` has a meaning, by the names that commander gives them
 * @throws CommandError
 */
export function refuseBeside<Flags extends object>(
  flag: string,
  given: Flags,
  others: readonly (keyof Flags & string)[],
): void {
  const useless = others.filter(name => given[name] !== undefined).map(flagOf)
  if (useless.length === 0) return
  const does = useless.length === 1 ? 'does' : 'do'
  throw new CommandError(EXIT.usage, `${useless.join(', ')} ${does} nothing with ${flag}: leave it out`)
}

/** `failFast` is `--fail-fast`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}
