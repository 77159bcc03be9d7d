import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/application/contract.ts'
import { DEFAULT_PROTOCOL } from '../../src/membership/genesis.ts'
import { TIMESTAMP_AHEAD_MAX_MS } from '../../src/membership/window.ts'
import { Waiters } from '../../src/node/waiters.ts'
import { identify } from '../../src/wire/batch.ts'
import { batchOf, createState, proposalOf, transactionOf } from '../runtime/parts.ts'
import { NOW_MS, scope } from '../wire/fixtures.ts'

function createBench() {
  const state = createState()
  const waiters = new Waiters(state)
  const execute = (transaction: Transaction, logTimeMs: number): void => {
    const batch = batchOf(0, [transaction])
    const proposal = proposalOf(state.sequence + 1, [batch], logTimeMs)
    waiters.onExecuted(state.execute(proposal, [batch.transactions]))
  }
  return { waiters, execute }
}

const signal = new AbortController().signal

describe('a transaction that was ordered before its time', () => {
  const transaction = transactionOf('key', 0, { timestampMs: NOW_MS + TIMESTAMP_AHEAD_MAX_MS + 1 })
  const { id } = identify(scope, transaction)

  it('did not expire, since it may be ordered again: whoever signed another one would have both executed', async () => {
    const { waiters, execute } = createBench()
    execute(transaction, NOW_MS)
    expect(waiters.final(id)).toBeNull()
    execute(transaction, NOW_MS + 1)
    expect(await waiters.wait(id, signal)).toMatchObject({ state: 'committed', sequence: 2 })
  })

  it('is no longer waited for: it is not known here any more', async () => {
    const { waiters, execute } = createBench()
    const waiting = waiters.wait(id, signal)
    execute(transaction, NOW_MS)
    expect(await waiting).toEqual({ state: 'unknown', id })
  })
})

it('a transaction that was ordered too late has expired', async () => {
  const { waiters, execute } = createBench()
  const transaction = transactionOf('key', 0, {
    timestampMs: NOW_MS - DEFAULT_PROTOCOL.transactionWindowMs,
  })
  const expired = { state: 'expired', id: identify(scope, transaction).id }
  const waiting = waiters.wait(expired.id, signal)
  execute(transaction, NOW_MS)
  expect([await waiting, waiters.final(expired.id)]).toEqual([expired, expired])
})
