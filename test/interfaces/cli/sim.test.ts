import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SimulationOptions } from '../../../src/sim/options.ts'
import { isolate } from '../../../src/sim/sentences.ts'
import type { SweepSummary } from '../../../src/sim/sweep.ts'
import { BUSY_MACHINE } from '../../support/busy-machine.ts'
import { cli, cliProcess, MAIN } from './support/cli.ts'

/** `quorate sim` as a process, because worlds run in threads of the built program. */
const REGRESSIONS = fileURLToPath(new URL('../../sim/regressions/', import.meta.url))

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-sim-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A small world that is said to be calm, and whose first primary nobody hears: its members leave for another view, as they must. */
const FAILING = Object.entries({
  n: 4,
  isCalm: true,
  sentences: [isolate(0).at(100).for(1_400)],
  byzantine: [],
  left: [],
  crashesPerSecond: 0,
  transactions: 6,
  clients: 0,
  faultsMs: 1_500,
  latency: { minMs: 0.3, maxMs: 2, tail: 0 },
  statusMs: 500,
  viewChangeTimeoutMs: 300,
  viewChangeTimeoutMaxMs: 600,
}).flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`])

const MANY_FAILING = ['sim', '--seeds', '1..100000', ...FAILING]

const FAULTY = JSON.stringify([{ member: 1, behaviours: ['silent'] }])

async function firstFailing(): Promise<{ seed: number; directory: string; file: string }> {
  const directory = temporaryDirectory()
  const args = ['sim', '--seeds', '1..40', ...FAILING, '--fail-fast', '--jobs', '1', '--save', directory]
  const { exitCode, stderr } = await cliProcess(args)
  expect(exitCode, stderr).toBe(1)
  const [name = ''] = readdirSync(directory)
  return { seed: Number(/\d+/.exec(name)?.[0]), directory, file: join(directory, name) }
}

describe('one world', () => {
  it('prints its options, what came of it and its hash, the same each time', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => cliProcess(['sim', '--seed', '3'])))
    expect(first?.exitCode).toBe(0)
    expect(first?.stdout).toMatch(/^\{ "seed": 3, "n": \d+,/)
    expect(first?.stdout).toContain('in order after')
    const hash = /hash +([0-9a-f]{16})/
    expect(hash.exec(first?.stdout ?? '')?.[1]).toBeDefined()
    expect(hash.exec(second?.stdout ?? '')?.[1]).toBe(hash.exec(first?.stdout ?? '')?.[1])
  })

  it('takes back the options that it prints, and those of worlds that failed once', async () => {
    const { stdout } = await cliProcess(['sim', '--seed', '2', '--set', 'n=1', '--json'])
    const { options, result } = JSON.parse(stdout) as {
      options: SimulationOptions
      result: { hash: string }
    }
    expect(options.n).toBe(1)
    const file = join(temporaryDirectory(), 'world.json')
    writeFileSync(file, JSON.stringify(options))
    const again = await cliProcess(['sim', '--options', file, '--json'])
    expect((JSON.parse(again.stdout) as { result: { hash: string } }).result.hash).toBe(result.hash)

    const [regression = ''] = readdirSync(REGRESSIONS)
    expect((await cliProcess(['sim', '--options', join(REGRESSIONS, regression)])).exitCode).toBe(0)
  })

  it('writes down who said what to whom', async () => {
    const file = join(temporaryDirectory(), 'trace.txt')
    const { exitCode } = await cliProcess(['sim', '--seed', '3', '--trace', file])
    expect(exitCode).toBe(0)
    const trace = readFileSync(file, 'utf8')
    expect(trace).toMatch(/^ +\d+\.\d{4} {2}\d -> {2}PRE-PREPARE v0 n1 [0-9a-f]{8} \{.*\[\d /m)
    expect(trace).toMatch(/\d \*\* {2}starts/)
  })

  it('shows the end of the conversation when something goes wrong, how to see more, and fails', async () => {
    const { seed, file } = await firstFailing()
    expect(seed).toBeGreaterThan(0)
    const { exitCode, stdout, stderr } = await cliProcess(['sim', '--options', file])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^VIOLATED after/m)
    expect(stdout).toMatch(/lines of the conversation/)
    expect(stdout).toMatch(/ -> {2}(COMMIT|PREPARE|PRE-PREPARE|STATUS|VIEW-CHANGE)/)
    expect(stderr).toContain(`quorate sim --options ${file} --trace`)
    expect(stderr).not.toContain('NOT DETERMINISTIC')

    const shrunk = await cliProcess(['sim', '--options', file, '--shrink', '--tries', '20'])
    const { options } = JSON.parse(shrunk.stdout) as { options: SimulationOptions }
    expect(shrunk.stderr).toContain('still fails: ')
    expect(options.isCalm).toBe(true)
    const small = join(temporaryDirectory(), 'small.json')
    writeFileSync(small, shrunk.stdout)
    expect((await cliProcess(['sim', '--options', small])).exitCode).toBe(1)
  })
})

describe('many worlds', () => {
  it('are counted, with the same hash however many run at a time', async () => {
    const runs = await Promise.all(
      ['1', '3'].map(jobs =>
        cliProcess(['sim', '--seeds', '2..5', '--set', 'n=4', '--jobs', jobs, '--json']),
      ),
    )
    const [one, three] = runs.map(({ stdout }) => JSON.parse(stdout) as SweepSummary)
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(one).toMatchObject({ worlds: 4, failed: [], violations: {} })
    expect(three?.hash).toBe(one?.hash)
    expect(three?.totals).toEqual(one?.totals)
    expect(Object.values(one?.members ?? {}).reduce((sum, worlds) => sum + worlds, 0)).toBe(4)
  })

  it('are about the keys of the network when that is asked for', BUSY_MACHINE, async () => {
    const args = ['sim', '--seeds', '3..4', '--keys', '--set', 'n=4', '--jobs', '2', '--json']
    const { exitCode, stdout } = await cliProcess(args)
    expect(exitCode).toBe(0)
    const { keyEvents, hash } = JSON.parse(stdout) as SweepSummary
    expect(keyEvents['activated: fresh']).toBeGreaterThanOrEqual(2)
    const plain = await cliProcess(args.filter(arg => arg !== '--keys'))
    expect(JSON.parse(plain.stdout)).toMatchObject({ keyEvents: {} })
    expect((JSON.parse(plain.stdout) as SweepSummary).hash).not.toBe(hash)
  })

  it('go on when one fails, which is told by its checker and saved', async () => {
    const directory = temporaryDirectory()
    const range = ['sim', '--seeds', '1..4', ...FAILING]
    const { exitCode, stdout, stderr } = await cliProcess([...range, '--save', directory, '--json'])
    const summary = JSON.parse(stdout) as SweepSummary
    expect(exitCode).toBe(1)
    expect(summary.worlds).toBe(4)
    expect(summary.failed.length).toBeGreaterThan(0)
    expect(Object.values(summary.violations).flat()).toEqual(expect.arrayContaining([...summary.failed]))
    expect(readdirSync(directory).sort()).toEqual(summary.failed.map(seed => `seed-${seed}.json`).sort())
    expect(stderr).toContain(`quorate sim --seed ${summary.failed[0]}`)
  })

  it('end when one that fails can no longer be saved', async () => {
    const parent = temporaryDirectory()
    const directory = join(parent, 'failing')
    const child = spawn(process.execPath, [MAIN, ...MANY_FAILING, '--jobs', '2', '--save', directory])
    onTestFinished(() => void child.kill('SIGKILL'))
    let stderr = ''
    let moved = 0
    let isInTheWay = false
    child.stderr.on('data', chunk => {
      stderr += String(chunk)
      if (!stderr.startsWith('seed ') || isInTheWay) return
      renameSync(directory, join(parent, `moved-${moved++}`))
      try {
        writeFileSync(directory, '', { flag: 'wx' })
        isInTheWay = true
      } catch {
        // The program was quicker, and made the directory again: at the next failure.
      }
    })
    expect(await new Promise<number | null>(resolve => child.once('close', resolve)), stderr).toBe(6)
    expect(stderr).toMatch(/^quorate: the file .*failing\/seed-\d+\.json cannot be written: /m)
  })

  it('make the directory again when it disappears meanwhile, and go on', async () => {
    const parent = temporaryDirectory()
    const directory = join(parent, 'failing')
    const child = spawn(process.execPath, [MAIN, ...MANY_FAILING, '--jobs', '1', '--save', directory])
    onTestFinished(() => void child.kill('SIGKILL'))
    let stderr = ''
    let isMoved = false
    child.stderr.on('data', chunk => {
      stderr += String(chunk)
      if (!stderr.startsWith('seed ')) return
      if (!isMoved) renameSync(directory, join(parent, 'moved'))
      else if (!child.killed && existsSync(directory)) child.kill('SIGINT')
      isMoved = true
    })
    expect(await new Promise<number | null>(resolve => child.once('close', resolve)), stderr).toBe(1)
    expect(readdirSync(directory)).not.toEqual([])
  })

  it('end at Ctrl-C, with what was counted until then', BUSY_MACHINE, async () => {
    const child = spawn(process.execPath, [MAIN, 'sim', '--seeds', '1..1000000', '--jobs', '1', '--json'])
    onTestFinished(() => void child.kill('SIGKILL'))
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => {
      stdout += String(chunk)
    })
    const closed = new Promise<number | null>(resolve => child.once('close', resolve))
    const isCounting = new Promise<void>(resolve => {
      child.stderr.on('data', chunk => {
        stderr += String(chunk)
        if (/^\d+ of 1000000 worlds/m.test(stderr)) resolve()
      })
    })
    await Promise.race([isCounting, closed])
    child.kill('SIGINT')
    expect(await closed, stderr).toBe(130)
    const counted = Number(/^(\d+) of 1000000 worlds/m.exec(stderr)?.[1])
    const { worlds } = JSON.parse(stdout) as SweepSummary
    expect(worlds).toBeGreaterThanOrEqual(counted)
    expect(worlds).toBeLessThan(1_000_000)
  })
})

describe('flags', () => {
  it.each([
    [[], 'give one of --seed, --seeds and --options'],
    [['--seed', '1', '--seeds', '1..2'], 'give one of'],
    [['--seeds', '5..1'], 'the lower one first'],
    [['--seed', 'x'], 'allowed: an integer'],
    [['--seed', '1', '--set', 'm=7'], 'm: is not an option; allowed: n, and'],
    [['--seed', '1', '--set', 'n="7"'], 'n: "7" is not acceptable; allowed: an integer from 1 to 13'],
    [['--seed', '1', '--set', 'n=0'], 'n: 0 is not acceptable'],
    [['--seeds', '1..2', '--set', 'n=99'], 'n: 99 is not acceptable'],
    [['--seeds', '1..2', '--set', 'loss=2', '--set', 'latency={"minMs":5}'], '--set has 3 problems'],
    [['--seeds', '1..2', '--set', 'seed=4'], '--set seed is for --options'],
    [['--seeds', '1..99', '--set', 'n=3', '--set', `byzantine=${FAULTY}`], 'seed 1 has 1 problem'],
    [['--seed', '1', '--set', 'n=3', '--set', `byzantine=${FAULTY}`], 'allowed: at most 0 of 3'],
    [['--seed', '1', '--set', 'n'], 'value as JSON'],
    [['--options', '/nowhere/world.json'], 'cannot be read as JSON'],
    [['--seeds', '1..2', '--trace', 'x.txt'], 'one world'],
    [['--seeds', '1..2', '--shrink'], 'one world'],
    [['--seed', '1', '--jobs', '2', '--fail-fast'], '--jobs, --fail-fast do nothing with one world'],
    [['--seed', '1', '--shrink', '--trace', 'x'], '--trace does nothing with --shrink'],
    [['--seed', '1', '--tries', '9'], '--tries is for --shrink'],
    [['--options', 'x', '--keys'], '--keys does nothing with --options'],
    [['--sede', '1'], "unknown option '--sede' (Did you mean --seed?); see quorate sim --help"],
  ])('%j are refused', async (args, sentence) => {
    const { exitCode, stderr, stdout } = await cli(['sim', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(sentence)
    expect(stdout).toBe('')
  })

  it('that name a file are refused with everything that is wrong in it', async () => {
    const file = join(temporaryDirectory(), 'world.json')
    writeFileSync(file, '{"seed":1,"n":4,"latency":{"minMS":4}}')
    const { exitCode, stderr } = await cli(['sim', '--options', file])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^quorate: the world of .*world\.json has \d\d problems:$/m)
    expect(stderr).toContain('  faultsMs: is missing; allowed: a number from 0 to 3600000\n')
    expect(stderr).toContain('  latency.minMS: is not an option; allowed: minMs, and 4 others\n')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('are refused when they save where the system makes no directories', async () => {
    // Linux has /proc, where Node's own way to make directories does not end.
    const { exitCode, stderr } = await cli(['sim', '--seeds', '1..2', '--save', '/proc/quorate/failing'])
    expect(exitCode).toBe(6)
    expect(stderr).toMatch(/^quorate: worlds that fail cannot be saved in .*; give --save a directory/)
  })

  it.each([[['--seed', '1']], [['--help']]])('%j end when what they print cannot be written', async args => {
    const full = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(full))
    const child = spawn(process.execPath, [MAIN, 'sim', ...args], { stdio: ['ignore', full, 'pipe'] })
    let stderr = ''
    child.stderr?.on('data', chunk => {
      stderr += String(chunk)
    })
    expect(await new Promise<number | null>(resolve => child.once('close', resolve))).toBe(6)
    expect(stderr).toMatch(/^quorate: what is printed cannot be written: ENOSPC.*\n$/)
  })

  it.each(['--save', '--trace'])(
    '%s are refused before a world runs when nothing can be written there',
    async flag => {
      const file = join(temporaryDirectory(), 'file')
      writeFileSync(file, '')
      const { exitCode, stderr, stdout } = await cli(['sim', '--seed', '1', flag, join(file, 'below')])
      expect(exitCode).toBe(6)
      expect(stderr).toMatch(/^quorate: .* cannot be (saved|written).*: ENOTDIR.*; give .*\n$/)
      expect(stdout).toBe('')
      expect(existsSync(join(file, 'below'))).toBe(false)
    },
  )
})
