import { InvalidArgumentError } from 'commander'
import { fromHex } from '../../lib/bytes.ts'

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

/** A parser for a flag's bytes. */
export function hexOf(length: number): (text: string) => Uint8Array {
  return text => {
    if (text.length === 2 * length && /^[0-9a-f]+$/i.test(text)) return fromHex(text)
    throw new InvalidArgumentError(`allowed: ${2 * length} hexadecimal digits.`)
  }
}
