import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import { DEFAULT_PROTOCOL } from '../../src/membership/genesis.ts'
import { encodeSystemOperation } from '../../src/membership/system-operation.ts'
import { TIMESTAMP_AHEAD_MAX_MS } from '../../src/membership/window.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { Intake, type IntakeOptions, type IntakeOutcome } from '../../src/runtime/intake.ts'
import { type Batch, decodeBatch, identify } from '../../src/wire/batch.ts'
import { TRANSACTION_OVERHEAD_BYTES } from '../../src/wire/limits.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import { createKeyedState } from '../membership/keyed-state.ts'
import { identityOf, NOW_MS, scope } from '../wire/fixtures.ts'
import { batchOf, createBatches, createState, proposalOf, transactionOf } from './parts.ts'
import { MemoryStore, World } from './world.ts'

function createBench(
  options: Partial<IntakeOptions> = {},
  state = createState(),
  application = createKeyValue({}),
) {
  const world = new World()
  const store = new MemoryStore(world)
  const { batches, available } = createBatches(world, store)
  const published: Uint8Array[] = []
  const intake = new Intake(
    {
      scope,
      self: replicaId(1),
      operationBytesMax: 100,
      batchTransactionsMax: 4,
      batchBytesMax: 10_000,
      batchDelayMs: 20,
      pendingTransactionsMax: 10,
      pendingBytesMax: 100_000,
      ...options,
    },
    {
      application,
      state,
      checker: world.checker,
      signer: identityOf(1),
      clock: world.clock,
      batches,
      publish: bytes => void published.push(bytes),
    },
  )
  const submit = (transactions: readonly Transaction[]) => {
    const answers: (readonly IntakeOutcome[])[] = []
    intake.submit(transactions, outcomes => void answers.push(outcomes))
    return answers
  }
  const execute = (batch: Batch) => {
    batches.onExecuted(batch.digest)
    state.execute(proposalOf(state.sequence + 1, [batch]), [batch.transactions])
    intake.onExecuted(batch)
  }
  /** Submits and lets everything happen. */
  const outcomesOf = (transactions: readonly Transaction[]): readonly IntakeOutcome[] => {
    const answers = submit(transactions)
    world.advance(100)
    expect(answers).toHaveLength(1)
    return answers[0] ?? []
  }
  const sizes = () =>
    published.map(bytes => {
      const batch = decodeBatch(scope, DEFAULT_PROTOCOL, bytes)
      return isRejection(batch) ? batch.code : batch.transactions.length
    })
  return { world, store, state, batches, available, published, intake, submit, execute, outcomesOf, sizes }
}

let nonce = 0
const some = (count: number) => Array.from({ length: count }, () => transactionOf('key', nonce++))
const codeOf = (outcome: IntakeOutcome | undefined) =>
  outcome === undefined || outcome.accepted ? outcome?.state : outcome.refusal.code

describe('when a batch is cut', () => {
  it('at once when none of ours waits', () => {
    const bench = createBench()
    bench.submit(some(1))
    bench.world.settle()
    expect(bench.sizes()).toEqual([1])
  })

  it('else when the delay is over, counted from the first that waits', () => {
    const bench = createBench()
    bench.submit(some(1))
    bench.world.settle()
    bench.submit(some(1))
    bench.world.advance(10)
    bench.submit(some(1))
    bench.world.advance(9)
    expect(bench.sizes()).toEqual([1])
    bench.world.advance(1)
    expect(bench.sizes()).toEqual([1, 2])
  })

  it('or when ours before it was executed', () => {
    const bench = createBench()
    bench.submit(some(1))
    bench.world.settle()
    bench.submit(some(2))
    bench.world.settle()
    const [first] = bench.available
    if (first === undefined) throw new Error('no batch')
    bench.execute(first)
    expect(bench.sizes()).toEqual([1, 2])
  })

  it('or when it is full, by number', () => {
    const bench = createBench()
    bench.submit(some(9))
    bench.world.settle()
    expect(bench.sizes()).toEqual([4, 4])
    bench.world.advance(20)
    expect(bench.sizes()).toEqual([4, 4, 1])
  })

  it('or by bytes; one transaction always fits', () => {
    const [one] = some(1)
    const bytes = (one?.operation.length ?? 0) + TRANSACTION_OVERHEAD_BYTES
    const bench = createBench({ batchBytesMax: 2 * bytes })
    bench.submit(some(3))
    bench.world.advance(100)
    expect(bench.sizes()).toEqual([2, 1])
    const tight = createBench({ batchBytesMax: 1 })
    tight.submit(some(3))
    tight.world.advance(100)
    expect(tight.sizes()).toEqual([1, 1, 1])
  })
})

describe('accepted means on disk', () => {
  it('the answer waits for the synced write', () => {
    const bench = createBench()
    bench.store.isSlow = true
    const answers = bench.submit(some(1))
    bench.world.advance(1_000)
    expect([answers.length, bench.store.writes.at(-1)?.sync]).toEqual([0, true])
    bench.store.answer()
    expect(answers).toMatchObject([[{ accepted: true, state: 'accepted' }]])
  })

  it('so does the answer to whoever asks what became of it', () => {
    const bench = createBench()
    bench.store.isSlow = true
    const transaction = transactionOf('key', nonce++)
    bench.submit([transaction])
    bench.world.advance(100)
    const { id } = identify(scope, transaction)
    expect(bench.intake.isAccepted(id)).toBe(false)
    bench.store.answer()
    expect(bench.intake.isAccepted(id)).toBe(true)
  })

  it('so does the answer to whoever submits the same meanwhile', () => {
    const bench = createBench()
    bench.store.isSlow = true
    const transactions = some(1)
    const answers = bench.submit(transactions)
    bench.world.advance(100)
    const again = bench.submit(transactions)
    bench.world.advance(100)
    expect([answers.length, again.length]).toEqual([0, 0])
    bench.store.answer()
    expect([answers.length, again.length]).toEqual([1, 1])
    expect(bench.sizes()).toEqual([1])
  })

  it('one answer for each transaction, in order, whatever becomes of it', () => {
    const bench = createBench()
    const [first, second] = some(2)
    if (first === undefined || second === undefined) throw new Error('no transactions')
    const bad = { ...transactionOf('key', nonce++), signature: new Uint8Array(64) }
    const outcomes = bench.outcomesOf([first, bad, second, first])
    expect(outcomes.map(codeOf)).toEqual(['accepted', 'SIGNATURE_WRONG', 'accepted', 'accepted'])
    expect(outcomes[0]?.id).toBe(identify(scope, first).id)
    expect(bench.sizes()).toEqual([2])
  })

  it('nothing is answered at once with nothing', () => {
    expect(createBench().outcomesOf([])).toEqual([])
  })
})

describe('repeated transactions', () => {
  it('what waits is accepted again, and ordered once', () => {
    const bench = createBench()
    const transactions = some(1)
    bench.outcomesOf(transactions)
    expect(bench.outcomesOf(transactions).map(codeOf)).toEqual(['accepted'])
    expect([bench.sizes(), bench.intake.pendingTransactions]).toEqual([[1], 1])
  })

  it('what was executed is answered as committed, whatever is wrong with it by now', () => {
    const bench = createBench()
    const transactions = some(1)
    bench.outcomesOf(transactions)
    const [batch] = bench.available
    if (batch === undefined) throw new Error('no batch')
    bench.execute(batch)
    bench.world.advance(DEFAULT_PROTOCOL.transactionWindowMs * 2)
    expect(bench.outcomesOf(transactions).map(codeOf)).toEqual(['committed'])
    expect(bench.intake.pendingTransactions).toBe(0)
  })

  it('what another member’s batch brought to execution waits no more', () => {
    const bench = createBench()
    const transactions = some(1)
    const answers = bench.submit(transactions)
    bench.store.isSlow = true
    bench.world.settle()
    bench.execute(batchOf(0, transactions))
    bench.store.answer()
    expect([answers.length, bench.intake.pendingTransactions]).toEqual([1, 0])
  })
})

describe('refusals', () => {
  it.each<[string, Partial<Transaction>]>([
    ['CLIENT_MALFORMED', { client: new Uint8Array(31) }],
    ['OPERATION_TOO_LARGE', { operation: new Uint8Array(101) }],
    ['EXPIRED', { timestampMs: NOW_MS - DEFAULT_PROTOCOL.transactionWindowMs }],
    ['EARLY', { timestampMs: NOW_MS + TIMESTAMP_AHEAD_MAX_MS + 1 }],
    ['MALFORMED', { operation: Uint8Array.of(9) }],
    ['SIGNATURE_WRONG', { signature: new Uint8Array(64) }],
    ['SIGNATURE_WRONG', { nonce: 77 }],
  ])('%s', (code, fields) => {
    const bench = createBench()
    expect(bench.outcomesOf([{ ...transactionOf('key', nonce++), ...fields }]).map(codeOf)).toEqual([code])
    expect([bench.sizes(), bench.intake.pendingTransactions]).toEqual([[], 0])
  })

  it('BUSY beyond the number that may wait; and open again when some were executed', () => {
    const bench = createBench({ pendingTransactionsMax: 4 })
    const outcomes = bench.outcomesOf(some(5))
    expect(outcomes.map(codeOf)).toEqual(['accepted', 'accepted', 'accepted', 'accepted', 'BUSY'])
    const [batch] = bench.available
    if (batch === undefined) throw new Error('no batch')
    bench.execute(batch)
    expect(bench.outcomesOf(some(1)).map(codeOf)).toEqual(['accepted'])
  })

  it('BUSY beyond the bytes that may wait', () => {
    const [one] = some(1)
    const bytes = (one?.operation.length ?? 0) + TRANSACTION_OVERHEAD_BYTES
    const bench = createBench({ pendingBytesMax: 2 * bytes })
    expect(bench.outcomesOf(some(3)).map(codeOf)).toEqual(['accepted', 'accepted', 'BUSY'])
  })

  it('STOPPING after stop; what was gathered before is still cut and answered', () => {
    const bench = createBench()
    bench.outcomesOf(some(1))
    const gathered = bench.submit(some(2))
    bench.world.settle()
    bench.intake.stop()
    bench.world.settle()
    expect(gathered.map(outcomes => outcomes.map(codeOf))).toEqual([['accepted', 'accepted']])
    expect(bench.outcomesOf(some(1)).map(codeOf)).toEqual(['STOPPING'])
  })
})

describe('what came to nothing', () => {
  it('is taken again and answered, also while our batch with it waits again', () => {
    const bench = createBench()
    const transactions = some(1)
    bench.outcomesOf(transactions)
    const [batch] = bench.available
    if (batch === undefined) throw new Error('no batch')
    bench.batches.onExecuted(batch.digest)
    bench.intake.onExecuted(batch)
    bench.batches.hold(batch)
    expect(bench.outcomesOf(transactions).map(codeOf)).toEqual(['accepted'])
    expect(bench.store.writes.at(-1)?.sync).toBe(true)
  })
})

describe('after a restart', () => {
  it('what waits on disk is pending and durable, ours and others’, each once', () => {
    const bench = createBench()
    const transactions = some(2)
    const ours = batchOf(1, transactions)
    bench.intake.restore(ours)
    bench.intake.restore(batchOf(0, transactions))
    expect(bench.intake.pendingTransactions).toBe(2)
    expect(bench.outcomesOf(transactions).map(codeOf)).toEqual(['accepted', 'accepted'])
    expect(bench.sizes()).toEqual([])
  })

  it('a batch of ours that waits makes the next one gather', () => {
    const bench = createBench()
    bench.intake.restore(batchOf(1, some(1)))
    bench.submit(some(1))
    bench.world.settle()
    expect(bench.sizes()).toEqual([])
    bench.world.advance(20)
    expect(bench.sizes()).toEqual([1])
  })
})

describe('system transactions', () => {
  const unsigned = (operation: Uint8Array) =>
    ({
      client: identityOf(1).publicKey,
      timestampMs: NOW_MS,
      nonce: 0,
      operation,
      signature: new Uint8Array(64),
      kind: 'system',
    }) as const
  const signed = (operation: Uint8Array): Transaction => {
    const { signingBytes } = identify(scope, unsigned(operation))
    return { ...unsigned(operation), signature: identityOf(1).sign(signingBytes) }
  }
  const start = encodeSystemOperation({ type: 'start', kind: 'fresh', epoch: 1 })
  const submit = (
    transaction: Transaction,
    options: Partial<IntakeOptions> = {},
    state = createKeyedState(),
  ) => {
    const bench = createBench(options, state, createKeyValue({ signatures: 'none' }))
    const answers = bench.submit([transaction])
    bench.world.settle()
    return answers[0]?.[0]
  }

  it('of a member are taken, in a bound of their own', () => {
    expect(submit(signed(start), { operationBytesMax: 1 })).toMatchObject({
      accepted: true,
      state: 'accepted',
    })
  })

  it.each<[string, Transaction, string]>([
    ['of somebody else', { ...signed(start), client: new Uint8Array(32).fill(1) }, 'SYSTEM_REFUSED'],
    ['that are malformed', signed(new Uint8Array([77])), 'SYSTEM_REFUSED'],
    ['that are too long', signed(new Uint8Array(32_769)), 'OPERATION_TOO_LARGE'],
    ['of another time', { ...signed(start), timestampMs: 1 }, 'EXPIRED'],
    ['under a wrong signature, where clients need none', unsigned(start), 'SIGNATURE_WRONG'],
  ])('%s are not', (_, transaction, code) => {
    expect(submit(transaction)).toMatchObject({ accepted: false, refusal: { code } })
  })

  it('are not taken where the genesis wants no keys', () => {
    expect(submit(signed(start), {}, createState())).toMatchObject({ refusal: { code: 'SYSTEM_REFUSED' } })
  })
})
