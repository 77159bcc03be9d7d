/** Many transactions in one request: lines in, lines out, at the same time. */
import type { FastifyInstance } from 'fastify'
import { whenOver } from '../answer-over.ts'
import { BulkStream } from '../bulk-stream.ts'
import type { RouteContext } from '../context.ts'
import { waitQuery } from '../query.ts'
import { takeOver } from '../take-over.ts'

/** Registered in a scope of its own, whose only content types are those of NDJSON. */
export function bulkRoute(app: FastifyInstance, context: RouteContext): void {
  const { limits, streams } = context

  app.post('/v1/transactions/bulk', (request, reply) => {
    const query = waitQuery(request, limits)
    streams.admit('bulk', limits.bulkStreamsMax)
    const output = takeOver(reply, { 'content-type': 'application/x-ndjson' })
    const io = { input: request.raw, output }
    const stream = new BulkStream(io, query, context)
    const closed = streams.open('bulk', {
      end: () => stream.end({ code: 'STOPPING', message: 'The node is stopping.' }),
    })
    whenOver(request, output, () => {
      stream.close()
      closed()
    })
    stream.start()
  })
}
