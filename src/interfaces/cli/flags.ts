import type { Command, Option } from 'commander'
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
  refuseUseless(flag, others.filter(name => given[name] !== undefined).map(flagOf))
}

/**
 * The same where flags have defaults.
 * @throws CommandError
 */
export function refuseGivenBeside(flag: string, command: Command, others: readonly string[]): void {
  const useless = givenIn(command).filter(option => others.includes(option.attributeName()))
  refuseUseless(flag, useless.map(nameOf))
}

/**
 * All flags that were given are refused but these.
 * @param others that mean something beside `flag`
 * @throws CommandError
 */
export function refuseAllBeside(flag: string, command: Command, others: readonly string[]): void {
  const useless = givenIn(command).filter(
    option => option.long !== flag && !others.includes(option.attributeName()),
  )
  refuseUseless(flag, useless.map(nameOf))
}

const givenIn = (command: Command): readonly Option[] =>
  command.options.filter(option => command.getOptionValueSource(option.attributeName()) === 'cli')

const nameOf = ({ long, flags }: Option): string => long ?? flags

function refuseUseless(flag: string, useless: readonly string[]): void {
  if (useless.length === 0) return
  const [does, it] = useless.length === 1 ? ['does', 'it'] : ['do', 'them']
  throw new CommandError(EXIT.usage, `${useless.join(', ')} ${does} nothing with ${flag}: leave ${it} out`)
}

/** `failFast` is `--fail-fast`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}
