/** Ctrl-C while a node is still being made ends it in order: exit code 130, and nothing that the next start would stumble over. */
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DEFAULT_THRESHOLD } from '../../src/membership/genesis.ts'
import { isNodeRunning } from '../../src/node/database.ts'
import { createCluster, expectNoErrors } from './support/cluster.ts'
import { expectSameHistory, historyOf } from './support/history.ts'
import { startLoad } from './support/load.ts'
import type { Exit, NodeProcess } from './support/node-process.ts'
import { createRandom, seedOfTest } from './support/random.ts'
import { say } from './support/say.ts'
import { until } from './support/until.ts'

const INTERRUPTED: Exit = { code: 130, signal: null }
const STARTS = 8
/** About as long as a start takes. */
const DELAY_MS_MAX = 1_500

it('is heard while the node searches its ticket, which may take as long as the effort that others ask for', async () => {
  const { node, exit } = await interruptSearch()
  expect(exit).toEqual(INTERRUPTED)
  expect(node.logText()).toContain('the start of the node was interrupted')
  expectNoErrors([node])
  expect(await isNodeRunning(node.data)).toBe(false)
  expect(existsSync(join(node.data, 'NEVER_STARTED'))).toBe(true)
})

/** The search takes an hour in the mean; a node that is lucky, once in thousands of times, is of no use here. */
async function interruptSearch(): Promise<{ readonly node: NodeProcess; readonly exit: Exit }> {
  const protocol = { admissionEffort: 65_536 }
  for (;;) {
    const node = (await createCluster({ replicas: 1, protocol, threshold: DEFAULT_THRESHOLD })).member(0)
    node.start()
    await until('it searches', () => node.logText().includes('solving the admission ticket'))
    const before = performance.now()
    const exit = await node.stop('SIGINT')
    say(`ended ${Math.round(performance.now() - before)} ms after Ctrl-C`)
    if (!node.logText().includes('admission ticket solved')) return { node, exit }
  }
}

it('leaves all that was there, at whatever moment it comes', async () => {
  const cluster = await createCluster({ replicas: 1 })
  const node = cluster.member(0)
  await cluster.start()
  const load = startLoad({ nodes: [node], networkId: cluster.networkId, valueBytes: 2_000 })
  await until('the load commits', () => load.committed.size > 2_000)
  await load.stop()
  const last = (await node.api.status()).sequence
  const history = await historyOf(node, last)
  expect((await node.stop()).code).toBe(0)

  const random = createRandom(seedOfTest(randomInt))
  const codes: string[] = []
  for (let i = 0; i < STARTS; i++) {
    const told = node.logText().length
    node.start()
    await new Promise(resolve => setTimeout(resolve, random() * DELAY_MS_MAX))
    const { code, signal } = await node.stop('SIGINT')
    // Whoever runs already stops in order; a process that has not read its arguments yet just ends.
    const ran = node.logText().slice(told).includes('the node runs')
    expect(ran ? [0] : [130, null]).toContain(code)
    codes.push(`${code ?? signal}`)
    expect(await isNodeRunning(node.data)).toBe(false)
  }
  say(`exits: ${codes.join(' ')}`)
  await cluster.start()
  expectSameHistory([history, await historyOf(node, last)])
  expectNoErrors([node])
})
