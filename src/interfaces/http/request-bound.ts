import type { FastifyInstance } from 'fastify'
import { HttpError } from './errors.ts'

/** Requests that are being answered. */
export interface RequestCount {
  /** Resolves when there is none; at once, if so already. */
  none(): Promise<void>
}

/**
 * Refuses a request when `requestsMax` others are being answered. A connection that dies with several pipelined requests
 * tells only the first of them, so that the socket is listened to as well.
 */
export function boundRequests(app: FastifyInstance, requestsMax: number): RequestCount {
  let open = 0
  let onNone = () => {}
  app.addHook('onRequest', async (request, reply) => {
    if (open >= requestsMax) {
      throw new HttpError(503, 'OVERLOADED', 'The node is answering too many requests already; try again.')
    }
    open++
    const { socket } = request.raw
    let counted = true
    function release(): void {
      if (!counted) return
      counted = false
      open--
      socket.off('close', release)
      if (open === 0) onNone()
    }
    reply.raw.on('finish', release)
    reply.raw.on('close', release)
    socket.setMaxListeners(0)
    socket.on('close', release)
  })
  return {
    none: () =>
      new Promise(resolve => {
        if (open === 0) resolve()
        else onNone = resolve
      }),
  }
}
