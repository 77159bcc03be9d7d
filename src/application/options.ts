/** Options from a genesis file, of unknown shape: every fault is a TypeError whose message names the option. */

/** @param known every other field is refused: a misspelt option would be an option that one replica has not */
export function recordOf(options: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (options === undefined || options === null) return {}
  if (typeof options !== 'object' || Array.isArray(options)) throw new TypeError('they are not an object')
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`"${unknown}" is none of ${known.join(', ')}`)
  return options as Readonly<Record<string, unknown>>
}

export function readSignatures({ signatures }: Readonly<Record<string, unknown>>): 'required' | 'none' {
  if (signatures === undefined || signatures === 'required') return 'required'
  if (signatures === 'none') return 'none'
  throw new TypeError('"signatures" is neither "required" nor "none"')
}
