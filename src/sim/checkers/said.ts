import type { Verified } from '../../pbft/types.ts'
import { EnvelopeDecoder } from '../../wire/decode.ts'
import { openEnvelope } from '../../wire/envelope.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Scope } from '../../wire/scope.ts'

/** What an envelope says, read once for all checkers and thrown away with its bytes. */
export interface Said {
  readonly hash: string
  readonly sender: number
  readonly messages: readonly Verified[]
  /** What it carries of what members said before; those that cannot be read left out. */
  readonly attached: readonly Verified[]
}

const read = new WeakMap<Uint8Array, Said | string>()

/** @returns why it cannot be read, where it cannot */
export function saidIn(scope: Scope, bytes: Uint8Array): Said | string {
  let said = read.get(bytes)
  if (said === undefined) {
    said = open(scope, bytes)
    read.set(bytes, said)
  }
  return said
}

function open(scope: Scope, bytes: Uint8Array): Said | string {
  const opened = openEnvelope(scope, bytes)
  if (isRejection(opened)) return opened.code
  const { main, attachments } = opened
  const decoder = new EnvelopeDecoder(scope, 0, [...attachments, main])
  const messages = decoder.messages(main)
  if (messages === null) return 'malformed'
  const attached = attachments.flatMap(envelope => decoder.messages(envelope) ?? [])
  return { hash: main.hash, sender: main.sender, messages, attached }
}
