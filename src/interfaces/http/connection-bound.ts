import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from '../../lib/logger.ts'
import { HttpError } from './errors.ts'

/** Connections above the bound that are still told why they are refused; the rest is closed as it comes. */
const SURPLUS_MAX = 32

/**
 * Bounds the connections of a server. One that is closed without a word leaves some HTTP clients waiting for an answer
 * (fetch of Node 20 is one), so the first few above the bound get theirs: 503.
 */
export function boundConnections(app: FastifyInstance, connectionsMax: number, logger: Logger): void {
  const surplus = new WeakSet<Socket>()
  let open = 0
  app.server.maxConnections = connectionsMax + SURPLUS_MAX
  app.server.on('drop', () => logger.debug({ connectionsMax }, 'HTTP connection refused: too many'))
  app.server.on('connection', socket => {
    if (++open > connectionsMax) surplus.add(socket)
    socket.on('close', () => {
      open--
    })
  })
  app.addHook('onRequest', async (request, reply) => {
    if (open <= connectionsMax || !surplus.has(request.raw.socket)) return
    reply.header('connection', 'close')
    throw new HttpError(503, 'TOO_MANY_CONNECTIONS', `This node takes at most ${connectionsMax} connections.`)
  })
}
