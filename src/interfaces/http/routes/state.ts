/** The application's state, with proofs. */
import type { FastifyInstance } from 'fastify'
import type { StateJson } from '../../../client/api-types.ts'
import type { RouteContext } from '../context.ts'
import { HttpError } from '../errors.ts'
import { stateToJson } from '../json.ts'
import { textQuery } from '../query.ts'

export function stateRoutes(app: FastifyInstance, { node }: RouteContext): void {
  function answer(key: string): StateJson {
    const state = node.query(key)
    if ('code' in state) throw new HttpError(400, state.code, state.message)
    return stateToJson(state)
  }

  app.get<{ Params: { '*': string } }>('/v1/state/*', async request => answer(request.params['*']))

  // URLs cannot carry every key in their path: "." and ".." are taken out on the way.
  app.get('/v1/state', async request => {
    const key = textQuery(request, 'key')
    if (key === undefined) throw new HttpError(400, 'INVALID_QUERY', 'key is missing.')
    return answer(key)
  })
}
