import type { Topic } from '../../runtime/ports.ts'
import {
  BatchBody,
  EnvelopeBody,
  PartialBody,
  SignedBatch,
  SignedEnvelope,
  SignedPartial,
} from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import type { Behaviour, CreateBehaviour, Lair } from './behaviour.ts'

/** How far below the highest number of a member another one of its envelopes may lie and still be taken, and somewhat less. */
const NUMBERS_TAKEN = 8_000

/**
 * Numbers for what a faulty member signs besides its runtime. Others drop what lies far below the highest number that they know, and
 * what comes twice; so these lie just below the first number of the runtime, and when no room is left there, above the latest.
 */
class Numbering {
  #first = 0
  #latest = 0
  #below = 0
  #above = 0

  /** The runtime signed an envelope with this number. */
  note(number: number): void {
    if (number > this.#latest + NUMBERS_TAKEN) {
      this.#first = number
      this.#below = 0
      this.#above = 0
    }
    this.#latest = Math.max(this.#latest, number)
  }

  next(): number {
    const below = this.#first - 1 - this.#below
    if (below > Math.max(0, this.#latest - NUMBERS_TAKEN)) {
      this.#below += 1
      return below
    }
    this.#above = Math.max(this.#above, this.#latest + NUMBERS_TAKEN / 2) + 1
    return this.#above
  }
}

/** Others lie too, and links damage what they carry: behaviours hear only what has a form. Each array is looked at once. */
function createReadable(): (topic: Topic, bytes: Uint8Array) => boolean {
  const known = new WeakMap<Uint8Array, boolean>()
  return (topic, bytes) => {
    const before = known.get(bytes)
    if (before !== undefined) return before
    const read = decodeOr('malformed', () => READERS[topic](bytes))
    known.set(bytes, !isRejection(read))
    return !isRejection(read)
  }
}

const READERS: Readonly<Record<Topic, (bytes: Uint8Array) => object>> = {
  consensus: readEnvelope,
  batch: readBatch,
  certificate: bytes => PartialBody.decode(SignedPartial.decode(bytes).body),
}

function readEnvelope(bytes: Uint8Array): EnvelopeBody {
  const { body, attachments } = SignedEnvelope.decode(bytes)
  for (const attachment of attachments) readEnvelope(attachment)
  return EnvelopeBody.decode(body)
}

function readBatch(bytes: Uint8Array): BatchBody {
  return BatchBody.decode(SignedBatch.decode(bytes).body)
}

/** The behaviours of one faulty member, over one lair. */
export function createFaulty(
  behaviours: readonly (readonly [name: string, create: CreateBehaviour])[],
  lair: Omit<Lair, 'nextNumber' | 'did'>,
  onDone: (name: string, what: string) => void,
): readonly Behaviour[] {
  const numbering = new Numbering()
  const listener: Behaviour = {
    publish(outgoing) {
      if (outgoing.topic === 'consensus')
        numbering.note(EnvelopeBody.decode(SignedEnvelope.decode(outgoing.bytes).body).number)
      return [outgoing]
    },
  }
  const isReadable = createReadable()
  const created = behaviours.map(([name, create]): Behaviour => {
    const did = (what: string): void => onDone(name, what)
    const behaviour = create({ ...lair, nextNumber: () => numbering.next(), did })
    const hear = (topic: Topic, bytes: Uint8Array): void => {
      if (isReadable(topic, bytes)) behaviour.hear?.(topic, bytes)
    }
    return behaviour.hear === undefined ? behaviour : { ...behaviour, hear }
  })
  return created.length === 0 ? [] : [listener, ...created]
}
