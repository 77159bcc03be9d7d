/** What stops a node from starting is said in one sentence, with the exit code of its kind, and costs no data. */

import { randomInt } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { present } from '../../src/lib/assert.ts'
import { cliProcess, type Outcome } from '../interfaces/cli/support/cli.ts'
import { type Cluster, createCluster } from './support/cluster.ts'
import { expectSameHistory, type History, historyOf } from './support/history.ts'
import { startLoad } from './support/load.ts'
import type { NodeProcess } from './support/node-process.ts'
import { createRandom, seedOfTest } from './support/random.ts'
import { say } from './support/say.ts'
import { until } from './support/until.ts'

interface Lived {
  readonly cluster: Cluster
  readonly node: NodeProcess
  /** What the node executed before it was stopped. */
  readonly history: History
  readonly last: number
}

/** A network of one, with some history, stopped. What one life wrote into the log of LevelDB, the next puts into tables. */
async function lived(lives = 1, config: object = {}): Promise<Lived> {
  const cluster = await createCluster({ replicas: 1, config })
  const node = cluster.member(0)
  let last = 0
  let history: History = new Map()
  for (let life = 1; life <= lives; life++) {
    await cluster.start()
    const load = startLoad({ nodes: [node], networkId: cluster.networkId, inFlight: 8, valueBytes: 2_000 })
    await until('the load commits', () => load.committed.size > 300)
    await load.stop()
    last = (await node.api.status()).sequence
    history = await historyOf(node, last)
    await node.stop()
  }
  return { cluster, node, history, last }
}

const startOnce = (node: NodeProcess, ...flags: string[]): Promise<Outcome> =>
  cliProcess(['start', '--config', node.config, ...flags])

const SENTENCE = /^quorate: [^\n]+\n$/

async function expectAllThere({ cluster, node, history, last }: Lived): Promise<void> {
  await cluster.start()
  expectSameHistory([history, await historyOf(node, last)])
  expect((await historyOf(node, last)).size).toBe(last)
  await node.kill()
}

describe('quorate start', () => {
  it('refuses a wrong password, ports in use, a directory in use and a bad configuration', async () => {
    const before = await lived()
    const { cluster, node } = before
    const wrong = join(cluster.directory, 'wrong')
    writeFileSync(wrong, 'not the password\n', { mode: 0o600 })
    expect(await startOnce(node, '--key-password-file', wrong)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(SENTENCE),
    })

    const taken = createServer()
    await new Promise<void>(resolve => taken.listen({ port: 0, host: '127.0.0.1' }, resolve))
    onTestFinished(() => void taken.close())
    const address = present(taken.address(), 'an address')
    const port = typeof address === 'string' ? '' : `${address.port}`
    for (const flags of [
      ['--listen', `/ip4/127.0.0.1/tcp/${port}`],
      ['--http-port', port],
    ]) {
      const outcome = await startOnce(node, ...flags)
      expect(outcome).toMatchObject({ exitCode: 5, stderr: expect.stringMatching(SENTENCE) })
      expect(outcome.stderr).toContain(port)
    }

    for (const flags of [
      ['--http-port', 'many'],
      ['--listen', 'nowhere'],
      ['--no-such-flag', '1'],
    ])
      expect(await startOnce(node, ...flags)).toMatchObject({ exitCode: 2 })

    await cluster.start()
    const ports = ['--listen', '/ip4/127.0.0.1/tcp/0', '--http-port', '0']
    expect(await startOnce(node, ...ports)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(SENTENCE),
    })
    await node.kill()
    await expectAllThere(before)
  })

  it('refuses a genesis file that is none, and the directory of another network', async () => {
    const before = await lived()
    const { cluster, node } = before
    const file = join(cluster.directory, 'bad-genesis.json')
    const good = readFileSync(cluster.genesisFile, 'utf8')
    const genesis = JSON.parse(good) as { members: unknown[]; name: string }
    const bad = {
      'not JSON': good.slice(0, -20),
      'a member twice': JSON.stringify({ ...genesis, members: [...genesis.members, ...genesis.members] }),
      'an unknown line': JSON.stringify({ ...genesis, color: 'red' }),
      'no members': JSON.stringify({ ...genesis, members: [] }),
    }
    for (const [what, content] of Object.entries(bad)) {
      writeFileSync(file, content)
      const outcome = await startOnce(node, '--genesis', file)
      expect(outcome, what).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/^quorate: .*genesis/),
      })
    }
    writeFileSync(file, JSON.stringify({ ...genesis, name: 'another' }))
    const outcome = await startOnce(node, '--genesis', file)
    expect(outcome).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(SENTENCE) })
    expect(outcome.stderr).toContain('network')
    await expectAllThere(before)
  })

  it('refuses the directory of another key', async () => {
    const before = await lived()
    const { cluster, node } = before
    const other = join(cluster.directory, 'other')
    const passwordFile = join(cluster.directory, 'other-password')
    writeFileSync(passwordFile, 'another password\n', { mode: 0o600 })
    const made = await cliProcess([
      'init',
      '--dir',
      other,
      '--name',
      'other',
      '--key-password-file',
      passwordFile,
    ])
    expect(made.exitCode).toBe(0)
    const key = ['--key-file', join(other, 'key.json'), '--key-password-file', passwordFile]
    const outcome = await startOnce(node, ...key)
    expect(outcome).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(SENTENCE) })
    expect(outcome.stderr).toContain('belongs to the key')
    await expectAllThere(before)
  })

  it('refuses a damaged database or has everything, whichever byte is flipped, and starts again from a copy', async () => {
    const random = createRandom(seedOfTest(randomInt))
    const before = await lived(2, { history: { snapshotSequences: 16 } })
    const { node, history, last } = before
    const database = join(node.data, 'database')
    const copy = `${database}-copy`
    cpSync(database, copy, { recursive: true })
    const counts = { refused: 0, whole: 0 }
    for (let round = 0; round < FLIPS; round++) {
      const flipped = flip(database, random)
      node.start()
      const ended = node.exited.then(({ code }) => code)
      const ready = node.ready().then(() => 'ready' as const)
      ready.catch(() => {})
      const outcome = await Promise.race([ready, ended])
      if (outcome === 'ready') {
        const after = await historyOf(node, last)
        expect(after.size, flipped).toBe(last)
        expectSameHistory([history, after])
        counts.whole += 1
      } else {
        expect(outcome, flipped).toBe(6)
        expect(node.logText().trimEnd().split('\n').at(-1), flipped).toMatch(/^quorate: .*database/)
        counts.refused += 1
      }
      await node.kill()
      rmSync(database, { recursive: true })
      cpSync(copy, database, { recursive: true })
    }
    say(`${counts.refused} of ${FLIPS} flipped bytes refused, ${counts.whole} harmless`)
    expect(counts.refused).toBeGreaterThan(0)
    expect(readdirSync(database).some(file => file.endsWith('.ldb'))).toBe(true)
    await expectAllThere(before)
  })
})

const FLIPS = 16

/** Flips one bit in one file of the database, each file alike likely. @returns what was done */
function flip(database: string, random: () => number): string {
  const files = readdirSync(database).filter(file => /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|log))$/.test(file))
  const file = present(files[Math.floor(random() * files.length)], 'a file')
  const bytes = readFileSync(join(database, file))
  const offset = Math.floor(random() * bytes.length)
  const bit = Math.floor(random() * 8)
  bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset)
  writeFileSync(join(database, file), bytes)
  return `bit ${bit} of byte ${offset} in ${file} of ${bytes.length} bytes`
}
