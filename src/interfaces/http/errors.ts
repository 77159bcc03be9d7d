/**
 * Every refusal of the API has one shape, `{ "error": { "code", "message" } }`, whoever refuses: a route, fastify, or the
 * HTTP parser below it, which has only a socket to write to.
 */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Refusal } from '../../application/contract.ts'
import type { ErrorReplyJson } from '../../client/api-types.ts'
import type { Logger } from '../../lib/logger.ts'

/** Ends a request. The message is shown to the client. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string
  /** The transaction that it is about. */
  readonly id: string | undefined

  constructor(status: number, code: string, message: string, id?: string) {
    super(message)
    this.status = status
    this.code = code
    this.id = id
  }
}

/** The server could not be started. The message is one sentence. */
export class HttpServerError extends Error {
  override readonly name = 'HttpServerError'
  readonly code: 'PORT_IN_USE' | 'ADDRESS_REFUSED' | 'LISTEN_FAILED'

  constructor(code: HttpServerError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Refusals that mean "later", not "never". All others are the transaction's own fault. */
const LATER: ReadonlySet<string> = new Set(['BUSY', 'NOT_READY', 'RECOVERING', 'STOPPING'])

export function statusOfRefusal(refusal: Refusal): number {
  return LATER.has(refusal.code) ? 503 : 422
}

const FASTIFY_CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'UNSUPPORTED_MEDIA_TYPE',
    'The body is not of a type that this route takes.',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'The body is too large.'],
  FST_ERR_BAD_URL: ['BAD_URL', 'The path is not a well-formed URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND', 'There is no such route.'],
}

function errorReply(code: string, message: string, id?: string): ErrorReplyJson {
  return id === undefined ? { error: { code, message } } : { id, error: { code, message } }
}

/** Answers with the error; one that is nobody's refusal is logged and told without details. */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): void {
  if (error instanceof HttpError) {
    if (error.status === 503) reply.header('retry-after', '1')
    reply.code(error.status).send(errorReply(error.code, error.message, error.id))
    return
  }
  const { statusCode = 500, code = '' } = error as { statusCode?: number; code?: string }
  const known = FASTIFY_CODES[code]
  if (statusCode >= 400 && statusCode < 500) {
    const status = code === 'FST_ERR_MAX_PARAM_LENGTH' ? 404 : statusCode
    reply
      .code(status)
      .send(errorReply(known?.[0] ?? 'BAD_REQUEST', known?.[1] ?? 'The request is malformed.'))
    return
  }
  logger.error({ err: error, method: request.method, url: request.url.slice(0, 200) }, 'HTTP request failed')
  reply.code(500).send(errorReply('INTERNAL', 'The node failed to answer; its log says why.'))
}

const PARSER_ERRORS: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'The head of the request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request did not arrive in time.'],
}

/** What the HTTP parser could not read: answer on the socket, if it still listens, and close it. */
export function answerParserError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, code, message] = PARSER_ERRORS[error.code ?? ''] ?? [
    400,
    'BAD_REQUEST',
    'The request is not well-formed HTTP.',
  ]
  const body = JSON.stringify(errorReply(code, message))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}

/** @param error what `listen` failed with */
export function listenError(error: unknown, host: string, port: number): HttpServerError {
  const { code } = error as { code?: string }
  const options = { cause: error }
  if (code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use by another program; choose another with http.port.`
    return new HttpServerError('PORT_IN_USE', message, options)
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const message = `The HTTP API cannot listen on ${host}, port ${port} (${code}); check http.host and http.port.`
    return new HttpServerError('ADDRESS_REFUSED', message, options)
  }
  return new HttpServerError('LISTEN_FAILED', `The HTTP API cannot listen on ${host}, port ${port}.`, options)
}
