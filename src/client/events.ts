/**
 * The node's stream of executed sequences, and of what becomes of the network's key, across broken connections: after each
 * reconnection it goes on where it stopped, and a `gap` tells what is no longer there.
 */
import type { GapJson, SequenceJson } from './api-types.ts'
import { QuorateClientError } from './error.ts'
import type { CertificateEventJson, KeyEventJson } from './key-types.ts'
import { readLines } from './lines.ts'
import { badAnswer } from './replies.ts'
import { type Transport, transportError } from './transport.ts'

export type ClientEvent =
  | { readonly type: 'executed'; readonly id: number; readonly info: SequenceJson }
  /** Events `from` to `to` are no longer in the node's history. */
  | { readonly type: 'gap'; readonly id: number; readonly from: number; readonly to: number }
  /** A step in the life of the network's key; after a broken connection it may come a second time. */
  | { readonly type: 'key'; readonly id: number; readonly info: KeyEventJson }
  /** A certificate under the network's key, as it comes; those that were missed are not told again. */
  | { readonly type: 'certificate'; readonly id: number; readonly info: CertificateEventJson }

export interface EventOptions {
  /** Start after this event; default: with the next one. */
  readonly afterId?: number
  readonly signal?: AbortSignal
  /** First pause before a reconnection, doubled up to ten times as long. Default 500. */
  readonly reconnectMs?: number
}

/** The node gives a sign of life every 15 seconds; a connection that is silent for longer is given up. */
const SILENCE_MAX_MS = 45_000

/** Ends only when the caller leaves. @throws QuorateClientError when aborted, or when the node refuses the request itself */
export async function* followEvents(
  transport: Transport,
  { afterId, signal, reconnectMs = 500 }: EventOptions,
): AsyncGenerator<ClientEvent, void, void> {
  const place = { lastId: afterId ?? null }
  let pauseMs = reconnectMs
  for (;;) {
    try {
      for await (const event of connection(transport, place, signal)) {
        pauseMs = reconnectMs
        yield event
      }
    } catch (error) {
      const { status = 503 } = error as QuorateClientError
      if (signal?.aborted || !(error instanceof QuorateClientError) || status < 500) throw error
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, reconnectMs * 10)
  }
}

/** One connection, until it ends or breaks. Keeps `place` up to date. */
async function* connection(
  transport: Transport,
  place: { lastId: number | null },
  signal: AbortSignal | undefined,
): AsyncGenerator<ClientEvent, void, void> {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  let timer = setTimeout(abort, SILENCE_MAX_MS)
  try {
    const query = place.lastId === null ? '' : `?after=${place.lastId}`
    const headers = { accept: 'text/event-stream' }
    const response = await transport.open(`/v1/events${query}`, { headers, signal: controller.signal })
    if (response.body === null) throw badAnswer()
    const parse = createEventParser(place)
    for await (const lines of readLines(response.body)) {
      clearTimeout(timer)
      for (const line of lines) {
        const event = parse(line)
        if (event !== null) yield event
      }
      timer = setTimeout(abort, SILENCE_MAX_MS)
    }
  } catch (error) {
    throw transportError(error, signal ?? null, 'CONNECTION_LOST', 'The connection broke off.')
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    controller.abort()
  }
}

/** Lines of an event stream -> events; HTML Living Standard §9.2.6, without what a node never sends. */
function createEventParser(place: { lastId: number | null }): (line: string) => ClientEvent | null {
  let id: number | null = null
  let type = ''
  let data = ''
  return line => {
    if (line.startsWith('id: ')) id = Number(line.slice(4))
    else if (line.startsWith('event: ')) type = line.slice(7)
    else if (line.startsWith('data: ')) data = line.slice(6)
    if (line !== '') return null
    if (id !== null) place.lastId = id
    const event = id === null || data === '' ? null : eventOf(id, type, data)
    id = null
    type = ''
    data = ''
    return event
  }
}

/** Unknown types are passed over: a newer node may send more. */
function eventOf(id: number, type: string, data: string): ClientEvent | null {
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch (cause) {
    throw badAnswer(cause)
  }
  if (type === 'executed') return { type, id, info: json as SequenceJson }
  if (type === 'key') return { type, id, info: json as KeyEventJson }
  if (type === 'certificate') return { type, id, info: json as CertificateEventJson }
  if (type !== 'gap') return null
  const { from, to } = json as GapJson
  return { type, id, from, to }
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer)
      reject(transportError(signal?.reason, signal ?? null, 'ABORTED', 'Aborted.'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted)
      resolve()
    }, delayMs)
    if (signal?.aborted) aborted()
    else signal?.addEventListener('abort', aborted, { once: true })
  })
}
