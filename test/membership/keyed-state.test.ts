import { describe, expect, it } from 'vitest'
import { present } from '../../src/lib/assert.ts'
import { fromUtf8 } from '../../src/lib/bytes.ts'
import { encodeKeyState } from '../../src/membership/key-encoding.ts'
import { EMPTY_KEY_STATE } from '../../src/membership/key-state.ts'
import type { ReplicatedState } from '../../src/membership/replicated-state.ts'
import { systemRootOf } from '../../src/membership/replicated-state.ts'
import type { SystemOperation } from '../../src/membership/system-operation.ts'
import { createState, transactionOf } from '../runtime/parts.ts'
import { KeyLog, START_MS, TIMES } from './key-log.ts'
import { createKeyedState, executeIn, keyedRules, roundsOf, step, systemTransaction } from './keyed-state.ts'

/** Takes the state of one member over to a new one, as a snapshot does. */
function moved(state: ReplicatedState): ReplicatedState {
  const { application, statement, system } = state.capture()
  const other = createKeyedState()
  const chunks = Array.from({ length: application.chunkCount }, (_, i) => application.chunk(i))
  other.install(statement, { ...system, keys: system.keys?.map(part => part.slice()) ?? [] }, chunks)
  return other
}

const start = { type: 'start', kind: 'fresh', epoch: 1 } as const satisfies SystemOperation

describe('system transactions in a sequence', () => {
  it('have receipts at their own places, and are executed before the application’s', () => {
    const state = createKeyedState()
    const transactions = [
      transactionOf('a'),
      systemTransaction(2, start),
      transactionOf('b'),
      systemTransaction(1, start),
    ]
    const { segment, keyEvents } = executeIn(state, transactions, START_MS)
    expect(segment.receipts.map(({ position, code }) => [position, code])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 4],
    ])
    expect(fromUtf8(segment.receipts[3]?.data ?? new Uint8Array(0))).toBe('ceremony-running')
    expect(keyEvents).toMatchObject([
      { type: 'ceremony-started', sequence: 1, logTimeMs: START_MS, epoch: 1 },
    ])
    expect(state.application.query('b')).toMatchObject({ value: expect.any(Uint8Array) })
  })

  it('are executed once', () => {
    const state = createKeyedState()
    const transaction = systemTransaction(0, { type: 'advance' })
    expect(executeIn(state, [transaction], START_MS).segment.receipts).toHaveLength(1)
    expect(executeIn(state, [transaction], START_MS).skipped).toMatchObject([{ reason: 'repeated' }])
  })

  it('that a batch should not have had do nothing, and throw nothing', () => {
    const state = createKeyedState()
    const stranger = { ...systemTransaction(0, start), client: new Uint8Array(32) }
    const garbage = systemTransaction(0, new Uint8Array([99]))
    const { segment } = executeIn(state, [stranger, garbage], START_MS)
    expect(segment.receipts.map(({ code }) => code)).toEqual([2, 1])
    expect(state.keys).toEqual(EMPTY_KEY_STATE)
    expect([stranger, garbage].map(transaction => state.systemRefusal(transaction))).toEqual([
      'batch-system-client-unknown',
      'batch-system-malformed',
    ])
    expect(state.systemRefusal(systemTransaction(3, start))).toBeNull()
  })

  it('have no place where the genesis wants no keys', () => {
    const state = createState()
    const transaction = systemTransaction(0, start)
    expect(state.systemRefusal(transaction)).toBe('batch-system-unwanted')
    expect(executeIn(state, [transaction], START_MS).segment.receipts[0]?.code).toBe(1)
    expect(state.keysRoot).toBeUndefined()
    expect(state.keyAt(1)).toBeNull()
    expect(state.capture().system.keys).toBeUndefined()
  })

  it('time passes at each sequence, whatever it orders', () => {
    const state = createKeyedState()
    executeIn(state, [systemTransaction(0, start)], START_MS)
    const { keyEvents } = executeIn(state, [], START_MS + 10 * TIMES.deadlineMs)
    expect(keyEvents).toMatchObject([{ type: 'failed', reason: 'stalled', sequence: 2 }])
  })
})

describe('the root', () => {
  it('commits to the keys, and is as it was where there are none', () => {
    const state = createKeyedState()
    executeIn(state, [], START_MS)
    const before = state.statement()
    const fields = { logTimeMs: 1, floorMs: 2, firstSequence: 3 }
    expect(systemRootOf({ ...fields, keysRoot: state.keysRoot })).not.toEqual(systemRootOf(fields))
    executeIn(state, [systemTransaction(0, start)], START_MS)
    const other = createKeyedState()
    for (let i = 0; i < 2; i++) executeIn(other, [], START_MS)
    expect(state.statement().stateRoot).not.toBe(before.stateRoot)
    expect(state.statement().stateRoot).not.toBe(other.statement().stateRoot)
  })

  it('is computed when the keys change, and not before', () => {
    const state = createKeyedState()
    executeIn(state, [], START_MS)
    const root = state.keysRoot
    executeIn(state, [], START_MS + 5)
    expect(state.keysRoot).toBe(root)
    executeIn(state, [systemTransaction(0, start)], START_MS + 6)
    expect(state.keysRoot).not.toEqual(root)
  })
})

describe('a ceremony through the log', () => {
  it('gives every member the same key; one that joins in its middle goes on with it', () => {
    const log = new KeyLog(keyedRules)
    const states = [createKeyedState(), createKeyedState()]
    for (const round of roundsOf(log, 'fresh')) {
      step(log, states, round)
      const [first, second] = states.map(state => state.statement())
      expect(second).toEqual(first)
      // The next round is another one's, who knows the state and not the log.
      states[1] = moved(present(states[0], 'a state'))
      expect(states[1]?.statement()).toEqual(first)
    }
    const { active } = log.state
    expect(active?.activatedSequence).toBe(5)
    for (const state of states) {
      expect(encodeKeyState(state.keys)).toEqual(encodeKeyState(log.state))
      expect(state.keyAt(4)).toBeNull()
      expect(state.keyAt(5)).toEqual(active)
      expect(state.keyAt(500)).toEqual(active)
    }
  })

  it('the key of a sequence stays known when another one follows', () => {
    const log = new KeyLog(keyedRules)
    let state = createKeyedState()
    for (const kind of ['fresh', 'refresh'] as const)
      for (const round of roundsOf(log, kind)) step(log, [state], round)
    const epochs = () => [4, 5, 9, 10, 11].map(sequence => state.keyAt(sequence)?.epoch ?? null)
    expect(epochs()).toEqual([null, 1, 1, 2, 2])
    executeIn(state, [], log.at.logTimeMs + TIMES.transitionMs)
    for (let i = 0; i < 10; i++) executeIn(state, [], 0)
    expect(state.keys.retiring).toEqual([])
    expect(epochs()).toEqual([null, 1, 1, 2, 2])
    state = moved(state)
    expect(epochs()).toEqual([null, 1, 1, 2, 2])
  })
})

describe('time', () => {
  it('costs next to nothing while no ceremony runs', () => {
    const log = new KeyLog(keyedRules)
    for (const kind of ['fresh', 'refresh'] as const) log.run(kind)
    const { state } = log
    log.pass(0)
    expect(log.state).toBe(state)
  })
})
