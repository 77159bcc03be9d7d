/** HTTP by hand, for what a well-behaved client would not do. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Sends `text` on a new connection and reads until the server closes it. */
export function exchange(port: number, text: string | Uint8Array): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      received += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
    socket.write(text)
  })
}

export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
  })
}

export interface BulkExchange {
  readonly upload: ClientRequest
  readonly response: IncomingMessage
  /** All lines of the answer that have come, without blank ones. */
  lines(): Record<string, unknown>[]
  readonly ended: Promise<void>
}

/** Opens a bulk request whose answer comes while lines go up. */
export function openBulk(port: number, query = ''): Promise<BulkExchange> {
  const path = `/v1/transactions/bulk${query}`
  const headers = { 'content-type': 'application/x-ndjson' }
  return new Promise((resolve, reject) => {
    const upload = request({ port, host: '127.0.0.1', path, method: 'POST', headers, agent: false })
    upload.on('error', reject)
    upload.on('response', response => {
      const chunks: Buffer[] = []
      const ended = new Promise<void>(done => {
        response.on('close', done)
        response.on('error', () => done())
      })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      resolve({ upload, response, ended, lines: () => parse(Buffer.concat(chunks).toString()) })
    })
    upload.flushHeaders()
  })
}

function parse(text: string): Record<string, unknown>[] {
  const complete = text.slice(0, text.lastIndexOf('\n') + 1)
  return complete
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}
