import type { ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'

/**
 * Calls `over` once, when an answer is sent or nobody can take it any more. A response that waits behind another one on its
 * connection (pipelining) hears nothing when that connection breaks, so that the socket is listened to as well.
 */
export function whenOver(request: FastifyRequest, output: ServerResponse, over: () => void): void {
  const { socket } = request.raw
  let called = false
  function once(): void {
    if (called) return
    called = true
    socket.off('close', once)
    over()
  }
  for (const event of ['finish', 'close', 'error']) output.on(event, once)
  // As many as there are requests in the pipeline, which are bounded.
  socket.setMaxListeners(0)
  socket.on('close', once)
}
