import { createQuorateClient, type QuorateClient } from '../../src/client/client.ts'
import {
  createHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from '../../src/interfaces/http/server.ts'
import type { Logger } from '../../src/lib/logger.ts'
import { ScriptedNode } from './scripted-node.ts'

export interface Served {
  readonly node: ScriptedNode
  readonly server: HttpServer
  readonly port: number
  readonly client: QuorateClient
  /** What the server logged as an error: a refusal is none. */
  readonly errors: readonly object[]
}

/** A scripted node behind a real socket. */
export async function serve(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const node = new ScriptedNode()
  const errors: object[] = []
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: data => errors.push(data) }
  const server = await createHttpServer({ port: 0, ...options }, { node, logger })
  const port = Number(new URL(server.url).port)
  return { node, server, port, client: createQuorateClient({ url: server.url }), errors }
}
