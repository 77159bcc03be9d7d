import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answeringNode, eventText } from '../../support/answering-node.ts'
import { type Served, serve } from '../../support/http.ts'
import { KEY_EVENTS, SEQUENCE, STATUS } from '../../support/sample-answers.ts'
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

  it('prints a line for each step in the life of the key', async () => {
    const node = await answeringNode()
    node.answers.set('/v1/status', STATUS)
    node.events = KEY_EVENTS.map(event => eventText(8, 'key', event)).join('')
    const count = ['--count', `${KEY_EVENTS.length}`]
    const { exitCode, stdout } = await cli(['watch', '--api', node.url, ...count])
    expect([exitCode, stdout.trimEnd().split('\n').length]).toEqual([0, KEY_EVENTS.length])
    expect(stdout).not.toContain('undefined')
    node.close()
  })

  it.each([
    ['executed', {}, '.sequence is not a whole number from 0 to 2^53 - 1'],
    ['executed', { ...SEQUENCE, transactions: [null] }, '.transactions[0] is not an object'],
    ['executed', { ...SEQUENCE, logTimeMs: 1e17 }, '.logTimeMs is not a time in milliseconds'],
    ['key', { type: 'revoked', sequence: 1, logTimeMs: 1 }, '.keyId is not 64 hexadecimal digits'],
    ['certificate', 7, ' is not an object'],
  ])('a node whose %s event is %j is no node, told in a sentence', async (type, data, why) => {
    const node = await answeringNode()
    node.answers.set('/v1/status', STATUS)
    node.events = eventText(9, type, data)
    expect(await cli(['watch', '--api', node.url])).toEqual({
      exitCode: 8,
      stdout: '',
      stderr: `quorate: the answer is not one of the API of quorate: event${why}\n`,
    })
    node.close()
  })
})
