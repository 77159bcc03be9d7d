import { InvalidArgumentError } from 'commander'

/** A parser for a flag's whole number. Its error says what is allowed. */
export function integerBetween(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`allowed: an integer from ${min} to ${max}.`)
  }
}

/** A parser for a flag's decimal number. */
export function numberBetween(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`allowed: a number from ${min} to ${max}.`)
  }
}
