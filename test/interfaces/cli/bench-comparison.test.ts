import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { certificatesOf } from '../../../src/interfaces/cli/bench/certificates.ts'
import { compare, comparisonLines } from '../../../src/interfaces/cli/bench/comparison.ts'
import type { BenchReport } from '../../../src/interfaces/cli/bench/report.ts'
import type { Usage } from '../../../src/interfaces/cli/bench/resources.ts'
import { createTerminal } from '../../../src/interfaces/cli/terminal.ts'

const quiet = () => new Writable({ write: (_chunk, _encoding, done) => done() })
const terminal = createTerminal({ stdout: quiet(), stderr: quiet(), environment: {} })
const { signal } = new AbortController()

const usage = (certificates: number | null, certificateDelaySeconds: number | null): Usage => ({
  cpuSeconds: null,
  memoryBytes: null,
  published: null,
  publishedBytes: null,
  received: null,
  receivedBytes: null,
  certificates,
  certificateDelaySeconds,
})

const reportOf = (committedPerSecond: number, perSecond: number | null): BenchReport => {
  const figure = (factor: number) => ({ perSecond: (perSecond ?? 0) * factor, delayMs: 50 })
  const options = {
    clients: 1,
    payloadBytes: 1,
    warmupMs: 0,
    durationMs: 1,
    ratePerSecond: null,
    inFlight: 1,
    signed: true,
  }
  const latencies = { p50: 1, p95: 1, p99: 1, max: 1, samples: 1 }
  return {
    options,
    replicas: 1,
    committedPerSecond,
    latencyMs: latencies,
    idleLatencyMs: latencies,
    certificates: perSecond === null ? null : { loaded: figure(1), idle: figure(2) },
    gossipRoundTripMs: null,
    failures: {},
    unanswered: 0,
    nodes: [1, 2].map(index => ({ index, pid: null, cpuSeconds: 1, memoryBytes: null })),
    perTransaction: {
      publishedMessages: null,
      publishedBytes: null,
      receivedMessages: null,
      receivedBytes: null,
    },
    generatorCpuSeconds: 0,
  }
}

describe('certificates', () => {
  it('are counted for one node on average, with the delay of each', () => {
    const before = [usage(10, 1), usage(0, 0)]
    const after = [usage(30, 2), usage(20, 3)]
    expect(certificatesOf({ before, after }, 2_000)).toEqual({ perSecond: 10, delayMs: 100 })
    expect(certificatesOf({ before, after: before }, 2_000)).toEqual({ perSecond: 0, delayMs: null })
    expect(certificatesOf({ before: [usage(null, null)], after: [usage(null, null)] }, 2_000)).toEqual({
      perSecond: 0,
      delayMs: null,
    })
  })
})

describe('quorate bench certificates', () => {
  it('lets the networks take turns, the one or the other first, and compares those of a round', async () => {
    const order: string[] = []
    const speeds = { with: [95, 80, 99], without: [100, 100, 90] }
    const report = await compare(
      {
        rounds: 3,
        sideBySide: false,
        start: async sharedKey => {
          order.push(sharedKey ? 'with' : 'without')
          return {
            nodes: [],
            close: async () => {
              order.push('closed')
            },
          }
        },
        measure: async () => {
          const name = order.at(-1) as 'with' | 'without'
          const speed = speeds[name].shift() ?? 0
          return reportOf(speed, name === 'with' ? speed : null)
        },
      },
      terminal,
      signal,
    )
    expect(order.filter(name => name !== 'closed')).toEqual([
      'with',
      'without',
      'without',
      'with',
      'with',
      'without',
    ])
    expect(order.filter((_, i) => i % 2 === 1)).toEqual(Array.from({ length: 6 }, () => 'closed'))
    expect(report.share).toEqual({ lower: 0.8, median: 0.95, upper: 1.1, samples: 3 })
    expect(report.shareByProcessor).toEqual(report.share)
    const lines = comparisonLines(report)
    expect(lines.join('\n')).toMatch('95.0 % (80.0 % to 110.0 %, 3 rounds)')
    expect(lines.at(-1)).toBe(
      'certificates  95.0/s, 50 ms after execution on average; idle 190/s, 50 ms after execution on average',
    )
  })

  it('measures both at once, side by side, and closes both', async () => {
    const log: string[] = []
    const networkOf = (sharedKey: boolean) => {
      const name = sharedKey ? 'with' : 'without'
      log.push(`start ${name}`)
      const network = { nodes: [], close: async () => void log.push(`close ${name}`) }
      return { name, network }
    }
    const names = new Map<unknown, string>()
    const report = await compare(
      {
        rounds: 2,
        sideBySide: true,
        start: async sharedKey => {
          const { name, network } = networkOf(sharedKey)
          names.set(network, name)
          return network
        },
        measure: async network => {
          log.push('measure')
          return reportOf(names.get(network) === 'with' ? 45 : 50, null)
        },
      },
      terminal,
      signal,
    )
    const round = (first: string, second: string) => [
      `start ${first}`,
      `start ${second}`,
      'measure',
      'measure',
      `close ${first}`,
      `close ${second}`,
    ]
    expect(log).toEqual([...round('with', 'without'), ...round('without', 'with')])
    expect(report.share).toEqual({ lower: 0.9, median: 0.9, upper: 0.9, samples: 2 })
  })

  it('stops the network of a round that fails', async () => {
    let isClosed = false
    const failing = compare(
      {
        rounds: 1,
        sideBySide: true,
        start: async () => ({
          nodes: [],
          close: async () => {
            isClosed = true
          },
        }),
        measure: () => Promise.reject(new Error('no answers')),
      },
      terminal,
      signal,
    )
    await expect(failing).rejects.toThrow('no answers')
    expect(isClosed).toBe(true)
  })
})
