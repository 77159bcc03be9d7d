import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'
import type { HttpLimits } from './limits.ts'

/** What `?wait=` and `?timeoutMs=` ask for. */
export interface WaitQuery {
  readonly wait: 'accepted' | 'committed'
  readonly timeoutMs: number
}

/** @throws HttpError 400 */
export function waitQuery(request: FastifyRequest, limits: HttpLimits): WaitQuery {
  const wait = textQuery(request, 'wait') ?? 'accepted'
  if (wait !== 'accepted' && wait !== 'committed') {
    throw new HttpError(400, 'INVALID_QUERY', 'wait must be accepted or committed.')
  }
  const timeoutMs = integerQuery(request, 'timeoutMs', 0, limits.waitMaxMs) ?? limits.waitDefaultMs
  return { wait, timeoutMs }
}

/** @throws HttpError 400 when the parameter is there and is no integer of the range */
export function integerQuery(
  request: FastifyRequest,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = textQuery(request, name)
  return text === undefined ? undefined : parseInteger(text, name, min, max)
}

/** @throws HttpError 400 when the parameter is given twice */
export function textQuery(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  if (Array.isArray(value)) throw new HttpError(400, 'INVALID_QUERY', `${name} is given more than once.`)
  return value
}

/** @throws HttpError 400 */
export function parseInteger(text: string, name: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) {
    throw new HttpError(400, 'INVALID_QUERY', `${name} must be a whole number from ${min} to ${max}.`)
  }
  return value
}
