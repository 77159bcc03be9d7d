import type { FastifyInstance } from 'fastify'

/**
 * Who may use the API from a web page: everybody may read, the named origins may write. A page of another origin cannot
 * submit unasked, because the content types of submissions make browsers ask first.
 */
export function allowOrigins(app: FastifyInstance, writeOrigins: readonly string[]): void {
  const writers = new Set(writeOrigins)
  app.addHook('onRequest', async (request, reply) => {
    const { origin, 'access-control-request-method': asked } = request.headers
    if (origin === undefined) return
    const method = request.method === 'OPTIONS' ? asked : request.method
    if (method === 'GET' || method === 'HEAD') reply.header('access-control-allow-origin', '*')
    else if (writers.has(origin)) reply.header('access-control-allow-origin', origin).header('vary', 'origin')
    if (request.method !== 'OPTIONS' || asked === undefined) return
    reply.header('access-control-allow-methods', writers.has(origin) ? 'GET, HEAD, POST' : 'GET, HEAD')
    reply.header('access-control-allow-headers', 'content-type, last-event-id')
    reply.header('access-control-max-age', '600')
    return reply.code(204).send()
  })
}
