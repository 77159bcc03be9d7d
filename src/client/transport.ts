/** One request to the API, and what can go wrong with it, as `QuorateClientError`. */
import { checked, errorShape } from './answers.ts'
import { QuorateClientError } from './error.ts'
import { isRecord, type Shape } from './shapes.ts'

export interface TransportOptions {
  /** Address of a node's API, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** Default: the runtime's. */
  readonly fetch?: typeof globalThis.fetch
  /** For an answer, beyond the time that the node is asked to wait. Default 15,000. */
  readonly timeoutMs?: number
}

export interface TransportRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | ReadableStream<Uint8Array>
  readonly signal?: AbortSignal | undefined
}

export interface Transport {
  /** An answer as it comes: its status is checked, its body is not read. Not bounded in time. @throws QuorateClientError */
  open(path: string, request: TransportRequest): Promise<Response>
  /** A whole answer of JSON, of that shape. @param waitMs what the node was asked to wait @throws QuorateClientError */
  json<T>(path: string, shape: Shape<T>, request?: TransportRequest, waitMs?: number): Promise<T>
}

export function createTransport(options: TransportOptions): Transport {
  const { fetch = globalThis.fetch, timeoutMs = 15_000 } = options
  const base = options.url.replace(/\/+$/, '')

  async function open(path: string, request: TransportRequest): Promise<Response> {
    const { method = 'GET', headers = {}, body, signal = null } = request
    // `duplex` is required for a body that is a stream, and not yet in the DOM's types.
    const init = { method, headers, body: body ?? null, signal, duplex: 'half' }
    let response: Response
    try {
      response = await fetch(`${base}${path}`, init)
    } catch (cause) {
      throw transportError(cause, signal, 'UNREACHABLE', `The node at ${base} cannot be reached.`)
    }
    if (!response.ok) throw await refusalOf(response)
    return response
  }

  async function json<T>(
    path: string,
    shape: Shape<T>,
    request: TransportRequest = {},
    waitMs = 0,
  ): Promise<T> {
    const controller = new AbortController()
    const { signal } = controller
    const timer = setTimeout(() => controller.abort(TIMED_OUT), timeoutMs + waitMs)
    const abort = () => controller.abort(request.signal?.reason)
    if (request.signal?.aborted) abort()
    request.signal?.addEventListener('abort', abort)
    try {
      const response = await open(path, { ...request, signal })
      return checked(shape, await parseJson(response, signal), 'answer')
    } finally {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', abort)
    }
  }

  return { open, json }
}

const TIMED_OUT = 'timed-out'
/** Of a whole answer; the largest are sequences with many transactions. */
const ANSWER_BYTES_MAX = 67_108_864

async function parseJson(response: Response, signal: AbortSignal): Promise<unknown> {
  let text: string
  try {
    text = await textOf(response)
  } catch (cause) {
    throw transportError(cause, signal, 'CONNECTION_LOST', 'The connection broke off during the answer.')
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new QuorateClientError(NOT_QUORATE, { status: response.status, cause })
  }
}

const NOT_QUORATE = { code: 'BAD_ANSWER', message: 'The answer is not one of the API of quorate.' }

/** As it comes, so that who answers without end fills no memory. @throws QuorateClientError BAD_ANSWER when it is too long */
async function textOf({ body, status }: Response): Promise<string> {
  if (body === null) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parts: string[] = []
  let lengthBytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return parts.join('') + decoder.decode()
      lengthBytes += value.length
      if (lengthBytes > ANSWER_BYTES_MAX) throw new QuorateClientError(NOT_QUORATE, { status })
      parts.push(decoder.decode(value, { stream: true }))
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

/** What a failed `fetch` or a broken body means: the caller's own signal, the time, or the connection. */
export function transportError(
  cause: unknown,
  signal: AbortSignal | null,
  code: string,
  message: string,
): QuorateClientError {
  if (cause instanceof QuorateClientError) return cause
  if (signal?.aborted !== true) return new QuorateClientError({ code, message }, { cause })
  if (signal.reason === TIMED_OUT) {
    return new QuorateClientError(
      { code: 'TIMED_OUT', message: 'The node did not answer in time.' },
      { cause },
    )
  }
  return new QuorateClientError({ code: 'ABORTED', message: 'The request was aborted.' }, { cause })
}

async function refusalOf(response: Response): Promise<QuorateClientError> {
  const { status } = response
  try {
    const json: unknown = JSON.parse(await textOf(response))
    const { error, id } = isRecord(json) ? json : {}
    const details = typeof id === 'string' ? { status, transactionId: id } : { status }
    return new QuorateClientError(checked(errorShape, error, 'error'), details)
  } catch {
    // Something else than a node answered.
    return new QuorateClientError(NOT_QUORATE, { status })
  }
}
