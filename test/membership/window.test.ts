import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extendHistory, GENESIS_HISTORY, receiptsRootOf } from '../../src/membership/history.ts'
import {
  type Receipt,
  type Segment,
  TIMESTAMP_AHEAD_MAX_MS,
  TransactionWindow,
} from '../../src/membership/window.ts'
import { digest, sequence } from '../../src/pbft/types.ts'

const WINDOW_MS = 600_000
const T0 = 1_000_000_000

const idOf = (n: number) => n.toString(16).padStart(64, '0')

function receipt(id: number, at: number, position: number): Receipt {
  return { id: idOf(id), sequence: sequence(at), position, code: 0, data: Uint8Array.of(id & 0xff) }
}

/** Executed sequences from their log times and transactions. */
function segmentsOf(executed: readonly { readonly logTimeMs: number; readonly ids: readonly number[] }[]) {
  const segments: Segment[] = []
  let before = GENESIS_HISTORY
  for (const [i, { logTimeMs, ids }] of executed.entries()) {
    const receipts = ids.map((id, position) => receipt(id, i + 1, position))
    const linked = {
      sequence: sequence(i + 1),
      proposalDigest: digest('ab'.repeat(32)),
      logTimeMs,
      receiptsRoot: receiptsRootOf(receipts),
    }
    before = extendHistory(before, linked)
    segments.push({ ...linked, historyDigest: before, receipts })
  }
  return segments
}

function windowOf(segments: readonly Segment[], max = 1_000): TransactionWindow {
  const parameters = { transactionWindowMs: WINDOW_MS, transactionWindowMax: max }
  const window = new TransactionWindow(parameters, { floorMs: 0, historyBefore: GENESIS_HISTORY })
  for (const segment of segments) window.add(segment)
  return window
}

describe('admission', () => {
  const window = windowOf([])
  it.each([
    [T0 - WINDOW_MS, 'expired'],
    [T0 - WINDOW_MS + 1, 'admissible'],
    [T0, 'admissible'],
    [T0 + TIMESTAMP_AHEAD_MAX_MS, 'admissible'],
    [T0 + TIMESTAMP_AHEAD_MAX_MS + 1, 'early'],
    [0, 'expired'],
    [Number.MAX_SAFE_INTEGER, 'early'],
  ])('at log time T0 a timestamp of %i is %s', (timestampMs, admission) => {
    expect(window.admission({ timestampMs }, T0)).toBe(admission)
  })
})

describe('receipts', () => {
  it('are kept as long as their transaction could come again, and one moment longer is forgotten', () => {
    const keptUntilMs = T0 + TIMESTAMP_AHEAD_MAX_MS + WINDOW_MS
    const at = (logTimeMs: number) =>
      windowOf(
        segmentsOf([
          { logTimeMs: T0, ids: [1] },
          { logTimeMs, ids: [2] },
        ]),
      )
    expect(at(keptUntilMs - 1).receipt(idOf(1))).toMatchObject({ sequence: 1 })
    expect(at(keptUntilMs).receipt(idOf(1))).toBeUndefined()
    expect(at(keptUntilMs).receipt(idOf(2))).toMatchObject({ sequence: 2 })
  })

  it('the last sequence is kept, however old', () => {
    const window = windowOf(segmentsOf([{ logTimeMs: T0, ids: [1] }]))
    expect([window.firstSequence, window.size]).toEqual([1, 1])
    expect(window.logTimeAt(sequence(1))).toBe(T0)
    expect(window.logTimeAt(sequence(2))).toBeUndefined()
  })

  it('beyond the bound the oldest go, and the floor rises over everything that they guarded against', () => {
    const executed = Array.from({ length: 10 }, (_, i) => ({ logTimeMs: T0 + i * 100_000, ids: [i] }))
    const window = windowOf(segmentsOf(executed), 4)
    expect(window.size).toBe(4)
    expect(window.firstSequence).toBe(7)
    expect(window.floorMs).toBe(T0 + 5 * 100_000 + TIMESTAMP_AHEAD_MAX_MS)
    expect(window.admission({ timestampMs: window.floorMs }, T0 + 900_000)).toBe('expired')
    expect(window.admission({ timestampMs: window.floorMs + 1 }, T0 + 900_000)).toBe('admissible')
  })

  it('at the bound nothing goes', () => {
    const executed = Array.from({ length: 4 }, (_, i) => ({ logTimeMs: T0 + i, ids: [i] }))
    const window = windowOf(segmentsOf(executed), 4)
    expect([window.size, window.floorMs]).toEqual([4, 0])
  })

  it('many sequences: memory of those that were dropped is given back, numbers stay right', () => {
    const executed = Array.from({ length: 5_000 }, (_, i) => ({ logTimeMs: T0 + i * 10_000, ids: [i] }))
    const window = windowOf(segmentsOf(executed), 1_000)
    const first = window.firstSequence ?? sequence(0)
    expect(window.segments()[0]?.sequence).toBe(first)
    expect(window.segments().at(-1)?.sequence).toBe(5_000)
    expect(window.logTimeAt(first)).toBe(T0 + (first - 1) * 10_000)
    expect(window.logTimeAt(sequence(5_000))).toBe(T0 + 4_999 * 10_000)
  })
})

/** Steps of log time and numbers of transactions, with jumps of the size of the window. */
const anyHistory = fc
  .array(
    fc.record({
      stepMs: fc.oneof(fc.constant(0), fc.nat(1_000), fc.nat(2 * WINDOW_MS)),
      count: fc.nat(5),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map(steps => {
    let logTimeMs = T0
    let next = 0
    return steps.map(({ stepMs, count }) => {
      logTimeMs += stepMs
      return { logTimeMs, ids: Array.from({ length: count }, () => next++) }
    })
  })

describe('for any history', () => {
  it('at most once: whatever was executed and is not remembered is refused as expired, whatever its timestamp', () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 1, max: 12 }), (executed, max) => {
        const window = windowOf(segmentsOf(executed), max)
        const nowMs = executed.at(-1)?.logTimeMs ?? T0
        for (const { logTimeMs, ids } of executed) {
          // A timestamp that was admissible at execution is at most so far ahead.
          const latest = { timestampMs: logTimeMs + TIMESTAMP_AHEAD_MAX_MS }
          for (const id of ids) {
            const isRemembered = window.receipt(idOf(id)) !== undefined
            expect(isRemembered || window.admission(latest, nowMs) === 'expired').toBe(true)
          }
        }
      }),
    )
  })

  it('is bounded: no more receipts than allowed beside those of the last sequence', () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 1, max: 12 }), (executed, max) => {
        const last = executed.at(-1)?.ids.length ?? 0
        expect(windowOf(segmentsOf(executed), max).size).toBeLessThanOrEqual(Math.max(max, last))
      }),
    )
  })

  it('a window restored from its segments equals the original, now and after whatever follows', () => {
    const anyCut = fc.nat(39)
    fc.assert(
      fc.property(anyHistory, anyCut, fc.integer({ min: 1, max: 12 }), (executed, cut, max) => {
        const segments = segmentsOf(executed)
        const original = windowOf(segments.slice(0, cut + 1), max)
        const restored = new TransactionWindow(
          { transactionWindowMs: WINDOW_MS, transactionWindowMax: max },
          original,
        )
        for (const segment of original.segments()) restored.add(segment)
        expect(contentOf(restored)).toEqual(contentOf(original))
        for (const segment of segments.slice(cut + 1)) {
          original.add(segment)
          restored.add(segment)
        }
        expect(contentOf(restored)).toEqual(contentOf(original))
      }),
    )
  })
})

function contentOf(window: TransactionWindow) {
  const { floorMs, historyBefore, firstSequence, size } = window
  return { floorMs, historyBefore, firstSequence, size, segments: window.segments() }
}

describe('the history chain', () => {
  const linked = {
    sequence: sequence(1),
    proposalDigest: digest('11'.repeat(32)),
    logTimeMs: T0,
    receiptsRoot: receiptsRootOf([]),
  }

  it('is what it was', () => {
    expect(extendHistory(GENESIS_HISTORY, linked)).toBe(
      'da66a832f4eaa00d114ed3cb2164bb04fa7c75627165be22c9a1b37c34c2eb4c',
    )
  })

  it.each([
    ['sequence', { sequence: sequence(2) }],
    ['proposal', { proposalDigest: digest('22'.repeat(32)) }],
    ['log time', { logTimeMs: T0 + 1 }],
    ['receipts', { receiptsRoot: receiptsRootOf([receipt(1, 1, 0)]) }],
  ])('covers the %s', (_, other) => {
    expect(extendHistory(GENESIS_HISTORY, { ...linked, ...other })).not.toBe(
      extendHistory(GENESIS_HISTORY, linked),
    )
  })

  it('covers everything before', () => {
    expect(extendHistory(digest('33'.repeat(32)), linked)).not.toBe(extendHistory(GENESIS_HISTORY, linked))
  })

  it('the receipts root covers ids, codes, data and order', () => {
    const [a, b] = [receipt(1, 1, 0), receipt(2, 1, 1)]
    const roots = [
      receiptsRootOf([]),
      receiptsRootOf([a]),
      receiptsRootOf([a, b]),
      receiptsRootOf([b, a]),
      receiptsRootOf([{ ...a, code: 1 }]),
      receiptsRootOf([{ ...a, data: Uint8Array.of(9) }]),
      receiptsRootOf([{ ...a, id: idOf(9) }]),
    ]
    expect(new Set(roots).size).toBe(roots.length)
  })
})
