/** The test network as a person meets it: the built command, real processes, real sockets, real disks. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { isPortFree } from '../../../src/interfaces/cli/testnet/ports.ts'
import type { TestnetReport } from '../../../src/interfaces/cli/testnet/report.ts'
import { BUSY_MACHINE } from '../../support/busy-machine.ts'
import { cliProcess, MAIN } from './support/cli.ts'

interface RunningTestnet {
  readonly process: ChildProcess
  readonly exited: Promise<number | null>
  output(): string
  /** Rejects with all output when the process ends first. */
  says(pattern: RegExp): Promise<void>
}

const started: RunningTestnet[] = []
const scripts: (() => Promise<void>)[] = []
const directories: string[] = []

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'quorate-e2e-'))
  directories.push(path)
  return path
}

function startTestnet(dir: string, ...more: string[]): RunningTestnet {
  const child = spawn(process.execPath, [MAIN, 'testnet', '--dir', dir, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += String(chunk)
    })
  }
  let ended = false
  const exited = new Promise<number | null>(resolve => {
    child.once('close', code => {
      ended = true
      resolve(code)
    })
  })
  const testnet: RunningTestnet = {
    process: child,
    exited,
    output: () => output,
    async says(pattern) {
      while (!pattern.test(output)) {
        if (ended) throw new Error(`the test network ended before it said ${pattern}:\n${output}`)
        await sleep(50)
      }
    },
  }
  started.push(testnet)
  return testnet
}

async function control<T>(dir: string, ...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await cliProcess(['testnet', ...args, '--dir', dir, '--json'])
  if (exitCode !== 0) throw new Error(`testnet ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
  return JSON.parse(stdout) as T
}

const status = (dir: string): Promise<TestnetReport> => control<TestnetReport>(dir, 'status')

function isAlive(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0)
  } catch {
    return false
  }
}

async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition, { interval: 100, message: what }).toBe(true)
}

afterEach(async () => {
  for (const testnet of started.splice(0)) {
    testnet.process.kill('SIGINT')
    await testnet.exited
  }
  for (const end of scripts.splice(0)) await end()
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true })
})

describe('quorate testnet', () => {
  it('shows transactions on all replicas, obeys another terminal, and resumes the same network', async () => {
    const dir = directory()
    const first = startTestnet(dir, '--replicas', '4', '--observers', '1')
    await first.says(/the network runs/)
    expect(first.output().match(/committed in .* read back from nodes 0 1 2 3 4/g)).toHaveLength(3)
    expect(statSync(join(dir, 'password')).mode & 0o777).toBe(0o600)

    const before = await status(dir)
    expect(before.running).toBe(true)
    const key = first.output().match(/shared key ([0-9a-f]{192}): made by/)?.[1]
    expect(before.sharedKey).toMatchObject({ publicKey: key, epoch: 1 })
    const { stdout } = await cliProcess(['testnet', 'status', '--dir', dir])
    expect(stdout).toContain(`shared key   ${key}\n`)
    expect(before.replicas.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(before.observers.map(({ index }) => index)).toEqual([4])
    for (const node of [...before.replicas, ...before.observers]) {
      expect(node.state).toBe('ready')
      expect(isAlive(node.pid)).toBe(true)
      expect(node.listenAddresses[0]).toContain(node.peerId)
      expect((await fetch(`${node.apiUrl}/readyz`)).status).toBe(200)
    }

    const victim = before.replicas[2]?.pid ?? null
    await control(dir, 'kill', '2')
    expect(isAlive(victim)).toBe(false)
    expect((await status(dir)).replicas.map(({ state }) => state)).toEqual([
      'ready',
      'ready',
      'killed',
      'ready',
    ])
    const api = before.replicas[1]?.apiUrl ?? ''
    expect(await cliProcess(['submit', 'set', 'while', 'one is dead', '--api', api])).toMatchObject({
      exitCode: 0,
    })
    await control(dir, 'start', '2')
    await eventually(
      'replica 2 is ready again',
      async () => (await status(dir)).replicas[2]?.state === 'ready',
    )
    const revived = (await status(dir)).replicas[2]?.apiUrl ?? ''
    await eventually('replica 2 has caught up', async () => {
      const { exitCode, stdout } = await cliProcess(['get', 'while', '--api', revived])
      return exitCode === 0 && stdout === 'one is dead\n'
    })

    expect(await cliProcess(['testnet', '--dir', dir])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/already run by process \d+/),
    })
    const pids = [...(await status(dir)).replicas, ...before.observers].map(({ pid }) => pid)
    first.process.kill('SIGINT')
    expect(await first.exited).toBe(0)
    expect(pids.filter(isAlive)).toEqual([])
    const stopped = await status(dir)
    expect(stopped).toMatchObject({ running: false, networkId: before.networkId })
    expect(stopped.replicas.every(({ state, pid }) => state === 'stopped' && pid === null)).toBe(true)

    expect(await cliProcess(['testnet', '--dir', dir, '--replicas', '5'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/has --replicas 4, not 5/),
    })
    const second = startTestnet(dir, '--replicas', '4')
    await second.says(/the network runs/)
    const after = await status(dir)
    expect(after.networkId).toBe(before.networkId)
    expect(after.replicas.map(({ peerId, apiUrl }) => [peerId, apiUrl])).toEqual(
      before.replicas.map(({ peerId, apiUrl }) => [peerId, apiUrl]),
    )
    expect((await cliProcess(['get', 'while', '--api', api])).stdout).toBe('one is dead\n')
    await control(dir, 'stop')
    expect(await second.exited).toBe(0)
  })

  it('leaves no process behind when it is killed', async () => {
    const dir = directory()
    const testnet = startTestnet(dir, '--replicas', '1', '--quiet')
    await eventually('it is ready', async () => {
      const outcome = await cliProcess(['testnet', 'status', '--dir', dir, '--json'])
      return (
        outcome.exitCode === 0 && (JSON.parse(outcome.stdout) as TestnetReport).replicas[0]?.state === 'ready'
      )
    })
    const pid = (await status(dir)).replicas[0]?.pid ?? null
    testnet.process.kill('SIGKILL')
    await eventually('its node is gone', () => !isAlive(pid))
    const next = startTestnet(dir, '--replicas', '1')
    await next.says(/resuming the network[\s\S]*the network runs/)
  })

  it('runs a ledger, and says why when it cannot start', async () => {
    const dir = directory()
    const ledger = startTestnet(dir, '--replicas', '1', '--application', 'ledger', '--json')
    await ledger.says(/transfer of 3 .*committed/)
    const { replicas } = await status(dir)
    const port = new URL(replicas[0]?.apiUrl ?? '').port
    const clash = await cliProcess(['testnet', '--dir', directory(), '--replicas', '1', '--base-port', port])
    expect(clash).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(new RegExp(`port ${port} is in use`)),
    })
  })
})

describe('without --api', () => {
  it('a command talks to a node of the test network that is alive', async () => {
    const root = directory()
    const dir = join(root, '.quorate', 'testnet')
    const testnet = startTestnet(dir, '--replicas', '4')
    await testnet.says(/the network runs/)
    await control(dir, 'kill', '0')
    expect(await cliProcess(['submit', 'set', 'greeting', 'still here'], { cwd: root })).toMatchObject({
      exitCode: 0,
    })
    expect((await cliProcess(['get', 'greeting'], { cwd: root })).stdout).toBe('still here\n')
  })
})

describe('quorate start', () => {
  it('ends with exit code 5 when its port is in use, and 6 when its data directory is', async () => {
    const dir = directory()
    const testnet = startTestnet(dir, '--replicas', '1')
    await testnet.says(/the network runs/)
    const config = join(dir, 'replica-0', 'quorate.json')
    expect(await cliProcess(['start', '--config', config])).toMatchObject({ exitCode: 6 })
    const elsewhere = ['--directory', directory(), '--listen', '/ip4/127.0.0.1/tcp/0']
    const clash = await cliProcess(['start', '--config', config, ...elsewhere])
    expect(clash.exitCode).toBe(5)
    expect(clash.stderr).toMatch(/^quorate: [^\n]+\n$/)
  })
})

describe('testnet/README.md', () => {
  it('says what works: three members and an observer, on one machine', BUSY_MACHINE, async () => {
    const readme = readFileSync(new URL('../../../testnet/README.md', import.meta.url), 'utf8')
    const [, section = ''] = readme.split('## All on one machine')
    const [, script = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? []
    const dir = directory()
    const command = join(dir, 'quorate')
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`)
    chmodSync(command, 0o755)
    const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` }
    const { exited, output } = startScript(await onFreePorts(script), { cwd: dir, env })
    const exitCode = await exited
    expect(exitCode, output()).toBe(0)
    expect(output().match(/^good morning$/gm), output()).toHaveLength(2)
  })
})

/** Nodes of the script listen on 4101 to 4104, and have their API 80 ports above. A second run of this test may be on this machine. What is
 * chosen instead is out of the way of other tests, and of test networks, which do not listen at once on what they chose. */
const README_PORT = /\b41[08][1-4]\b/g

async function onFreePorts(script: string): Promise<string> {
  expect(new Set(script.match(README_PORT))).toContain('4101')
  for (let attempt = 0; attempt < 100; attempt++) {
    const base = randomInt(4_200, 9_800)
    const ports = [0, 1, 2, 3].flatMap(i => [base + i, base + 80 + i])
    const areFree = await Promise.all(ports.map(isPortFree))
    if (areFree.every(Boolean)) return script.replace(README_PORT, port => `${base + Number(port) - 4_101}`)
  }
  throw new Error('no free ports for the script')
}

/** A group of its own, so that whatever it started ends with it, also when the time of the test is over. */
function startScript(script: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
  const shell = spawn('bash', ['-e', '-c', script], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', chunk => {
      output += String(chunk)
    })
  }
  let ended = false
  const exited = new Promise<number | null>(resolve => {
    shell.once('close', code => {
      ended = true
      resolve(code)
    })
  })
  const killGroup = (): void => {
    if (!ended && shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
  }
  process.once('exit', killGroup)
  scripts.push(async () => {
    killGroup()
    await exited
    process.off('exit', killGroup)
  })
  return { exited, output: () => output }
}
