import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

/**
 * Lets only the operator of the node pass: whoever knows the token that the node keeps in its data directory. That a request comes from
 * this machine says little: a page in a browser here, or another user, is on this machine too.
 *
 * @param token null: nobody is the operator
 * @throws HttpError
 */
export function requireOperator(request: FastifyRequest, token: string | null): void {
  const [, given] = /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '') ?? []
  if (given !== undefined && token !== null && isSame(given, token)) return
  const message =
    'Only the operator may ask this: send the header Authorization: Bearer TOKEN with what stands in the file operator-token of the data directory.'
  throw new HttpError(given === undefined ? 401 : 403, 'NOT_OPERATOR', message)
}

/** Takes the same time wherever they differ. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(hashOf(a), hashOf(b))
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
