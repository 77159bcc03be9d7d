import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something at the address of a node that says whatever it is told to. */
export interface AnsweringNode {
  readonly url: string
  /** JSON by the path of the request, without its query; others are not found. */
  readonly answers: Map<string, unknown>
  /** What the stream of events says, as it is sent; the stream then stays open. */
  events: string
  /** How often the stream was asked for. */
  streams: number
  /** Of the stream. */
  contentType: string
  close(): void
}

export async function answeringNode(): Promise<AnsweringNode> {
  const answers = new Map<string, unknown>()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://node')
    if (pathname === '/v1/events') {
      node.streams += 1
      response.writeHead(200, { 'content-type': node.contentType })
      response.write(node.events)
      return
    }
    request.resume().on('end', () => {
      response.writeHead(answers.has(pathname) ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answers.get(pathname) ?? { error: { code: 'NONE', message: 'None.' } }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const node: AnsweringNode = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    events: '',
    streams: 0,
    contentType: 'text/event-stream; charset=utf-8',
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return node
}

/** One event of the stream, with data of any kind. */
export function eventText(id: string | number, type: string, data: unknown): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `id: ${id}\nevent: ${type}\ndata: ${text}\n\n`
}
