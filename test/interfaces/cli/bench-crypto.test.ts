import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import { measureCrypto, type NamedCurve } from '../../../src/interfaces/cli/bench/crypto.ts'
import { measureAttack } from '../../../src/interfaces/cli/bench/crypto-attack.ts'
import { measureCeremony, type PhaseFigure } from '../../../src/interfaces/cli/bench/crypto-ceremony.ts'
import { type CryptoReport, cryptoLines } from '../../../src/interfaces/cli/bench/crypto-report.ts'
import { quartilesOf } from '../../../src/interfaces/cli/bench/statistics.ts'
import { loadMclCurve } from '../../../src/node/mcl.ts'
import { TRANSACTION_OVERHEAD_BYTES } from '../../../src/wire/limits.ts'
import { cli } from './support/cli.ts'

const random = (lengthBytes: number) => new Uint8Array(randomBytes(lengthBytes))
const { signal } = new AbortController()
const mcl = await loadMclCurve()
const curves: readonly NamedCurve[] = [
  ['noble', nobleCurve],
  ['mcl', mcl],
]

describe('quorate bench crypto', () => {
  it('measures every operation with both curves in turn, and secrets with one', async () => {
    const figures = await measureCrypto(curves, [2], 1, random, signal)
    expect(figures.map(({ what }) => what)).toEqual([
      'sign',
      'combine',
      'verify',
      'verify 64 together',
      'verify a partial',
      'check a dealing',
    ])
    for (const { what, ms, ratio } of figures) {
      const names = what === 'sign' ? ['noble'] : ['noble', 'mcl']
      expect(Object.keys(ms)).toEqual(names)
      expect(Object.keys(ratio)).toEqual(names.slice(1))
      for (const { median, lower, upper, samples } of [...Object.values(ms), ...Object.values(ratio)]) {
        expect(samples).toBe(2)
        expect(lower).toBeGreaterThan(0)
        expect(lower).toBeLessThanOrEqual(median)
        expect(median).toBeLessThanOrEqual(upper)
      }
    }
    expect(
      cryptoLines({
        curves: ['noble', 'mcl'],
        reason: null,
        operations: figures,
        ceremonies: [],
        attacks: [],
      }),
    ).toHaveLength(7)
    expect(
      cryptoLines({
        curves: ['noble'],
        reason: 'left out',
        operations: figures,
        ceremonies: [],
        attacks: [],
      }).join('\n'),
    ).toMatch('left out')
  })

  it('runs a ceremony over a log, with both curves in turn: what is said has the sizes that it has in a network', async () => {
    const told: string[] = []
    const size = { members: 4, ledgers: 4 }
    const figures = await measureCeremony(curves, size, random, signal, at => told.push(at))
    expect(figures.map(({ curve }) => curve)).toEqual(['noble', 'mcl'])
    for (const figure of figures) {
      expect(figure).toMatchObject({ members: 4, threshold: 3, ledgers: 4 })
      // One byte of type each. The fourth dealing comes too late, and is in the log.
      expect(
        figure.phases.map(({ phase, entries, operationBytes }) => [phase, entries, operationBytes]),
      ).toEqual([
        ['start', 1, 1 + 9],
        ['register', 4, 4 * (1 + 128)],
        ['deal', 4, 4 * (1 + 196 + 96 * 3 + 48 * 4)],
        ['confirm', 4, 4 * (1 + 115)],
        ['activate', 1, 1 + 32 + 48],
      ])
      for (const { bytes, entries, operationBytes, ownMs, executeMs } of figure.phases) {
        // The author's signature, and of the transaction the client, the signature, time and nonce.
        const aroundBytes = (bytes - operationBytes) / entries
        expect(aroundBytes).toBeGreaterThan(64 + 32 + 64 + 6)
        expect(aroundBytes).toBeLessThan(TRANSACTION_OVERHEAD_BYTES + 64 + 16)
        expect(ownMs).toBeGreaterThan(0)
        expect(executeMs).toBeGreaterThan(0)
      }
      const sum = (of: (phase: PhaseFigure) => number) =>
        figure.phases.reduce((total, phase) => total + of(phase), 0)
      expect(figure.logBytes).toBe(sum(({ bytes }) => bytes))
      expect(figure.memberMs).toBeCloseTo(sum(({ ownMs, executeMs }) => ownMs + executeMs))
      expect(figure.cpuMs).toBeCloseTo(4 * figure.memberMs)
      expect(figure.wallMs).toBeGreaterThan(figure.memberMs)
    }
    expect(told[0]).toBe('start: 1 of 1 have made theirs')
    expect(told).toContain('deal: 2 of 4 executed')
    const lines = cryptoLines({
      curves: ['noble', 'mcl'],
      reason: null,
      operations: [],
      ceremonies: figures,
      attacks: [],
    })
    expect(lines.at(-2)).toMatch(/^4 +3 +noble +\d+ +- +4 +\d+\.\d +\d+\.\d$/)
    expect(lines.at(-1)).toMatch(/^4 +3 +mcl +\d+ +\d+\.\d +4 +\d+\.\d +\d+\.\d$/)
  })

  it('runs it with fewer ledgers: the log is the same, and so is what each of them does', async () => {
    const size = { members: 4, ledgers: 1 }
    const [figure] = await measureCeremony([['mcl', mcl]], size, random, signal)
    expect(figure).toMatchObject({ members: 4, ledgers: 1 })
    expect(figure?.phases.map(({ entries }) => entries)).toEqual([1, 4, 4, 4, 1])
  })

  it('measures what liars can cause: as many lies as are listened to, and a conviction, of each', async () => {
    const figure = await measureAttack(['noble', nobleCurve], 4, random, signal)
    const { refusedDealingMs, refusedConfirmationMs, convictionMs, worstMs } = figure
    for (const ms of [refusedDealingMs, refusedConfirmationMs, convictionMs]) expect(ms).toBeGreaterThan(0)
    const convicted = 8 * refusedConfirmationMs + convictionMs + 4 * refusedConfirmationMs
    expect(worstMs).toBeCloseTo(Math.max(convicted, 7 * refusedConfirmationMs + refusedDealingMs))
    const lines = cryptoLines({ curves: [], reason: null, operations: [], ceremonies: [], attacks: [figure] })
    expect(lines.at(-1)).toMatch(/4 +1 +noble/)
  })

  it('is a command with flags of its own, also where the command above has flags of these names', async () => {
    const args = ['--budget', '0.1', '--thresholds', '1', '--members', 'none', '--json']
    const { exitCode, stdout, stderr } = await cli(['bench', 'crypto', ...args])
    expect(exitCode, stderr).toBe(0)
    const report = JSON.parse(stdout) as CryptoReport
    expect(report).toMatchObject({ curves: ['noble', 'mcl'], reason: null, ceremonies: [], attacks: [] })
    expect(report.operations).toHaveLength(6)
    expect((await cli(['bench', 'crypto', '--thresholds', '0'])).exitCode).toBe(2)
    expect((await cli(['bench', 'crypto', '--replicas', '4'])).exitCode).toBe(2)
  })

  it('stops when it is told to', async () => {
    const stopped = AbortSignal.abort(new Error('enough'))
    await expect(measureCrypto(curves, [1], 60_000, random, stopped)).rejects.toThrow('enough')
    const size = { members: 4, ledgers: 4 }
    await expect(measureCeremony(curves, size, random, stopped)).rejects.toThrow('enough')
    const later = new AbortController()
    const begun = measureCeremony(curves, size, random, later.signal, at => {
      if (at.startsWith('deal')) later.abort(new Error('that will do'))
    })
    await expect(begun).rejects.toThrow('that will do')
  })
})

describe('quartiles', () => {
  it('are the middle, and the middle half', () => {
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ lower: 1, median: 2, upper: 3, samples: 4 })
    expect(quartilesOf([])).toEqual({ lower: 0, median: 0, upper: 0, samples: 0 })
  })
})
