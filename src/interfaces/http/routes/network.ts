/** The node's view of the network and of the log. */
import type { FastifyInstance } from 'fastify'
import type { MemberJson, PeerJson, SequenceJson, StatusJson } from '../../../client/api-types.ts'
import type { RouteContext } from '../context.ts'
import { HttpError } from '../errors.ts'
import { parseInteger } from '../query.ts'

export function networkRoutes(app: FastifyInstance, { node }: RouteContext): void {
  app.get('/v1/status', async (): Promise<StatusJson> => node.status())
  app.get(
    '/v1/members',
    async (): Promise<{ members: readonly MemberJson[] }> => ({ members: node.members() }),
  )
  app.get('/v1/peers', async (): Promise<{ peers: readonly PeerJson[] }> => ({ peers: node.peers() }))

  app.get<{ Params: { sequence: string } }>(
    '/v1/sequences/:sequence',
    async (request): Promise<SequenceJson> => {
      const sequence = parseInteger(request.params.sequence, 'A sequence', 1, Number.MAX_SAFE_INTEGER)
      const info = await node.sequence(sequence)
      if (info !== null) return info
      const message = 'This sequence is not executed here yet, or is no longer in history.'
      throw new HttpError(404, 'SEQUENCE_UNKNOWN', message)
    },
  )
}
