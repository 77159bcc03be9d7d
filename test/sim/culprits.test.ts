import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { faultyMax, quorum } from '../../src/pbft/quorum.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { type BeyondResult, drawBeyond, simulateBeyond } from '../../src/sim/beyond.ts'
import { createGround } from '../../src/sim/ground.ts'
import { drawOptions } from '../../src/sim/options.ts'
import { isStandInSignature } from '../../src/sim/signatures.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { type Evidence, judge } from '../../src/wire/evidence.ts'
import { BUSY_MACHINE } from '../support/busy-machine.ts'

/**
 * More faulty members than the protocol bears: agreement breaks, and whoever broke it is named. `BEYOND=FROM..TO` runs others than the
 * usual seeds. Up to f of the same enemies break nothing.
 */
const [FROM, TO] = (process.env.BEYOND ?? '1..24').split('..').map(Number)
const SEEDS_PER_TEST = 8
const components = { loggerOf: () => silentLogger }

const run = (seed: number): Promise<BeyondResult> => simulateBeyond(drawBeyond(seed), components)

describe('more faulty members than f', BUSY_MACHINE, () => {
  const first = FROM ?? 1
  const last = TO ?? first
  const results = new Map<number, BeyondResult>()
  for (let from = first; from <= last; from += SEEDS_PER_TEST) {
    const to = Math.min(last, from + SEEDS_PER_TEST - 1)
    it(`are named when they break agreement, and nobody else is: seeds ${from} to ${to}`, async () => {
      for (let seed = from; seed <= to; seed++) {
        const options = drawBeyond(seed)
        const result = await simulateBeyond(options, components)
        results.set(seed, result)
        expect(result.violations, JSON.stringify(options)).toEqual([])
        const colluding = options.byzantine.map(({ member }) => member)
        expect(colluding).toEqual(expect.arrayContaining([...result.culprits]))
        expect(colluding.length).toBeGreaterThan(faultyMax(options.n))
        expect(colluding).toEqual(expect.arrayContaining([...result.namedFromDisks]))
        if (!result.isBroken) continue
        const owed = 2 * quorum(options.n) - options.n
        expect(result.culprits.length).toBeGreaterThanOrEqual(owed)
        // What was pruned from history is on no disk any more.
        if (options.historySequences >= 1_000)
          expect(result.namedFromDisks.length).toBeGreaterThanOrEqual(owed)
      }
    })
  }

  it('do break agreement by every plan, and some of the deceived stop', () => {
    const broken = [...results].filter(([, { isBroken }]) => isBroken)
    expect(broken.length).toBeGreaterThan(results.size / 4)
    const plans = new Set(broken.map(([seed]) => drawBeyond(seed).collusion.plan))
    expect([...plans].sort()).toEqual(['amnesia', 'by-turns', 'roll-back', 'two-lines'])
    expect(broken.filter(([, { stopped }]) => stopped.size > 0).length).toBeGreaterThan(0)
  })

  it('do the same again from the same number', async () => {
    expect((await run(5)).hash).toBe((await run(5)).hash)
  })
})

describe('a proof', BUSY_MACHINE, () => {
  it('convinces whoever has the public keys, and nobody when anything in it is changed', async () => {
    const options = drawBeyond(5)
    const { scope } = createGround(options)
    const { evidence } = await simulateBeyond(options, components)
    const convinces = (one: Evidence, inScope = scope): boolean =>
      judge(inScope, options.logWindow, one)?.every(isStandInSignature) ?? false
    expect(evidence.length).toBeGreaterThan(2)
    for (const one of evidence) {
      const [first, second] = one.parts as readonly [Uint8Array, Uint8Array]
      const another = replicaId((one.replica + 1) % options.n)
      expect(convinces(one)).toBe(true)
      expect(convinces({ ...one, replica: another })).toBe(false)
      expect(convinces({ ...one, parts: [] })).toBe(false)
      expect(convinces({ ...one, parts: [first, first] })).toBe(false)
      expect(convinces({ ...one, parts: [second, second] })).toBe(false)
      expect(convinces({ ...one, parts: [first.slice(0, -1), second] })).toBe(false)
      expect(convinces({ ...one, parts: [first, withOneBitTurned(second)] })).toBe(false)
      expect(convinces(one, { ...scope, networkId: new Uint8Array(32) })).toBe(false)
    }
  })
})

function withOneBitTurned(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[20] = (copy[20] ?? 0) ^ 1
  return copy
}

describe('no more than f members that collude', BUSY_MACHINE, () => {
  for (const [n, seeds] of [
    [4, 4],
    [7, 4],
    [10, 1],
  ] as const) {
    it(`break nothing among ${n}`, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const members = Array.from({ length: faultyMax(n) }, (_, i) => (seed + 2 * i) % n)
        const byzantine = members.map(member => ({ member, behaviours: ['colluding'] as const }))
        const options = drawOptions(seed, { n, byzantine, faultsMs: 3_000, transactions: 20 })
        const { violations, lies } = await simulate(options, components)
        expect(violations, JSON.stringify(options)).toEqual([])
        expect(Object.keys(lies).length).toBeGreaterThan(0)
      }
    })
  }
})
