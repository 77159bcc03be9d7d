import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Served, serve } from '../../support/http.ts'
import { cli } from './support/cli.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served.server.close())

/** Until somebody reads the stream of events. */
async function someoneWatches(): Promise<void> {
  await expect.poll(() => served.node.subscribers).toBe(1)
}

describe('quorate watch', () => {
  it('ends by itself after so many events', async () => {
    served.node.advance(3)
    const { exitCode, stdout } = await cli([
      'watch',
      '--api',
      served.server.url,
      '--after',
      '0',
      '--count',
      '2',
    ])
    expect(exitCode).toBe(0)
    expect(stdout.split('\n').map(line => line.slice(0, 10))).toEqual(['1  view 0 ', '2  view 0 ', ''])
  })

  it.each([
    [[], 0],
    // Whoever asked for a number did not get it.
    [['--count', '1'], 130],
  ])('with %j ends at Ctrl-C with exit code %i', async (args, expected) => {
    const watching = cli(['watch', '--api', served.server.url, ...args])
    await someoneWatches()
    process.emit('SIGINT')
    expect(await watching).toEqual({ exitCode: expected, stdout: '', stderr: '' })
  })
})
