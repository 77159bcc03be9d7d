/** Stands in front of a node and changes what it answers: to who talks to it, it is a node that lies. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface LyingProxy {
  readonly url: string
  /** By the path of a request: what becomes of the JSON that answers it. */
  lie: ((path: string, json: unknown) => unknown) | null
  /** By the path of a request: what is answered without asking the node; null: nothing. */
  answers: ((path: string) => unknown) | null
}

/** @param target address of the node's API */
export async function createLyingProxy(target: string): Promise<LyingProxy> {
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const proxy: LyingProxy = { url: `http://127.0.0.1:${port}`, lie: null, answers: null }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = incoming
    const made = proxy.answers?.(url) ?? null
    if (made !== null) {
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      return void outgoing.end(JSON.stringify(made))
    }
    const asked = request(`${target}${url}`, { method, headers: { ...headers, host: new URL(target).host } })
    asked.on('error', () => outgoing.destroy())
    asked.on('response', async answer => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      const body = changed(url, answer, Buffer.concat(chunks))
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': body.length })
      outgoing.end(body)
    })
    incoming.pipe(asked)
  }

  function changed(url: string, { headers, statusCode }: IncomingMessage, body: Buffer): Buffer {
    const isJson = headers['content-type']?.startsWith('application/json') === true
    if (proxy.lie === null || !isJson || statusCode !== 200) return body
    return Buffer.from(JSON.stringify(proxy.lie(url, JSON.parse(body.toString()))))
  }
  return proxy
}
