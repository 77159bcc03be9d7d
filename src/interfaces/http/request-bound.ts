import type { FastifyInstance } from 'fastify'
import { whenOver } from './answer-over.ts'
import { HttpError } from './errors.ts'

/** Requests that are being answered. */
export interface RequestCount {
  /** Resolves when there is none; at once, if so already. */
  none(): Promise<void>
}

/** Refuses a request when `requestsMax` others are being answered. */
export function boundRequests(app: FastifyInstance, requestsMax: number): RequestCount {
  let open = 0
  let onNone = () => {}
  app.addHook('onRequest', async (request, reply) => {
    if (open >= requestsMax) {
      throw new HttpError(503, 'OVERLOADED', 'The node is answering too many requests already; try again.')
    }
    open++
    whenOver(request, reply.raw, () => {
      open--
      if (open === 0) onNone()
    })
  })
  return {
    none: () =>
      new Promise(resolve => {
        if (open === 0) resolve()
        else onNone = resolve
      }),
  }
}
