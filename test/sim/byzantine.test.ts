import { describe, expect, it } from 'vitest'
import { curveOf } from '../../src/interfaces/cli/sim/world-curve.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { createPrng } from '../../src/lib/prng.ts'
import { faultyMax } from '../../src/pbft/quorum.ts'
import {
  BEHAVIOUR_NAMES,
  type BehaviourName,
  DRAWN_BEHAVIOUR_NAMES,
  KEY_BEHAVIOUR_NAMES,
} from '../../src/sim/byzantine/behaviours.ts'
import { drawBehaviours, drawFaulty } from '../../src/sim/byzantine/draw.ts'
import { drawOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { type SimulationResult, simulate } from '../../src/sim/simulation.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'

/**
 * Every way to be faulty by itself, in short worlds in which views change, among 4 and among 7: it does what it says, and breaks nothing
 * that must hold. `BEHAVIOUR_SEEDS=30` takes more worlds of each.
 */
const SEEDS = Number(process.env.BEHAVIOUR_SEEDS ?? 3)

/** Have something to do only where there are keys, and are in worlds made for them. */
const PLACED_AMONG_KEYS: readonly BehaviourName[] = ['false-endings', 'strange-orders']

/** Shares are dealt again within the world. */
const THRESHOLD = { transitionMs: 500, refreshMs: 1_000, deadlineMs: 500, graceMs: 300 }

function shortWorld(seed: number, n: number, behaviour: BehaviourName): SimulationOptions {
  const faulty = Array.from({ length: faultyMax(n) }, (_, i) => (seed + i) % n)
  return drawOptions(seed, {
    n,
    byzantine: faulty.map(member => ({ member, behaviours: [behaviour] })),
    faultsMs: 2_500,
    transactions: 15,
    latency: { minMs: 1, maxMs: 8, tail: 0.02 },
    loss: 0.02,
    partitions: true,
    crashesPerSecond: 1.5,
    wipes: 0,
    viewChangeTimeoutMs: 300,
    viewChangeTimeoutMaxMs: 1_200,
    resendMs: 100,
    statusMs: 500,
    historySequences: 4,
    ...([...KEY_BEHAVIOUR_NAMES, ...PLACED_AMONG_KEYS].includes(behaviour) ? { threshold: THRESHOLD } : {}),
  })
}

async function run(options: SimulationOptions): Promise<SimulationResult> {
  const result = await simulate(options, { loggerOf: () => silentLogger, curve: await curveOf(options) })
  expect(result.violations, JSON.stringify(options)).toEqual([])
  return result
}

function liesOf(results: readonly SimulationResult[], behaviour: BehaviourName): number {
  const entries = results.flatMap(({ lies }) => Object.entries(lies))
  return entries.reduce((sum, [lie, count]) => (lie.startsWith(`${behaviour}: `) ? sum + count : sum), 0)
}

describe.each(BEHAVIOUR_NAMES)('a member that is %s', BUSY_MACHINE, behaviour => {
  it('does something, and breaks nothing that must hold', async () => {
    const results: SimulationResult[] = []
    for (let seed = 1; seed <= SEEDS; seed++) results.push(await run(shortWorld(seed, 4, behaviour)))
    for (let seed = 1; seed <= SEEDS / 2; seed++) results.push(await run(shortWorld(seed, 7, behaviour)))
    expect(liesOf(results, behaviour)).toBeGreaterThan(0)
  })
})

describe('worlds with faulty members', BUSY_MACHINE, () => {
  it('have at most f of them, each with different behaviours, and every behaviour comes that is drawn', () => {
    const met = new Set<string>()
    for (let seed = 1; seed <= 300; seed++) {
      const n = 1 + (seed % 10)
      const faulty = drawFaulty(createPrng(seed), n)
      expect(faulty.length).toBeLessThanOrEqual(faultyMax(n))
      expect(new Set(faulty.map(({ member }) => member)).size).toBe(faulty.length)
      for (const { behaviours } of faulty) {
        expect(new Set(behaviours).size).toBe(behaviours.length)
        for (const name of behaviours) met.add(name)
      }
    }
    expect([...met].sort()).toEqual([...DRAWN_BEHAVIOUR_NAMES].sort())
  })

  it('can be drawn with all behaviours at once', () => {
    const all = drawBehaviours(createPrng(1), DRAWN_BEHAVIOUR_NAMES.length)
    expect([...all].sort()).toEqual([...DRAWN_BEHAVIOUR_NAMES].sort())
  })
})
