import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** Starts an answer that the route writes itself, piece by piece. What hooks have set (CORS) goes out with it. */
export function takeOver(reply: FastifyReply, headers: OutgoingHttpHeaders): ServerResponse {
  const output = reply.raw
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) output.setHeader(name, value)
  }
  reply.hijack()
  output.writeHead(200, { 'cache-control': 'no-store', ...headers })
  output.flushHeaders()
  return output
}
