import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { drawOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { type SimulationResult, simulate } from '../../src/sim/simulation.ts'

/**
 * Whole networks from one number each. `SEEDS=FROM..TO` runs others than the usual ones. A seed that fails is in the name of the
 * test, and its options are in the message.
 */
const [FROM, TO] = (process.env.SEEDS ?? '1..200').split('..').map(Number)
const SEEDS_PER_TEST = 20
const REGRESSIONS = fileURLToPath(new URL('./regressions/', import.meta.url))
const KNOWN = fileURLToPath(new URL('./known/', import.meta.url))
const HASHES = fileURLToPath(new URL('./hashes.txt', import.meta.url))

const run = (options: SimulationOptions): Promise<SimulationResult> =>
  simulate(options, { loggerOf: () => silentLogger })

/** Worlds of which several tests say something run once: that they do the same again is a test of its own. */
const SHARED_SEEDS = 40
const known = new Map<number, Promise<SimulationResult>>()

function worldOf(seed: number): Promise<SimulationResult> {
  const result = known.get(seed) ?? run(drawOptions(seed))
  if (seed <= SHARED_SEEDS) known.set(seed, result)
  return result
}

function expectNoViolation({ violations }: SimulationResult, options: SimulationOptions): void {
  expect(violations, JSON.stringify(options)).toEqual([])
}

describe('simulated networks', () => {
  const first = FROM ?? 1
  const last = TO ?? first
  for (let from = first; from <= last; from += SEEDS_PER_TEST) {
    const to = Math.min(last, from + SEEDS_PER_TEST - 1)
    it(`seeds ${from} to ${to} hold everything that must hold`, async () => {
      for (let seed = from; seed <= to; seed++) expectNoViolation(await worldOf(seed), drawOptions(seed))
    })
  }

  it('do the same again from the same number, and something else from another', async () => {
    const hashes = []
    for (const seed of [7, 7, 8]) hashes.push((await run(drawOptions(seed))).hash)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
  })

  /** Whatever machine and whatever Node: these are the same. `UPDATE_HASHES=1` takes those of today, when worlds are meant to change. */
  it('are the same everywhere', async () => {
    const hashes: string[] = []
    for (let seed = 1; seed <= 12; seed++) hashes.push(`${seed} ${(await worldOf(seed)).hash}`)
    const text = `${hashes.join('\n')}\n`
    if (process.env.UPDATE_HASHES !== undefined) writeFileSync(HASHES, text)
    expect(text).toBe(readFileSync(HASHES, 'utf8'))
  })

  it('have faults in them, and go on in spite of them', async () => {
    const results: SimulationResult[] = []
    for (let seed = 1; seed <= SHARED_SEEDS; seed++) results.push(await worldOf(seed))
    const sum = (count: (result: SimulationResult) => number): number =>
      results.reduce((total, result) => total + count(result), 0)
    expect(sum(({ crashes }) => crashes)).toBeGreaterThan(10)
    expect(sum(({ wipes }) => wipes)).toBeGreaterThan(1)
    expect(sum(({ views }) => views)).toBeGreaterThan(10)
    expect(sum(({ sequences }) => sequences)).toBeGreaterThan(150)
  })
})

interface Regression {
  readonly sentence: string
  readonly options: SimulationOptions
}

describe('worlds that found something once', () => {
  const files = readdirSync(REGRESSIONS).filter(name => name.endsWith('.json'))
  it.each(files)('%s', async file => {
    const { options } = JSON.parse(readFileSync(`${REGRESSIONS}${file}`, 'utf8')) as Regression
    expectNoViolation(await run(options), options)
  })
})

interface Known extends Regression {
  readonly checker: string
}

/** Whoever mends one moves it to those above; the folder is there while there are any. */
const knownFiles = existsSync(KNOWN) ? readdirSync(KNOWN).filter(name => name.endsWith('.json')) : []
describe.runIf(knownFiles.length > 0)('worlds that show what is known and not mended', () => {
  it.each(knownFiles)('%s', async file => {
    const known = JSON.parse(readFileSync(`${KNOWN}${file}`, 'utf8')) as Known
    const { violations } = await run(known.options)
    expect(violations.map(({ checker }) => checker)).toContain(known.checker)
  })
})
