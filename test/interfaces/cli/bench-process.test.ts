import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { BenchReport } from '../../../src/interfaces/cli/bench/report.ts'
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

  it('ends at Ctrl-C with exit code 130, and takes its network along', async () => {
    const args = [MAIN, 'bench', '--replicas', '1', '--duration', '60', '--rate', '50']
    const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    bench.stderr.on('data', chunk => {
      output += String(chunk)
      if (output.includes('under load')) bench.kill('SIGINT')
    })
    expect(await new Promise(resolve => bench.once('exit', resolve))).toBe(130)
    expect(output).not.toMatch(/quorate: /)
  })
})
