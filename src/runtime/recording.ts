import { sha256 } from '../crypto/hash.ts'
import { equalBytes, fromHex, toHex, utf8 } from '../lib/bytes.ts'
import type { ReplicaConfig } from '../pbft/config.ts'
import { describeEffect } from '../pbft/describe.ts'
import type { Effect } from '../pbft/effect.ts'
import type { Event } from '../pbft/event.ts'
import { type Digest, digest, type Proof } from '../pbft/types.ts'

/**
 * What went into a replica's core and what came out of it, as text, one step a line, so that the same steps can be taken again elsewhere.
 *
 * The first line says of which replica. Values are JSON with bytes as hexadecimal digits; a signed message stands in `proofs` of the line
 * where it is first seen and is named by its number from then on, for so long as it is one of the last `PROOFS_NAMED_MAX`.
 * Of effects the line has one sentence each for people and one digest over everything in them for machines. Every line ends with a check
 * over itself and the one before.
 */
export const RECORDING_FORMAT = 'quorate-recording/1'

export interface RecordingHeader {
  readonly format: typeof RECORDING_FORMAT
  /** Milliseconds since 1970. */
  readonly startedMs: number
  readonly config: ReplicaConfig
}

/** What a step came to: its effects, or how the core broke. */
export type StepOutcome =
  | { readonly effects: readonly string[]; readonly digest: string }
  | { readonly thrown: string }

export interface RecordedStep {
  /** From 1. */
  readonly number: number
  /** The replica's clock, milliseconds since 1970. */
  readonly atMs: number
  readonly event: Event
  readonly outcome: StepOutcome
}

/** The recording is not what it should be, or of another version. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
}

const PROOFS_NAMED_MAX = 4_096
/** By whoever reads: what a line names may have been pushed out by what is defined in the same line. */
const PROOFS_KEPT = 2 * PROOFS_NAMED_MAX
const CHECK = ',"check":"'
const CHECK_LENGTH = 12

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

interface WireProof {
  readonly hash: string
  readonly bytes: string
  readonly attachments: readonly number[]
}

interface WireStep {
  readonly step: number
  readonly atMs: number
  readonly proofs?: readonly WireProof[]
  readonly event: Json
  readonly effects?: readonly string[]
  readonly digest?: string
  readonly thrown?: string
}

export function outcomeOf(effects: readonly Effect[]): StepOutcome {
  return effects.length === 0 ? NOTHING : { effects: effects.map(describeEffect), digest: digestOf(effects) }
}

function digestOf(effects: readonly Effect[]): string {
  return toHex(sha256(utf8(canonical(effects))).subarray(0, 16))
}

/** What comes of most events: one vote more, which decides nothing. */
const NOTHING: StepOutcome = { effects: [], digest: digestOf([]) }

/** Turns steps into lines, in their order, after the header. */
export class StepEncoder {
  /** Oldest first. */
  readonly #named = new Map<Digest, { readonly number: number; readonly proof: Proof }>()
  #proofs = 0
  #fresh: WireProof[] = []
  #check = ''

  header(header: RecordingHeader): string {
    return this.#checked(header)
  }

  line({ number, atMs, event, outcome }: RecordedStep): string {
    this.#fresh = []
    const encoded = this.#encode(event)
    const proofs = this.#fresh.length === 0 ? {} : { proofs: this.#fresh }
    return this.#checked({ step: number, atMs, ...proofs, event: encoded, ...outcome } satisfies WireStep)
  }

  #checked(value: RecordingHeader | WireStep): string {
    const text = JSON.stringify(value).slice(0, -1)
    this.#check = checkOf(text, this.#check)
    return `${text}${CHECK}${this.#check}"}`
  }

  #encode(value: unknown): Json {
    if (typeof value !== 'object' || value === null) return value as Json
    if (value instanceof Uint8Array) return { $bytes: toHex(value) }
    if (Array.isArray(value)) return value.map(item => this.#encode(item))
    if (isProof(value)) return { $proof: this.#name(value) }
    const fields: Record<string, Json> = {}
    for (const [name, field] of Object.entries(value))
      if (field !== undefined) fields[name] = this.#encode(field)
    return fields
  }

  #name(proof: Proof): number {
    const known = this.#named.get(proof.hash)
    if (known !== undefined && isSame(known.proof, proof) && known.number > this.#proofs - PROOFS_NAMED_MAX)
      return known.number
    const attachments = proof.attachments.map(attachment => this.#name(attachment))
    const number = ++this.#proofs
    this.#named.delete(proof.hash)
    this.#named.set(proof.hash, { number, proof })
    if (this.#named.size > PROOFS_NAMED_MAX)
      for (const oldest of this.#named.keys()) {
        this.#named.delete(oldest)
        break
      }
    this.#fresh.push({ hash: proof.hash, bytes: toHex(proof.bytes), attachments })
    return number
  }
}

/** Turns lines back into the header and steps, in their order. */
export class StepDecoder {
  readonly #named = new Map<number, Proof>()
  #proofs = 0
  #check = ''

  /** @throws RecordingError */
  header(line: string): RecordingHeader {
    const header = this.#checked(line)
    if (header.format !== RECORDING_FORMAT)
      throw new RecordingError(
        `its format is ${JSON.stringify(header.format ?? null)}, and this program reads "${RECORDING_FORMAT}"`,
      )
    if (!isRecord(header.config)) throw new RecordingError('it does not say of which replica it is')
    return header as unknown as RecordingHeader
  }

  /** @throws RecordingError */
  step(line: string): RecordedStep {
    const wire = this.#checked(line) as unknown as WireStep
    if (typeof wire.step !== 'number' || typeof wire.atMs !== 'number' || !isRecord(wire.event))
      throw new RecordingError('it is no step')
    for (const { hash, bytes, attachments } of wire.proofs ?? []) {
      const known = attachments.map(number => this.#proof(number))
      this.#named.set(++this.#proofs, { hash: digest(hash), bytes: bytesOf(bytes), attachments: known })
      this.#named.delete(this.#proofs - PROOFS_KEPT)
    }
    const { step: number, atMs, thrown, effects, digest: sum } = wire
    const event = this.#decode(wire.event) as unknown as Event
    if (thrown !== undefined) return { number, atMs, event, outcome: { thrown } }
    if (!Array.isArray(effects) || typeof sum !== 'string')
      throw new RecordingError('it does not say what came of it')
    return { number, atMs, event, outcome: { effects: effects as readonly string[], digest: sum } }
  }

  #decode(value: Json): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(item => this.#decode(item))
    const record = value as { readonly [name: string]: Json }
    if (typeof record.$bytes === 'string') return bytesOf(record.$bytes)
    if (typeof record.$proof === 'number') return this.#proof(record.$proof)
    return Object.fromEntries(Object.entries(record).map(([name, field]) => [name, this.#decode(field)]))
  }

  /** What the line says, if it and all before it are as they were written. */
  #checked(line: string): { readonly [name: string]: Json } {
    const value = parse(line)
    const text = line.slice(0, -(CHECK.length + CHECK_LENGTH + 2))
    const check = checkOf(text, this.#check)
    if (value.check !== check) throw new RecordingError('it is not as it was written')
    this.#check = check
    return value
  }

  #proof(number: number): Proof {
    const proof = this.#named.get(number)
    if (proof === undefined) throw new RecordingError(`it names a signed message ${number} that is not there`)
    return proof
  }
}

function checkOf(text: string, before: string): string {
  return toHex(sha256(utf8(before + text))).slice(0, CHECK_LENGTH)
}

function parse(line: string): { readonly [name: string]: Json } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new RecordingError('it is not JSON')
  }
  if (!isRecord(value)) throw new RecordingError('it is no object')
  return value as { readonly [name: string]: Json }
}

function bytesOf(hex: string): Uint8Array {
  try {
    return fromHex(hex)
  } catch {
    throw new RecordingError('its bytes are not in hexadecimal digits')
  }
}

/** One text for one value: names in order, what is undefined left out, signed messages by their hashes. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (isProof(value)) return `${value.hash}${canonical(value.attachments)}`
  const record = value as Readonly<Record<string, unknown>>
  const fields = Object.keys(record)
    .filter(name => record[name] !== undefined)
    .sort()
  return `{${fields.map(name => `${name}:${canonical(record[name])}`).join(',')}}`
}

function isProof(value: object): value is Proof {
  return 'hash' in value && 'bytes' in value && 'attachments' in value
}

function isSame(a: Proof, b: Proof): boolean {
  if (a === b) return true
  return (
    a.hash === b.hash &&
    equalBytes(a.bytes, b.bytes) &&
    a.attachments.length === b.attachments.length &&
    a.attachments.every((one, i) => isSame(one, b.attachments[i] as Proof))
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
