/** What machines ask: is it alive, may it be sent work, and how is it doing. */
import type { FastifyInstance } from 'fastify'
import type { NodeStatus } from '../../../node/api.ts'
import type { RouteContext } from '../context.ts'
import { HttpError } from '../errors.ts'
import { openApiDocument } from '../openapi.ts'

export function healthRoutes(app: FastifyInstance, { node }: RouteContext): void {
  const openApi = JSON.stringify(openApiDocument())

  app.get('/healthz', async () => ({ alive: true }))

  app.get('/readyz', async () => {
    const problem = whyNotReady(node.status())
    if (problem !== null) throw new HttpError(503, problem.code, problem.message)
    return { ready: true }
  })

  app.get('/metrics', async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return node.metrics()
  })

  app.get('/openapi.json', async (_request, reply) => {
    reply.type('application/json; charset=utf-8')
    return openApi
  })
}

/** A view change passes by itself in a moment and does not count; a node that cannot commit at all does. */
function whyNotReady({ state, stall }: NodeStatus): { code: string; message: string } | null {
  if (state !== 'ready') return { code: 'NOT_READY', message: `The node is ${state}.` }
  if (stall === null || stall.code === 'VIEW_CHANGE' || stall.code === 'PRIMARY_SILENT') return null
  return { code: stall.code, message: stall.message }
}
