import { toHex } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import { describeMessage, short } from '../pbft/describe.ts'
import { digest, type Verified } from '../pbft/types.ts'
import { decodeBatch } from '../wire/batch.ts'
import { EnvelopeDecoder } from '../wire/decode.ts'
import { openEnvelope } from '../wire/envelope.ts'
import {
  BatchAnswer,
  BatchRequest,
  EntriesAnswer,
  EntriesRequest,
  SnapshotRequest,
} from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import type { Letter, Witness } from './witness.ts'

/**
 * A world as a text to read: who said what to whom, when, and how long it was on its way, one line a message whoever it goes to; between
 * them what befell members, and what they wrote into their logs.
 */
export interface Conversation extends Witness {
  loggerOf(member: number): Logger
  /** Writes what is still held back. */
  end(): void
}

/** Lines up in its column up to so many milliseconds of virtual time. */
const TIME_WIDTH = 10
/** Of envelopes that are sent again. */
const RELAYED_SHOWN = 4
const LIMITS = { batchBytesMax: 2 ** 26, batchTransactionsMax: 2 ** 20, operationBytesMax: 2 ** 26 }

/** @param write one line, without its end */
export function createConversation(
  scope: Scope,
  nowMs: () => number,
  write: (line: string) => void,
): Conversation {
  let held: Letter[] = []
  let heldAtMs = 0

  function say(atMs: number, who: string, what: string): void {
    write(`${(atMs / 1_000).toFixed(4).padStart(TIME_WIDTH)}  ${who}  ${what}`)
  }

  function release(): void {
    const [first] = held
    if (first === undefined) return
    const receivers = held.map(
      ({ to, delayMs }) => `${to} ${delayMs === null ? 'lost' : `+${time(delayMs)}`}`,
    )
    held = []
    say(heldAtMs, `${first.from} ->`, `${describeLetter(scope, first)}  [${receivers.join(', ')}]`)
  }

  return {
    onLetter(letter) {
      const [first] = held
      const isSame =
        first !== undefined &&
        heldAtMs === nowMs() &&
        first.from === letter.from &&
        first.bytes === letter.bytes &&
        first.kind === letter.kind
      if (!isSame) release()
      heldAtMs = nowMs()
      held.push(letter)
    },
    onEvent(member, text) {
      release()
      say(nowMs(), member === null ? '*   ' : `${member} **`, text)
    },
    loggerOf(member) {
      const log =
        (level: string) =>
        (data: object, message: string): void => {
          release()
          const values = Object.entries(data).map(([name, value]) => ` ${name}=${valueText(value)}`)
          say(nowMs(), `${member} ..`, `${level}${message}${values.join('')}`)
        }
      return { debug: log(''), info: log(''), warn: log('warning: '), error: log('error: ') }
    },
    end: release,
  }
}

function time(delayMs: number): string {
  return delayMs < 10 ? delayMs.toFixed(1) : delayMs.toFixed(0)
}

function valueText(value: unknown): string {
  return value instanceof Error ? `"${value.message}"` : (JSON.stringify(value) ?? String(value))
}

function describeLetter(scope: Scope, { kind, bytes }: Letter): string {
  if (kind === 'batch') return describeBatch(scope, bytes ?? new Uint8Array(0))
  if (kind === 'consensus') return describeEnvelope(scope, bytes ?? new Uint8Array(0))
  if (kind === 'certificate') return 'a partial signature'
  if ('request' in kind) return `asks for ${describeRequest(kind.request, bytes ?? new Uint8Array(0))}`
  if (bytes === null) return `refuses ${kind.answer}`
  return `answers ${describeAnswer(kind.answer, bytes)}`
}

/** What is attached is only counted, unless it is all there is: then somebody sends again what others may have missed. */
function describeEnvelope(scope: Scope, bytes: Uint8Array): string {
  const opened = openEnvelope(scope, bytes)
  if (isRejection(opened)) return `what nobody can read: ${opened.code}`
  const { main, attachments } = opened
  const decoder = new EnvelopeDecoder(scope, 0, [...attachments, main])
  const messages = decoder.messages(main)
  if (messages === null) return 'something malformed'
  if (messages.length > 0) {
    const attached = attachments.length === 0 ? '' : ` (${attachments.length} attached)`
    return `${messages.map(textOf).join('; ')}${attached}`
  }
  const again = attachments.slice(0, RELAYED_SHOWN).flatMap(one => decoder.messages(one) ?? [])
  const rest = attachments.length > RELAYED_SHOWN ? `; and ${attachments.length - RELAYED_SHOWN} more` : ''
  return `again ${again.map(one => `${one.sender}'s ${textOf(one)}`).join('; ')}${rest}`
}

/** Whether a proposal is timely is for its receivers to judge. */
function textOf({ message }: Verified): string {
  return describeMessage(message.type === 'pre-prepare' ? { ...message, timely: true } : message)
}

function describeBatch(scope: Scope, bytes: Uint8Array): string {
  const batch = decodeBatch(scope, LIMITS, bytes)
  if (isRejection(batch)) return `a batch that nobody can read: ${batch.code}`
  const ids = batch.transactions.map(({ id }) => short(id))
  return `batch ${short(batch.digest)} of ${batch.author}: ${ids.join(' ')}`
}

function describeRequest(protocol: string, bytes: Uint8Array): string {
  return orUnreadable(() => {
    if (protocol === 'batch') return `batches ${hexes(BatchRequest.decode(bytes).digests)}`
    if (protocol === 'entries') {
      const { from, to } = EntriesRequest.decode(bytes)
      return `entries n${from} to n${to}`
    }
    if (protocol !== 'snapshot') return protocol
    const { sequence, part, index } = SnapshotRequest.decode(bytes)
    return `the snapshot at n${sequence}, part ${part}, chunk ${index}`
  })
}

function describeAnswer(protocol: string, bytes: Uint8Array): string {
  return orUnreadable(() => {
    if (protocol === 'batch') return `${BatchAnswer.decode(bytes).batches.length} batches`
    if (protocol !== 'entries') return `${protocol}: ${bytes.length} bytes`
    const { entries, snapshot } = EntriesAnswer.decode(bytes)
    if (entries.length === 0)
      return snapshot === undefined
        ? 'no entries'
        : `no entries, and a snapshot at n${snapshot.statement?.sequence}`
    return `entries n${entries[0]?.proposal?.sequence} to n${entries.at(-1)?.proposal?.sequence}`
  })
}

function orUnreadable(read: () => string): string {
  const decoded = decodeOr('malformed', () => ({ text: read() }))
  return isRejection(decoded) ? 'something malformed' : decoded.text
}

function hexes(digests: readonly Uint8Array[]): string {
  return digests.map(bytes => short(digest(toHex(bytes)))).join(' ')
}

/** The last lines of a long text. */
export function createTail(linesMax: number): { write(line: string): void; lines(): readonly string[] } {
  let lines: string[] = []
  return {
    write(line) {
      lines.push(line)
      if (lines.length >= 2 * linesMax) lines = lines.slice(-linesMax)
    },
    lines: () => lines.slice(-linesMax),
  }
}
