import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Application, Transaction } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import type { ReplicatedState } from '../../src/membership/replicated-state.ts'
import { TIMESTAMP_AHEAD_MAX_MS } from '../../src/membership/window.ts'
import { sequence } from '../../src/pbft/types.ts'
import { decodeWindowChunk, windowChunks } from '../../src/runtime/segments.ts'
import { batchOf, createState, proposalOf, transactionOf } from '../runtime/parts.ts'
import { NOW_MS } from '../wire/fixtures.ts'

/** Executes these transactions as one batch of the next sequence. */
function execute(state: ReplicatedState, transactions: readonly Transaction[], logTimeMs = NOW_MS) {
  const batch = batchOf(0, transactions)
  return state.execute(proposalOf(state.sequence + 1, [batch], logTimeMs), [batch.transactions])
}

describe('execution', () => {
  it('gives one receipt for each transaction, in order', () => {
    const state = createState()
    const transactions = [transactionOf('a'), transactionOf('b')]
    const { segment, skipped } = execute(state, transactions)
    expect(segment.receipts.map(({ sequence: n, position }) => [n, position])).toEqual([
      [1, 0],
      [1, 1],
    ])
    expect(skipped).toEqual([])
    expect(state.window.receipt(segment.receipts[0]?.id ?? '')).toBe(segment.receipts[0])
  })

  it('executes a transaction once: not again in its batch, its sequence, or later', () => {
    const state = createState()
    const transaction = transactionOf('a')
    const [batch, other] = [batchOf(0, [transaction, transaction]), batchOf(1, [transaction])]
    const first = state.execute(proposalOf(1, [batch, other]), [batch.transactions, other.transactions])
    expect(first.segment.receipts).toHaveLength(1)
    expect(first.skipped.map(({ reason }) => reason)).toEqual(['repeated', 'repeated'])
    expect(execute(state, [transaction]).skipped).toMatchObject([{ reason: 'repeated' }])
    expect(state.executedTransactions).toBe(1)
  })

  it('skips what is outside of the window at execution, whatever it was at the door', () => {
    const state = createState({ transactionWindowMs: 1_000 })
    const late = NOW_MS + 2_000
    const { skipped, segment } = execute(
      state,
      [
        transactionOf('old', 0, { timestampMs: late - 1_000 }),
        transactionOf('new', 0, { timestampMs: late + TIMESTAMP_AHEAD_MAX_MS + 1 }),
        transactionOf('good', 0, { timestampMs: late }),
      ],
      late,
    )
    expect(skipped.map(({ reason }) => reason)).toEqual(['expired', 'early'])
    expect(segment.receipts).toHaveLength(1)
  })

  it('log time never goes back, nor does a null request move it', () => {
    const state = createState()
    execute(state, [], NOW_MS + 50)
    execute(state, [], NOW_MS)
    state.execute(proposalOf(3, [], 0), [])
    expect(state.logTimeMs).toBe(NOW_MS + 50)
    expect(state.window.segments().map(({ logTimeMs }) => logTimeMs)).toEqual(
      [50, 50, 50].map(ms => NOW_MS + ms),
    )
  })

  it('refuses gaps, and proposals without their batches, as mistakes of our own side', () => {
    const state = createState()
    expect(() => state.execute(proposalOf(2, []), [])).toThrow('in order')
    expect(() => state.execute(proposalOf(1, [batchOf(0, [transactionOf('a')])]), [])).toThrow('every batch')
  })

  it.each([
    ['too few results', () => []],
    ['a result that is too long', () => [{ code: 0, data: new Uint8Array(4_097) }]],
  ])('stops at an application that gives %s', (_, results) => {
    const application: Application = Object.assign(Object.create(createKeyValue({})), { execute: results })
    const state = createState({}, application)
    expect(() => execute(state, [transactionOf('a')])).toThrow()
  })
})

/** A log: for each sequence its log time and the numbers of its transactions, some of them repeated. */
const anyLog = fc.array(
  fc.record({ stepMs: fc.nat(400_000), numbers: fc.array(fc.nat(20), { maxLength: 6 }) }),
  { minLength: 1, maxLength: 12 },
)

function replay(
  state: ReplicatedState,
  log: readonly { stepMs: number; numbers: readonly number[] }[],
  from = 0,
) {
  let logTimeMs = NOW_MS
  for (const [i, { stepMs, numbers }] of log.entries()) {
    logTimeMs += stepMs
    if (i < from) continue
    execute(
      state,
      numbers.map(n => cached(n, logTimeMs)),
      logTimeMs,
    )
  }
}

const signedOnce = new Map<string, Transaction>()
/** Signing takes long: the same few transactions serve all runs. */
function cached(n: number, logTimeMs: number): Transaction {
  const timestampMs = logTimeMs - (logTimeMs % 600_000)
  const name = `${n}/${timestampMs}`
  const known = signedOnce.get(name) ?? {
    ...transactionOf(`k${n % 7}`, n),
    timestampMs,
    signature: new Uint8Array(64),
  }
  signedOnce.set(name, known)
  return known
}

describe('determinism', () => {
  it('the same log gives the same statement; another log another', () => {
    fc.assert(
      fc.property(anyLog, log => {
        const [one, two, other] = [createState(), createState(), createState()]
        replay(one, log)
        replay(two, log)
        replay(other, [...log, { stepMs: 1, numbers: [] }])
        expect(two.statement()).toEqual(one.statement())
        expect(other.statement().historyDigest).not.toBe(one.statement().historyDigest)
      }),
      { numRuns: 30 },
    )
  })

  it('a state installed from a capture, through chunks, goes on like the original', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(11), fc.integer({ min: 3, max: 30 }), (log, cut, max) => {
        const original = createState({ transactionWindowMax: max })
        replay(original, log.slice(0, cut + 1))
        const { statement, application, system } = original.capture()
        const chunks = Array.from({ length: application.chunkCount }, (_, i) => application.chunk(i))
        const installed = createState({ transactionWindowMax: max })
        const segments = throughChunks(system.segments, system.historyBefore, statement.historyDigest)
        installed.install(statement, { ...system, segments }, chunks)
        expect(installed.statement()).toEqual(statement)
        replay(original, log, cut + 1)
        replay(installed, log, cut + 1)
        expect(installed.statement()).toEqual(original.statement())
      }),
      { numRuns: 30 },
    )
  })

  it('a capture does not change while execution goes on', () => {
    const state = createState()
    execute(state, [transactionOf('a')])
    const { application, statement, system } = state.capture()
    execute(state, [transactionOf('a', 1, { value: 'other' }), transactionOf('b')])
    const restored = createState()
    const chunks = Array.from({ length: application.chunkCount }, (_, i) => application.chunk(i))
    restored.install(statement, system, chunks)
    expect(restored.statement()).toEqual(statement)
  })

  it('a state that has not the certified root is not taken', () => {
    const state = createState()
    execute(state, [transactionOf('a')])
    const { statement, system } = state.capture()
    const empty = createState().capture().application
    expect(() => createState().install(statement, system, [empty.chunk(0)])).toThrow('root')
  })
})

function throughChunks(
  segments: Parameters<typeof windowChunks>[0],
  before: Parameters<typeof windowChunks>[1],
  after: Parameters<typeof windowChunks>[1],
) {
  let last = segments.at(-1)?.sequence ?? sequence(0)
  let end = after
  const restored = []
  for (const bytes of windowChunks(segments, before)) {
    const chunk = decodeWindowChunk(bytes, last, end)
    if (chunk === null) throw new Error('an own chunk is refused')
    restored.unshift(...chunk.segments)
    last = sequence(last - chunk.segments.length)
    end = chunk.historyBefore
  }
  expect(end).toBe(before)
  return restored
}

describe('chunks of the window', () => {
  const state = createState()
  for (let i = 0; i < 3; i++) execute(state, [transactionOf(`k${i}`)], NOW_MS + i)
  const { system, statement } = state.capture()
  const [chunk = new Uint8Array(0)] = [...windowChunks(system.segments, system.historyBefore)]
  const last = sequence(3)

  it('lead to the certified history, and from nowhere else', () => {
    expect(decodeWindowChunk(chunk, last, statement.historyDigest)?.segments).toEqual(system.segments)
    expect(decodeWindowChunk(chunk, last, system.historyBefore)).toBeNull()
    expect(decodeWindowChunk(chunk, sequence(4), statement.historyDigest)).toBeNull()
  })

  it('no flipped bit leads there', () => {
    fc.assert(
      fc.property(fc.nat(chunk.length * 8 - 1), bit => {
        const changed = new Uint8Array(chunk)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const decoded = decodeWindowChunk(changed, last, statement.historyDigest)
        if (decoded !== null) expect(decoded.segments).toEqual(system.segments)
      }),
      { numRuns: 300 },
    )
  })

  it('random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(decodeWindowChunk(bytes, last, statement.historyDigest)).toBeNull()
      }),
    )
  })
})
