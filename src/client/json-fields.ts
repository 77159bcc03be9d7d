import { fromHex, toHex } from '../lib/bytes.ts'
import { type Digest, digest } from '../pbft/types.ts'
import { fromBase64 } from './base64.ts'
import { LightClientError } from './light-client-error.ts'

/** Fields of JSON that nobody vouches for: each is there, of its kind and within its bound, or the whole is MALFORMED. */
export class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #where: string

  /** @param where what this is part of, for the message @throws LightClientError MALFORMED */
  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new LightClientError('MALFORMED', `${where} is not a JSON object`)
    this.#fields = value as Record<string, unknown>
    this.#where = where
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#fields[name], `${this.#where}.${name}`)
  }

  isNull(name: string): boolean {
    return this.#fields[name] === null
  }

  text(name: string, lengthMax: number): string {
    const value = this.#fields[name]
    if (typeof value === 'string' && value.length <= lengthMax) return value
    throw this.#fault(name, `is not a text of at most ${lengthMax} characters`)
  }

  count(name: string): number {
    const value = this.#fields[name]
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw this.#fault(name, 'is not a whole number from 0 to 2^53 - 1')
  }

  hex(name: string, lengthBytes: number): Uint8Array {
    return this.#hexOf(this.#fields[name], name, lengthBytes)
  }

  digest(name: string): Digest {
    return digest(toHex(this.hex(name, 32)))
  }

  base64(name: string, lengthMax: number): Uint8Array {
    const bytes = fromBase64(this.text(name, lengthMax))
    if (bytes === undefined) throw this.#fault(name, 'is not padded base64')
    return bytes
  }

  digests(name: string, countMax: number): readonly Uint8Array[] {
    return this.#list(name, countMax).map((item, i) => this.#hexOf(item, `${name}[${i}]`, 32))
  }

  objects(name: string, countMax: number): readonly JsonFields[] {
    return this.#list(name, countMax).map((item, i) => new JsonFields(item, `${this.#where}.${name}[${i}]`))
  }

  #list(name: string, countMax: number): readonly unknown[] {
    const value = this.#fields[name]
    if (Array.isArray(value) && value.length <= countMax) return value
    throw this.#fault(name, `is not a list of at most ${countMax}`)
  }

  #hexOf(value: unknown, name: string, lengthBytes: number): Uint8Array {
    if (typeof value === 'string' && value.length === 2 * lengthBytes && /^[0-9a-fA-F]*$/.test(value))
      return fromHex(value)
    throw this.#fault(name, `is not ${2 * lengthBytes} hexadecimal digits`)
  }

  #fault(name: string, what: string): LightClientError {
    return new LightClientError('MALFORMED', `${this.#where}.${name} ${what}`)
  }
}
