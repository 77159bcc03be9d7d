import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { loadMclCurve } from '../../src/node/mcl.ts'
import { KEY_BEHAVIOUR_NAMES } from '../../src/sim/byzantine/behaviours.ts'
import { drawKeyOptions } from '../../src/sim/key-options.ts'
import { usualDelayMaxMs } from '../../src/sim/latency.ts'
import { drawOptions } from '../../src/sim/options.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'
import { drawWorld } from './defects/pools.ts'

/**
 * Worlds in which everything goes wrong that goes wrong in others, and the members make a key, deal it again every few seconds and erase old
 * shares meanwhile; all checkers watch. `KEY_SEEDS=1..60` runs others.
 */
const THRESHOLD = { transitionMs: 1_500, refreshMs: 4_000, deadlineMs: 500, graceMs: 500 }
const [first = 1, last = 5] = (process.env.KEY_SEEDS ?? '1..5').split('..').map(Number)
const SEEDS = Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('worlds with a shared key', BUSY_MACHINE, () => {
  it.each(SEEDS)('seed %i holds everything that must hold', async seed => {
    const options = drawOptions(seed, { threshold: THRESHOLD })
    const { violations } = await simulate(options, { loggerOf: () => silentLogger })
    expect(violations, JSON.stringify(options)).toEqual([])
  })

  it.each(SEEDS)('seed %i of those that are about keys holds everything, too', async seed => {
    const options = drawKeyOptions(seed)
    const { violations } = await simulate(options, { ...SILENT, curve: await loadMclCurve() })
    expect(violations, JSON.stringify(options)).toEqual([])
  })

  it('those that are about keys have every lie and every trouble about them, and times in proportion to their links', () => {
    const drawn = Array.from({ length: 300 }, (_, seed) => drawKeyOptions(seed))
    const lies = new Set(drawn.flatMap(({ byzantine }) => byzantine.flatMap(({ behaviours }) => behaviours)))
    for (const name of KEY_BEHAVIOUR_NAMES) expect(lies).toContain(name)
    for (const name of ['vaultLosses', 'vaultsKept', 'keyRequests'] as const) {
      const having = drawn.filter(options => options[name] !== undefined).length
      expect(having, name).toBeGreaterThan(60)
      expect(having, name).toBeLessThan(260)
    }
    for (const { threshold, latency } of drawn)
      expect(threshold?.refreshMs).toBeGreaterThan(40 * usualDelayMaxMs(latency))
    expect(drawKeyOptions(7)).toEqual(drawKeyOptions(7))
  })

  it('where the shares are not dealt again for weeks, who lost its secrets asks for it, and all have one in the end', async () => {
    const options = drawWorld('no refresh', 1)
    const { violations, keyEvents } = await simulate(options, { ...SILENT, curve: await loadMclCurve() })
    expect(violations, JSON.stringify(options)).toEqual([])
    expect(keyEvents['activated: refresh']).toBe(1)
  })

  it('the same number does the same again, also by the fast curve', async () => {
    const options = drawOptions(6, { threshold: THRESHOLD })
    const curve = await loadMclCurve()
    const [one, two] = [await simulate(options, SILENT), await simulate(options, { ...SILENT, curve })]
    expect(one.hash).toBe(two.hash)
    const { threshold: _, ...without } = options
    expect((await simulate(without, SILENT)).hash).not.toBe(one.hash)
  })
})

const SILENT = { loggerOf: () => silentLogger }
