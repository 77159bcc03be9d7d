/**
 * The HTTP API of a node. `createHttpApp` has all of it but the socket, so that routes can be asked without one;
 * `createHttpServer` listens. Nothing here knows the protocol: the node is asked through `QuorateNode`.
 */
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type FastifyInstance, fastify } from 'fastify'
import type { Logger } from '../../lib/logger.ts'
import type { QuorateNode } from '../../node/api.ts'
import { readBody } from './body.ts'
import { boundConnections } from './connection-bound.ts'
import type { RouteContext } from './context.ts'
import { allowOrigins } from './cors.ts'
import { answerParserError, HttpError, listenError, sendError } from './errors.ts'
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.ts'
import { createOpenStreams } from './open-streams.ts'
import { boundRequests } from './request-bound.ts'
import { bulkRoute } from './routes/bulk.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { keyRoutes } from './routes/keys.ts'
import { networkRoutes } from './routes/network.ts'
import { pageRoutes } from './routes/page.ts'
import { proofRoutes } from './routes/proofs.ts'
import { stateRoutes } from './routes/state.ts'
import { transactionRoutes } from './routes/transactions.ts'
import { createWaits } from './waits.ts'

export interface HttpServerOptions {
  /** Default 127.0.0.1: whoever reaches the API may submit and read. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** Connections at a time; one more is answered with 503 and closed. Default 1,024. */
  readonly connectionsMax?: number
  /** Web origins whose pages may submit, such as `https://example.org`. All may read. Default none. */
  readonly allowWritesFromOrigins?: readonly string[]
  readonly limits?: Partial<HttpLimits>
  /** What `scripts/bundle.mjs` wrote. Default: beside the built program. */
  readonly pageDirectory?: string
  /** Whoever sends it may ask for what only the operator may. Default: nobody may. */
  readonly operatorToken?: string
}

export interface HttpServerComponents {
  readonly node: QuorateNode
  readonly logger: Logger
}

export interface HttpServer {
  /** Without a slash at the end. */
  readonly url: string
  /** Ends streams and waits with a reason, finishes answers, closes connections. Idempotent. */
  close(): Promise<void>
}

export interface HttpApp {
  readonly fastify: FastifyInstance
  close(): Promise<void>
}

/** From `dist/interfaces/http`; a program that runs from its sources has no page. */
const PAGE_DIRECTORY = fileURLToPath(new URL('../../browser', import.meta.url))
/** How often connections are checked for heads that do not arrive. */
const CHECK_INTERVAL_MAX_MS = 2_000
const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

/** @throws HttpServerError when it cannot listen */
export async function createHttpServer(
  options: HttpServerOptions,
  components: HttpServerComponents,
): Promise<HttpServer> {
  const { host = '127.0.0.1', port, connectionsMax = 1_024 } = options
  const app = createHttpApp(options, components)
  boundConnections(app.fastify, connectionsMax, components.logger)
  try {
    await app.fastify.listen({ host, port })
  } catch (error) {
    await app.close()
    throw listenError(error, host, port)
  }
  return { url: urlOf(app.fastify.server.address() as AddressInfo), close: () => app.close() }
}

export function createHttpApp(
  {
    allowWritesFromOrigins = [],
    limits: overrides,
    operatorToken,
    pageDirectory = PAGE_DIRECTORY,
  }: HttpServerOptions,
  { node, logger }: HttpServerComponents,
): HttpApp {
  const limits = { ...DEFAULT_HTTP_LIMITS, ...overrides }
  const app = createFastify(limits, logger)
  const waits = createWaits(node)
  const streams = createOpenStreams()
  const context: RouteContext = { node, limits, logger, waits, streams, operatorToken: operatorToken ?? null }
  let closed: Promise<void> | undefined

  app.addHook('onRequest', async () => {
    if (closed !== undefined) throw new HttpError(503, 'STOPPING', 'The node is stopping.')
  })
  const requests = boundRequests(app, limits.requestsMax)
  allowOrigins(app, allowWritesFromOrigins)
  addRoutes(app, context, pageDirectory)

  async function close(): Promise<void> {
    streams.close()
    waits.close()
    const cut = () => app.server.closeAllConnections()
    const timer = setTimeout(cut, limits.closeTimeoutMs)
    // A connection that was opened and never used does not count as idle, and would be waited for.
    requests.none().then(() => setImmediate(cut))
    await app.close()
    clearTimeout(timer)
  }
  return {
    fastify: app,
    close() {
      closed ??= close()
      return closed
    },
  }
}

function createFastify(limits: HttpLimits, logger: Logger): FastifyInstance {
  const app = fastify({
    logger: false,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, CHECK_INTERVAL_MAX_MS),
    },
    // Streams may take as long as they like; bodies of one value have their own time limit in body.ts.
    requestTimeout: 0,
    connectionTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    bodyLimit: limits.bodyBytesMax,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 128 },
    frameworkErrors: (error, request, reply) => sendError(error, request, reply, logger),
    clientErrorHandler: answerParserError,
  })
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, logger))
  app.setNotFoundHandler(() => {
    throw new HttpError(404, 'NOT_FOUND', 'There is no such route; /openapi.json lists all.')
  })
  return app
}

function addRoutes(app: FastifyInstance, context: RouteContext, pageDirectory: string): void {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    methods.set(url, known)
    for (const name of [method].flat()) known.add(name)
  })
  app.removeAllContentTypeParsers()
  app.register(async scope => {
    scope.addContentTypeParser(NDJSON_TYPES, (_request, _body, done) => done(null))
    bulkRoute(scope, context)
  })
  app.register(async scope => {
    scope.addContentTypeParser('application/json', (_request, body, done) =>
      readBody(body, context.limits, done),
    )
    transactionRoutes(scope, context)
    stateRoutes(scope, context)
    proofRoutes(scope, context)
    networkRoutes(scope, context)
    keyRoutes(scope, context)
    eventRoutes(scope, context)
    healthRoutes(scope, context)
    pageRoutes(scope, pageDirectory)
  })
  app.register(async scope => {
    for (const [url, known] of [...methods]) refuseOtherMethods(scope, url, [...known])
  })
}

function refuseOtherMethods(app: FastifyInstance, url: string, known: readonly string[]): void {
  app.route({
    url,
    method: METHODS.filter(method => !known.includes(method)),
    exposeHeadRoute: false,
    // Before the body is looked at.
    onRequest: async (_request, reply) => {
      reply.header('allow', known.join(', '))
      throw new HttpError(405, 'METHOD_NOT_ALLOWED', `This route takes ${known.join(', ')}.`)
    },
    handler: async () => null,
  })
}

function urlOf({ address, port, family }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}
