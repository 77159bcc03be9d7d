import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertConfig } from '../../src/pbft/config.ts'
import { faultyMax, quorum, weakQuorum } from '../../src/pbft/quorum.ts'
import { testConfig } from './messages.ts'

/** The arithmetic against what it must guarantee, not against its formula. */
describe('OSDI §3, §4.4: quorums', () => {
  const anyN = fc.integer({ min: 1, max: 200 })

  it('bears as many faults as n >= 3f + 1 allows, and not one more', () => {
    fc.assert(
      fc.property(anyN, n => {
        expect(3 * faultyMax(n) + 1).toBeLessThanOrEqual(n)
        expect(3 * (faultyMax(n) + 1) + 1).toBeGreaterThan(n)
      }),
    )
  })

  it('any two quorums have a correct member in common', () => {
    fc.assert(
      fc.property(anyN, n => {
        expect(2 * quorum(n) - n).toBeGreaterThanOrEqual(faultyMax(n) + 1)
      }),
    )
  })

  it('the correct members alone make a quorum', () => {
    fc.assert(
      fc.property(anyN, n => {
        expect(quorum(n)).toBeLessThanOrEqual(n - faultyMax(n))
      }),
    )
  })

  it('a quorum is as small as it can be', () => {
    fc.assert(
      fc.property(anyN, n => {
        expect(2 * (quorum(n) - 1) - n).toBeLessThan(faultyMax(n) + 1)
      }),
    )
  })

  it('a weak quorum holds a correct member, one less need not', () => {
    fc.assert(
      fc.property(anyN, n => {
        expect(weakQuorum(n)).toBeGreaterThan(faultyMax(n))
        expect(weakQuorum(n) - 1).toBeLessThanOrEqual(faultyMax(n))
      }),
    )
  })

  it.each([
    [1, 0, 1, 1],
    [2, 0, 2, 1],
    [3, 0, 2, 1],
    [4, 1, 3, 2],
    [5, 1, 4, 2],
    [6, 1, 4, 2],
    [7, 2, 5, 3],
    [10, 3, 7, 4],
    [200, 66, 134, 67],
  ])('n = %i bears %i faults with quorum %i and weak quorum %i', (n, f, q, weak) => {
    expect([faultyMax(n), quorum(n), weakQuorum(n)]).toEqual([f, q, weak])
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses n = %d', n => {
    expect(() => quorum(n)).toThrow('at least one member')
  })
})

describe('configuration', () => {
  it.each([
    [{ logWindow: 7, checkpointInterval: 4 }, 'L >= 2K'],
    [{ checkpointInterval: 0 }, 'interval'],
    [{ pipelineDepth: 0 }, 'pipeline holds'],
    [{ pipelineDepth: 9, logWindow: 8 }, 'pipeline fits'],
    [{ viewChangeTimeoutMs: 200, viewChangeTimeoutMaxMs: 199 }, 'cap'],
    [{ n: 1 }, 'our position'],
  ])('refuses %o', (fields, reason) => {
    expect(() => assertConfig(testConfig(fields))).toThrow(reason)
  })

  it('takes the edges: L = 2K, a pipeline of the whole window, a cap that is the time-out', () => {
    const edges = { logWindow: 8, checkpointInterval: 4, pipelineDepth: 8, viewChangeTimeoutMaxMs: 100 }
    expect(() => assertConfig(testConfig(edges))).not.toThrow()
  })
})
