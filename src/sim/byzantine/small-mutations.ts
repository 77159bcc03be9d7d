import { decodeStatement, plain } from '../../wire/convert.ts'
import type { EnvelopeBody, WireMessage } from '../../wire/pb/messages.ts'
import { statementBytes } from '../../wire/statement.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { attachmentsIn, envelopeIn, signEnvelope } from './forgery.ts'

/** From the envelope down: names of fields and places in lists. */
type Path = readonly (string | number)[]

interface Field {
  readonly path: Path
  readonly value: unknown
}

const EARLIER_MAX = 40

/**
 * Changes one field of what it says, by one or to what stood there earlier, or leaves one thing out of a list or says it twice,
 * signed anew: at a few moments only, so that all around stays as the protocol has it. After ByzzFuzz (Winter et al., OOPSLA 2023),
 * whose small mutations found what large ones hide. Aims at every comparison of a field, one at a time.
 */
export function createSmallMutations(lair: Lair): Behaviour {
  const { prng, scope, signer } = lair
  const earlier = new Map<string, unknown[]>()
  const share = prng.pick([0.05, 0.2, 0.5])

  function remember(fields: readonly Field[]): void {
    for (const { path, value } of fields) {
      const values = earlier.get(nameOf(path)) ?? []
      values.push(value)
      values.splice(0, values.length - EARLIER_MAX)
      earlier.set(nameOf(path), values)
    }
  }

  function other({ path, value }: Field): unknown {
    if (typeof value === 'boolean') return !value
    if (Array.isArray(value)) return prng.chance(0.5) ? value.slice(1) : [...value, ...value.slice(0, 1)]
    if (typeof value === 'number' && prng.chance(0.6)) return value + (value > 0 ? prng.pick([-1, 1]) : 1)
    return prng.pick(earlier.get(nameOf(path)) ?? [value])
  }

  /** What a member signs within a message is signed anew too, else nobody would read on. */
  function signedAnew(message: WireMessage): WireMessage {
    const statement = decodeStatement(message.checkpoint?.statement)
    if (message.checkpoint === undefined || statement === null) return message
    const signature = plain(signer.sign(statementBytes(scope, statement)))
    return { checkpoint: { ...message.checkpoint, signature } }
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      const envelope = envelopeIn(outgoing.bytes)
      const fields = fieldsOf(envelope.messages, ['messages'])
      remember(fields)
      if (fields.length === 0 || !prng.chance(share)) return [outgoing]
      const field = prng.pick(fields)
      const mutated = replaced(envelope, field.path, other(field)) as EnvelopeBody
      lair.did(nameOf(field.path))
      const messages = mutated.messages.map(signedAnew)
      const bytes = signEnvelope(lair, { ...mutated, messages }, attachmentsIn(outgoing.bytes))
      if (prng.chance(0.5)) return [{ ...outgoing, bytes }]
      const victim = prng.pick(outgoing.to)
      return [
        { ...outgoing, to: outgoing.to.filter(to => to !== victim) },
        { ...outgoing, to: [victim], bytes },
      ]
    },
  }
}

/** Numbers, flags, bytes, and lists that are not empty. */
function fieldsOf(value: unknown, path: Path): readonly Field[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object' || value instanceof Uint8Array) return [{ path, value }]
  const inside = Object.entries(value).flatMap(([name, part]) => fieldsOf(part, [...path, name]))
  return Array.isArray(value) && value.length > 0 && path.length > 1 ? [{ path, value }, ...inside] : inside
}

function replaced(whole: unknown, [name, ...rest]: Path, value: unknown): unknown {
  if (name === undefined) return value
  if (Array.isArray(whole))
    return whole.map((part, i) => (i === Number(name) ? replaced(part, rest, value) : part))
  const parts = whole as Readonly<Record<string, unknown>>
  return { ...parts, [name]: replaced(parts[name], rest, value) }
}

/** The same for the same field of any message. */
function nameOf(path: Path): string {
  return path
    .slice(1)
    .filter(part => Number.isNaN(Number(part)))
    .join('.')
}
