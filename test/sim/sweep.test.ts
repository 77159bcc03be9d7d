import { beforeAll, describe, expect, it } from 'vitest'
import { resultLines, sweepLines } from '../../src/interfaces/cli/sim/report.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { createSweep, type SweepSummary, type World } from '../../src/sim/sweep.ts'

/** Many worlds, counted. */
const worlds: World[] = []

const CHANGES: readonly Partial<SimulationOptions>[] = [
  { n: 1 },
  { loss: 0.05 },
  { byzantine: [{ member: 2, behaviours: ['lying-status', 'silent'] }] },
]

beforeAll(async () => {
  for (const [i, changes] of CHANGES.entries()) {
    const options = calmOptions(i + 10, { transactions: 5, faultsMs: 1_000, ...changes })
    worlds.push({ options, result: await simulate(options, { loggerOf: () => silentLogger }) })
  }
})

function summaryOf(some: readonly World[]): SweepSummary {
  const sweep = createSweep()
  for (const world of some) sweep.add(world)
  return sweep.summary()
}

/** A world in which these checkers complained. */
const failed = (world: World, ...checkers: ('agreement' | 'liveness')[]): World => ({
  ...world,
  result: { ...world.result, violations: checkers.map(checker => ({ checker, atMs: 1, text: '' })) },
})

describe('a sweep', () => {
  it('counts members, enemies and what was met, as far as not every world has it', () => {
    const summary = summaryOf(worlds)
    expect(summary).toMatchObject({
      worlds: 3,
      failed: [],
      members: { 1: 1, 4: 2 },
      faulty: { 0: 2, 1: 1 },
      behaviours: { 'lying-status': 1, silent: 1 },
      options: { loss: 1, byzantine: 1 },
    })
    expect(summary.options).not.toHaveProperty('transactions')
    const messages = worlds.reduce((sum, { result }) => sum + result.messages, 0)
    expect(summary.totals.messages).toBe(messages)
    expect(Object.keys(summary.lies).join()).toContain('silent: ')
  })

  it('names the seeds of each checker that complained, a world that failed twice once', () => {
    const [a, b, c] = worlds as [World, World, World]
    const summary = summaryOf([failed(c, 'agreement', 'agreement', 'liveness'), a, failed(b, 'liveness')])
    expect(summary.failed).toEqual([11, 12])
    expect(summary.violations).toEqual({ agreement: [12], liveness: [11, 12] })
  })

  it('names the seeds of worlds of which a checker could not find out whether all is well', () => {
    const [a, b] = worlds as [World, World]
    const unsure = {
      ...b,
      result: { ...b.result, undecided: [{ checker: 'client-history', text: '' }] as const },
    }
    expect(summaryOf([a, b]).undecided).toEqual({})
    expect(summaryOf([unsure, a])).toMatchObject({ failed: [], undecided: { 'client-history': [11] } })
    const told = resultLines(unsure.result, 1).filter(line => line.startsWith('UNDECIDED'))
    expect(told).toEqual(['UNDECIDED   client-history: '])
    const report = { ...summaryOf([unsure, a]), wallMs: 1, broken: [] }
    expect(sweepLines(report, '10..11')).toContain('UNDECIDED   client-history: 1 world, seed 11')
  })

  it('has one hash, whatever the order, and another when one world is another', () => {
    const { hash } = summaryOf(worlds)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(summaryOf(worlds.toReversed()).hash).toBe(hash)
    const [a, b, c] = worlds as [World, World, World]
    const swapped = [
      { ...a, result: { ...a.result, hash: b.result.hash } },
      { ...b, result: { ...b.result, hash: a.result.hash } },
      c,
    ]
    expect(summaryOf(swapped).hash).not.toBe(hash)
    expect(summaryOf([a, b]).hash).not.toBe(hash)
  })

  it('tells the world that came nearest to its bound', () => {
    const near = worlds.map((world, i) => ({
      ...world,
      result: { ...world.result, livenessBoundMs: 1_000, longestSettlingMs: i === 1 ? 900 : 100 },
    }))
    expect(summaryOf(near).slowest).toEqual({ seed: 11, settlingMs: 900, boundMs: 1_000 })
  })
})
