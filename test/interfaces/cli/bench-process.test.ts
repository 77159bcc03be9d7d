import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BenchReport } from '../../../src/interfaces/cli/bench/report.ts'
import { say } from '../../processes/support/say.ts'
import { cliProcess, MAIN } from './support/cli.ts'

describe('quorate bench', () => {
  it('measures a network of its own and says what it cost', async () => {
    const args = [
      '--replicas',
      '2',
      '--clients',
      '2',
      '--duration',
      '2',
      '--warmup',
      '0.5',
      '--rate',
      '100',
      '--json',
    ]
    const { exitCode, stdout, stderr } = await cliProcess(['bench', ...args])
    expect(exitCode, stderr).toBe(0)
    const report = JSON.parse(stdout) as BenchReport
    expect(report.failures).toEqual({})
    expect(report.unanswered).toBe(0)
    expect(Math.abs(report.latencyMs.samples - 200)).toBeLessThanOrEqual(2)
    expect(report.idleLatencyMs.p50).toBeGreaterThan(0)
    expect(report.gossipRoundTripMs?.samples).toBe(300)
    expect(report.nodes).toHaveLength(2)
    for (const { cpuSeconds, memoryBytes } of report.nodes) {
      expect(cpuSeconds).toBeGreaterThan(0)
      expect(memoryBytes).toBeGreaterThan(10_000_000)
    }
    expect(report.perTransaction.publishedMessages).toBeGreaterThan(0)
  })

  it.each([
    ['signing transactions beforehand', '36000'],
    ['under load', '600'],
  ])('ends at Ctrl-C while %s with exit code 130, and takes its network along', async (step, duration) => {
    const args = [MAIN, 'bench', '--replicas', '1', '--duration', duration, '--rate', '50']
    const TMPDIR = mkdtempSync(join(tmpdir(), 'quorate-bench-test-'))
    onTestFinished(() => rmSync(TMPDIR, { recursive: true, force: true }))
    const env = { ...process.env, TMPDIR }
    const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    onTestFinished(() => void bench.kill('SIGKILL'))
    let output = ''
    let endedMs = 0
    bench.stderr.on('data', chunk => {
      output += String(chunk)
      if (endedMs > 0 || !output.includes(step)) return
      endedMs = performance.now()
      bench.kill('SIGINT')
    })
    expect(await new Promise(resolve => bench.once('exit', resolve))).toBe(130)
    say(`ended ${Math.round(performance.now() - endedMs)} ms after Ctrl-C`)
    expect(performance.now() - endedMs).toBeLessThan(100_000)
    expect(output).not.toMatch(/quorate: /)
    expect(readdirSync(TMPDIR)).toEqual([])
  })
})
