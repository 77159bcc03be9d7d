import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { describeFailure } from '../../../src/interfaces/cli/failure.ts'
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

it.each([
  ['The key file "/Tmp/key.json" is wrong.', 'the key file "/Tmp/key.json" is wrong'],
  ['A file. Another one.', 'a file. Another one'],
  ['LevelDB ends.', 'LevelDB ends'],
  ['JSON is not well formed', 'JSON is not well formed'],
  ['Ed25519 it is', 'Ed25519 it is'],
  ['/Tmp/key.json is not there', '/Tmp/key.json is not there'],
])('what a part below says, %j, goes on behind the name of the program', (message, text) => {
  const error = Object.assign(new Error(message), { name: 'KeyFileError' })
  expect(describeFailure(error)).toEqual({ exitCode: 2, text })
})

it('what nobody foresaw is shown as it is', () => {
  const { exitCode, text } = describeFailure(new Error('The unknown.'))
  expect(exitCode).toBe(7)
  expect(text).toMatch(/^Error: The unknown\.\n +at /)
})
