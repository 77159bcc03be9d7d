import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/application/contract.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { decodeSystemOperation } from '../../src/membership/system-operation.ts'
import { SystemTransactions } from '../../src/runtime/system-transactions.ts'
import { transactionId } from '../../src/wire/transaction.ts'
import { identityOf, scope } from '../wire/fixtures.ts'
import { createState } from './parts.ts'
import { World } from './world.ts'

/** What a member orders about the keys, and orders again. */
const advance = (): { type: 'advance' } => ({ type: 'advance' })

function create() {
  const world = new World()
  const accepted = new Set<string>()
  const submitted: Transaction[] = []
  const state = createState()
  let logTimeMs = state.logTimeMs
  let drawn = 0
  const transactions = new SystemTransactions({
    scope,
    signer: identityOf(0),
    random: lengthBytes => new Uint8Array(lengthBytes).fill(++drawn),
    clock: world.clock,
    logger: silentLogger,
    state: {
      window: state.window,
      get logTimeMs() {
        return logTimeMs
      },
    },
    submit: ([transaction], done) => {
      if (transaction === undefined) return
      submitted.push(transaction)
      const id = transactionId(scope.networkId, transaction)
      accepted.add(id)
      done([{ accepted: true, id, state: 'accepted' }])
    },
    isAccepted: id => accepted.has(id),
  })
  const ensure = (): void => transactions.ensure('advance', advance, world.nowMs)
  const pass = (ms: number): void => {
    world.advance(ms)
    logTimeMs += ms
  }
  const hurry = (ms: number): number => {
    logTimeMs += ms
    return logTimeMs
  }
  return { world, transactions, submitted, accepted, ensure, pass, hurry }
}

describe('a system transaction', () => {
  it('is a member’s, of the system, and signed', () => {
    const { submitted, ensure } = create()
    ensure()
    const [transaction] = submitted
    expect(transaction?.kind).toBe('system')
    expect(transaction?.client).toEqual(identityOf(0).publicKey)
    expect(transaction && decodeSystemOperation(transaction.operation)).toEqual({ type: 'advance' })
    expect(transaction?.signature).toHaveLength(64)
  })

  it('is made once while it is under way, however often it is asked for', () => {
    const { submitted, ensure, pass } = create()
    for (let i = 0; i < 50; i++) {
      ensure()
      pass(1_000)
    }
    expect(submitted).toHaveLength(1)
  })

  it('is not older than the log, however far our clock is behind', () => {
    const { submitted, ensure, hurry } = create()
    const logTimeMs = hurry(120_000)
    ensure()
    expect(submitted[0]?.timestampMs).toBe(logTimeMs)
  })

  it('is made anew when it expired before it was ordered, with another nonce', () => {
    const { submitted, ensure, pass } = create()
    ensure()
    pass(11 * 60_000)
    ensure()
    expect(submitted).toHaveLength(2)
    expect(new Set(submitted.map(({ nonce }) => nonce)).size).toBe(2)
  })

  it('is made anew when it was executed to no avail, each time after a longer pause, a minute at most', () => {
    const { submitted, accepted, ensure, pass } = create()
    const atMs: number[] = []
    for (let ms = 0; ms < 300_000; ms += 250) {
      const before = submitted.length
      ensure()
      if (submitted.length > before) atMs.push(ms)
      accepted.clear()
      pass(250)
    }
    const pauses = atMs.slice(1).map((ms, i) => ms - (atMs[i] ?? 0))
    expect(pauses.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000])
    expect(Math.max(...pauses)).toBe(60_000)
  })

  it('that is not asked for any more is forgotten', () => {
    const { transactions, submitted, ensure } = create()
    ensure()
    transactions.keepOnly(new Set())
    expect(transactions.size).toBe(0)
    ensure()
    expect(submitted).toHaveLength(2)
  })
})
