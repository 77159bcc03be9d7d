import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import { measureCrypto } from '../../../src/interfaces/cli/bench/crypto.ts'
import { measureAttack } from '../../../src/interfaces/cli/bench/crypto-attack.ts'
import { measureCeremony } from '../../../src/interfaces/cli/bench/crypto-ceremony.ts'
import { type CryptoReport, cryptoLines } from '../../../src/interfaces/cli/bench/crypto-report.ts'
import { quartilesOf } from '../../../src/interfaces/cli/bench/statistics.ts'
import { loadMclCurve } from '../../../src/node/mcl.ts'
import { cli } from './support/cli.ts'

const random = (lengthBytes: number) => new Uint8Array(randomBytes(lengthBytes))
const { signal } = new AbortController()
const curves = [['noble', nobleCurve] as const, ['mcl', await loadMclCurve()] as const]

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

  it('measures a ceremony phase by phase: what is said has the sizes that the packages have', async () => {
    const figure = await measureCeremony(['noble', nobleCurve], 4, random, signal)
    expect(figure).toMatchObject({ members: 4, threshold: 3, curve: 'noble' })
    expect(figure.phases.map(({ phase, entries, bytes }) => [phase, entries, bytes])).toEqual([
      ['register', 4, 4 * 128],
      ['deal', 3, 3 * (196 + 96 * 3 + 48 * 4)],
      ['confirm', 4, 4 * 115],
      ['activate', 1, 48],
    ])
    expect(figure.logBytes).toBe(512 + 2_028 + 460 + 48)
    for (const { ownMs, executeMs } of figure.phases) {
      expect(ownMs).toBeGreaterThan(0)
      expect(executeMs).toBeGreaterThan(0)
    }
    const lines = cryptoLines({
      curves: ['noble'],
      reason: null,
      operations: [],
      ceremonies: [figure],
      attacks: [],
    })
    expect(lines.at(-1)).toMatch(/4 +3 +noble +all/)
  })

  it('measures what liars can cause: as many lies as are listened to, and a conviction, of each', async () => {
    const figure = await measureAttack(['noble', nobleCurve], 4, random, signal)
    const { refusedDealingMs, refusedConfirmationMs, convictionMs, worstMs } = figure
    for (const ms of [refusedDealingMs, refusedConfirmationMs, convictionMs]) expect(ms).toBeGreaterThan(0)
    expect(worstMs).toBeCloseTo(
      8 * Math.max(refusedDealingMs, refusedConfirmationMs) + convictionMs + 4 * refusedConfirmationMs,
    )
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
    await expect(measureCeremony(['noble', nobleCurve], 4, random, stopped)).rejects.toThrow('enough')
  })
})

describe('quartiles', () => {
  it('are the middle, and the middle half', () => {
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ lower: 1, median: 2, upper: 3, samples: 4 })
    expect(quartilesOf([])).toEqual({ lower: 0, median: 0, upper: 0, samples: 0 })
  })
})
