/**
 * Executed sequences, and what becomes of the network's key, as server-sent events (HTML Living Standard §9.2). The id of an event
 * is its place in the node's stream, so a client that comes back with Last-Event-ID gets what it missed, or an event `gap` that names
 * what is gone. The node is asked for more only while the client takes what it is sent.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { NodeEvent, QuorateNode } from '../../../node/api.ts'
import { whenOver } from '../answer-over.ts'
import type { RouteContext } from '../context.ts'
import { integerQuery, parseInteger } from '../query.ts'
import { takeOver } from '../take-over.ts'

const RECONNECT_MS = 1_000

export function eventRoutes(app: FastifyInstance, { node, limits, streams }: RouteContext): void {
  app.get('/v1/events', { exposeHeadRoute: false }, (request, reply) => {
    const afterId = afterOf(request)
    streams.admit('events', limits.subscribersMax)
    const output = takeOver(reply, { 'content-type': 'text/event-stream' })
    // An id without data moves Last-Event-ID, so that even a client that saw no event yet comes back to its place.
    output.write(`retry: ${RECONNECT_MS}\nid: ${afterId ?? node.status().sequence}\n\n`)
    const stop = follow(node, afterId, output, limits.heartbeatMs)
    const closed = streams.open('events', {
      end: () => {
        stop()
        output.end()
      },
    })
    whenOver(request, output, () => {
      stop()
      closed()
    })
  })
}

/** Last-Event-ID wins over `?after=`: a browser that reconnects repeats the address of its first request. */
function afterOf(request: FastifyRequest): number | null {
  const header = request.headers['last-event-id']
  if (typeof header === 'string' && header !== '') {
    return parseInteger(header, 'Last-Event-ID', 0, Number.MAX_SAFE_INTEGER)
  }
  return integerQuery(request, 'after', 0, Number.MAX_SAFE_INTEGER) ?? null
}

/** @returns stops; stopping twice does nothing */
function follow(
  node: QuorateNode,
  afterId: number | null,
  output: ServerResponse,
  heartbeatMs: number,
): () => void {
  let stopped = false
  const subscription = node.subscribe(afterId, event => {
    if (stopped) return false
    return output.write(formatEvent(event))
  })
  output.on('drain', () => {
    if (!stopped) subscription.resume()
  })
  const heartbeat = setInterval(() => {
    if (!stopped && !output.writableNeedDrain) output.write(': alive\n\n')
  }, heartbeatMs)
  return () => {
    if (stopped) return
    stopped = true
    clearInterval(heartbeat)
    subscription.close()
  }
}

function formatEvent(event: NodeEvent): string {
  const data = event.type === 'gap' ? { from: event.from, to: event.to } : event.info
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`
}
