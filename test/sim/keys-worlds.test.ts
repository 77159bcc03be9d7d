import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { loadMclCurve } from '../../src/node/mcl.ts'
import { drawOptions } from '../../src/sim/options.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'

/**
 * Worlds in which everything goes wrong that goes wrong in others, and the members make a key, deal it again every few seconds and erase old
 * shares meanwhile; all checkers watch. `KEY_SEEDS=1..60` runs others.
 */
const THRESHOLD = { transitionMs: 1_500, refreshMs: 4_000, deadlineMs: 500, graceMs: 500 }
const [first = 1, last = 6] = (process.env.KEY_SEEDS ?? '1..6').split('..').map(Number)
const SEEDS = Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('worlds with a shared key', BUSY_MACHINE, () => {
  it.each(SEEDS)('seed %i holds everything that must hold', async seed => {
    const options = drawOptions(seed, { threshold: THRESHOLD })
    const { violations } = await simulate(options, { loggerOf: () => silentLogger })
    expect(violations, JSON.stringify(options)).toEqual([])
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
