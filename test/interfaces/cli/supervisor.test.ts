import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { nodePaths, testnetPaths } from '../../../src/interfaces/cli/testnet/layout.ts'
import { isPortFree } from '../../../src/interfaces/cli/testnet/ports.ts'
import {
  type ChildView,
  createSupervisor,
  type SupervisedNode,
  type Supervisor,
} from '../../../src/interfaces/cli/testnet/supervisor.ts'
import { onFreePort } from '../../support/ports.ts'

const STAND_IN = fileURLToPath(new URL('./support/stand-in.js', import.meta.url))

async function nodes(configs: readonly object[]): Promise<SupervisedNode[]> {
  const paths = testnetPaths(mkdtempSync(join(tmpdir(), 'quorate-supervisor-')))
  const ports = await Promise.all(configs.map(async () => ({ listenPort: 0, apiPort: await freePort() })))
  return configs.map((config, index) => {
    const { listenPort, apiPort } = ports[index] ?? { listenPort: 0, apiPort: 0 }
    const directory = `replica-${index}`
    const own = nodePaths(paths, directory)
    mkdirSync(own.root)
    writeFileSync(own.config, JSON.stringify({ ...config, http: { port: apiPort } }))
    return { index, role: 'replica', name: directory, peerId: '', directory, listenPort, apiPort, paths: own }
  })
}

/** One that no test network would choose meanwhile. */
function freePort(): Promise<number> {
  return onFreePort(
    async port => ((await isPortFree(port)) ? port : Promise.reject(new Error(`port ${port} is taken`))),
    () => true,
  )
}

interface Running {
  readonly supervisor: Supervisor
  readonly notes: string[]
  readonly deaths: ChildView[]
}

const running: Running[] = []

async function run(
  configs: readonly object[],
  options: { record?: boolean; logLevel?: string; stopGraceMs?: number } = {},
): Promise<Running> {
  const notes: string[] = []
  const deaths: ChildView[] = []
  const supervisor = createSupervisor(
    { nodes: await nodes(configs), mainScript: STAND_IN, stopGraceMs: 60_000, ...options },
    { note: line => notes.push(line), died: view => deaths.push(view) },
  )
  const result = { supervisor, notes, deaths }
  running.push(result)
  return result
}

const states = (supervisor: Supervisor): string[] => supervisor.views().map(({ state }) => state)

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const eventually = (what: string, condition: () => boolean) =>
  expect.poll(condition, { message: what }).toBe(true)

afterEach(async () => {
  for (const { supervisor } of running.splice(0)) await supervisor.stopAll()
})

describe('supervisor', () => {
  it.each([
    [{}, /--supervised$/m],
    [{ record: true, logLevel: 'debug' }, /--supervised --record .*recording.jsonl --log-level debug$/m],
  ])('starts nodes that do what is asked for this time: %j', async (options, flags) => {
    const { supervisor } = await run([{}], options)
    supervisor.start(0)
    await supervisor.ready()
    const log = supervisor.views()[0]?.node.paths.log ?? ''
    expect(readFileSync(log, 'utf8')).toMatch(flags)
  })

  it('starts one process for each node and stops all in order', async () => {
    const { supervisor, deaths, notes } = await run([{}, {}, {}])
    for (const index of [0, 1, 2]) supervisor.start(index)
    await supervisor.ready()
    expect(states(supervisor)).toEqual(['ready', 'ready', 'ready'])
    const pids = supervisor.views().map(({ pid }) => pid ?? 0)
    expect(new Set(pids).size).toBe(3)
    await supervisor.stopAll()
    expect(states(supervisor)).toEqual(['stopped', 'stopped', 'stopped'])
    expect(pids.filter(isAlive)).toEqual([])
    expect(deaths).toEqual([])
    expect(notes).toEqual([])
  })

  it('leaves a killed node dead until it is told to start it', async () => {
    const { supervisor, deaths } = await run([{}, {}])
    for (const index of [0, 1]) supervisor.start(index)
    await supervisor.ready()
    const before = supervisor.views()[1]?.pid ?? 0
    await supervisor.kill(1)
    expect(isAlive(before)).toBe(false)
    await sleep(200)
    expect(states(supervisor)).toEqual(['ready', 'killed'])
    expect(deaths).toEqual([])
    await expect(supervisor.kill(1)).rejects.toThrow('node 1 does not run')
    supervisor.start(1)
    expect(() => supervisor.start(1)).toThrow('node 1 runs already')
    await supervisor.ready()
    expect(states(supervisor)).toEqual(['ready', 'ready'])
    expect(supervisor.views()[1]?.pid).not.toBe(before)
    expect(() => supervisor.start(2)).toThrow('there is no node 2; allowed: 0, 1')
  })

  it('reports a node that ends by itself with its last words', async () => {
    const { supervisor, deaths } = await run([{ failure: 'the disk is full' }])
    supervisor.start(0)
    await expect(supervisor.ready()).rejects.toThrow('the disk is full')
    expect(deaths.map(({ lastError }) => lastError)).toEqual(['exit code 7: quorate: the disk is full'])
    expect(states(supervisor)).toEqual(['died'])
  })

  it('kills a node that does not stop within the grace, and says so', async () => {
    const { supervisor, notes } = await run([{ deaf: true }], { stopGraceMs: 300 })
    supervisor.start(0)
    await supervisor.ready()
    const pid = supervisor.views()[0]?.pid ?? 0
    await supervisor.stopAll()
    expect(isAlive(pid)).toBe(false)
    expect(notes).toEqual(['node 0 did not stop within 0.3 s and is killed'])
  })

  it('leaves no process behind when it is killed itself', async () => {
    const [node] = await nodes([{}])
    const config = node?.paths.config ?? ''
    const parent = `
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, ${JSON.stringify([STAND_IN, 'start', '--config', config])}, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true })
      console.log(child.pid)
      setInterval(() => {}, 1000)`
    const supervisor = spawn(process.execPath, ['-e', parent], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    supervisor.stdout.on('data', chunk => {
      output += String(chunk)
    })
    await eventually('the child has started', () => output.endsWith('\n'))
    const pid = Number(output)
    await sleep(200)
    expect(isAlive(pid)).toBe(true)
    supervisor.kill('SIGKILL')
    await eventually('the child is gone', () => !isAlive(pid))
  })
})
