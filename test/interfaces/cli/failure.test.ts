import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { cli } from './support/cli.ts'

it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a node that refuses with the code %s is a node that refuses',
  async code => {
    const server = createServer((_, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { code, message: 'no' } }))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { exitCode, stderr } = await cli(['get', 'key', '--api', `http://127.0.0.1:${port}`])
    server.close()
    expect([exitCode, stderr]).toEqual([3, 'quorate: no\n'])
  },
)
