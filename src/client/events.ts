/**
 * The node's stream of executed sequences, and of what becomes of the network's key, across broken connections: after each
 * reconnection it goes on where it stopped, and a `gap` tells what is no longer there.
 */
import { badAnswer, certificateEventShape, checked, gapShape, keyEventOf, sequenceShape } from './answers.ts'
import type { SequenceJson } from './api-types.ts'
import { QuorateClientError } from './error.ts'
import type { CertificateEventJson, KeyEventJson } from './key-types.ts'
import { readLines } from './lines.ts'
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
      if (signal?.aborted || !(error instanceof QuorateClientError) || !isPassing(error)) throw error
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, reconnectMs * 10)
  }
}

/** A node that is gone, or overloaded, may come back; one that refuses, or says what makes no sense, would do so again. */
function isPassing({ code, status }: QuorateClientError): boolean {
  return status === undefined ? code !== 'BAD_ANSWER' : status >= 500
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
    const type = response.headers.get('content-type') ?? ''
    if (response.body === null || !type.startsWith('text/event-stream'))
      throw badAnswer('it is no stream of events')
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
    if (line.startsWith('id: ')) id = idOf(line.slice(4))
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

/** @throws QuorateClientError BAD_ANSWER */
function idOf(digits: string): number {
  const id = /^[0-9]{1,16}$/.test(digits) ? Number(digits) : Number.NaN
  if (!Number.isSafeInteger(id))
    throw badAnswer('the id of an event is not a whole number from 0 to 2^53 - 1')
  return id
}

/** Unknown types are passed over: a newer node may send more. @throws QuorateClientError BAD_ANSWER */
function eventOf(id: number, type: string, data: string): ClientEvent | null {
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch (cause) {
    throw badAnswer('an event is not JSON', cause)
  }
  switch (type) {
    case 'executed':
      return { type, id, info: checked(sequenceShape, json, 'event') }
    case 'certificate':
      return { type, id, info: checked(certificateEventShape, json, 'event') }
    case 'key': {
      const info = keyEventOf(json)
      return info === null ? null : { type, id, info }
    }
    case 'gap': {
      const { from, to } = checked(gapShape, json, 'event')
      return { type, id, from, to }
    }
    default:
      return null
  }
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
