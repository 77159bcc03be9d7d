import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import { equalBytes } from '../../src/lib/bytes.ts'
import { DEFAULT_PROTOCOL } from '../../src/membership/genesis.ts'
import { encodeSystemOperation } from '../../src/membership/system-operation.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import type { Verdict } from '../../src/runtime/ports.ts'
import { type Batch, decodeBatch, encodeAgain, identify } from '../../src/wire/batch.ts'
import { SYSTEM_OPERATION_BYTES_MAX } from '../../src/wire/limits.ts'
import { SignedBatch } from '../../src/wire/pb/messages.ts'
import { createKeyedState } from '../membership/keyed-state.ts'
import { identityOf, NOW_MS, scope } from '../wire/fixtures.ts'
import { batchOf, createBatches, transactionOf } from './parts.ts'
import { diskFull, MemoryStore, World } from './world.ts'

function createBench(options: Parameters<typeof createBatches>[2] = {}) {
  const world = new World()
  const store = new MemoryStore(world)
  const parts = createBatches(world, store, options)
  return { world, store, ...parts }
}

let next = 0
const someBatch = (author = 0, size = 1): Batch =>
  batchOf(
    author,
    Array.from({ length: size }, () => transactionOf('key', next++)),
  )

/** The same body under a signature that is not its author's. */
function forged(batch: Batch): Uint8Array {
  const signed = SignedBatch.decode(batch.bytes)
  return SignedBatch.encode({ ...signed, signature: new Uint8Array(64).fill(1) })
}

describe('a batch from gossip', () => {
  it('is held, written and told', () => {
    const bench = createBench()
    const batch = someBatch()
    expect(bench.gossip(batch.bytes)).toBe('accept')
    expect(bench.available.map(({ digest }) => digest)).toEqual([batch.digest])
    expect(bench.store.get(diskNames.batch(batch.digest))).toEqual(batch.bytes)
    expect(bench.store.get(diskNames.held(batch.digest))).toBeDefined()
  })

  it('that is held is ignored, also in other bytes', () => {
    const bench = createBench()
    const batch = someBatch()
    bench.gossip(batch.bytes)
    expect(bench.gossip(encodeAgain(batch, 1))).toBe('ignore')
    expect(bench.available).toHaveLength(1)
  })

  it('that was executed is ignored', () => {
    const bench = createBench()
    const batch = someBatch()
    bench.gossip(batch.bytes)
    for (const { id } of batch.transactions) bench.settled.add(id)
    bench.batches.onExecuted(batch.digest)
    expect(bench.gossip(batch.bytes)).toBe('ignore')
    expect(bench.batches.size).toBe(0)
  })

  it('under a forged signature is rejected, and stands in nobody’s way', () => {
    const bench = createBench()
    const batch = someBatch()
    expect(bench.gossip(forged(batch))).toBe('reject')
    expect(bench.gossip(batch.bytes)).toBe('accept')
  })

  it('with one transaction under a wrong signature is rejected whole', () => {
    const bench = createBench()
    const bad = { ...transactionOf('key'), signature: new Uint8Array(64) }
    expect(bench.gossip(batchOf(0, [transactionOf('good'), bad]).bytes)).toBe('reject')
    expect(bench.available).toEqual([])
  })

  it('with one transaction that the application refuses is rejected whole', () => {
    const bench = createBench()
    const bad = { ...transactionOf('key'), operation: Uint8Array.of(255) }
    expect(bench.gossip(batchOf(0, [transactionOf('good'), bad]).bytes)).toBe('reject')
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['other bytes', Uint8Array.of(1, 2, 3)],
    ['too many bytes', new Uint8Array(DEFAULT_PROTOCOL.batchBytesMax + 4_097)],
  ])('%s is rejected', (_, bytes) => {
    expect(createBench().gossip(bytes)).toBe('reject')
  })
})

describe('a batch with system transactions', () => {
  const keyed = createKeyedState()
  const advance = encodeSystemOperation({ type: 'advance' })
  const gossip = (transaction: Transaction, systemRefusal = keyed.systemRefusal.bind(keyed)) => {
    const world = new World()
    const application = createKeyValue({ signatures: 'none' })
    const { batches, available } = createBatches(
      world,
      new MemoryStore(world),
      {},
      application,
      systemRefusal,
    )
    const verdicts: Verdict[] = []
    const { bytes } = batchOf(0, [transactionOf('key'), transaction])
    batches.onGossip(bytes, verdict => void verdicts.push(verdict))
    world.settle()
    return { verdicts, held: available.length }
  }
  /** By a member of the fixtures, whose network these batches are of. */
  const signed = (operation: Uint8Array): Transaction => {
    const { publicKey, sign } = identityOf(2)
    const signature = new Uint8Array(64)
    const unsigned = { client: publicKey, timestampMs: NOW_MS, nonce: 1, operation, signature } as const
    const { signingBytes } = identify(scope, { ...unsigned, kind: 'system' })
    return { ...unsigned, kind: 'system', signature: sign(signingBytes) }
  }

  it('of members is held', () => {
    expect(gossip(signed(advance))).toEqual({ verdicts: ['accept'], held: 1 })
  })

  it.each<[string, Transaction]>([
    ['that is malformed', signed(new Uint8Array([99]))],
    ['of somebody else', { ...signed(advance), client: new Uint8Array(32).fill(1) }],
    ['under a wrong signature, where the application asks for none', { ...signed(advance), nonce: 2 }],
    ['without a signature', { ...signed(advance), signature: new Uint8Array(0) }],
    ['that is too long', signed(new Uint8Array(SYSTEM_OPERATION_BYTES_MAX + 1))],
  ])('one %s: it is rejected whole', (_, transaction) => {
    expect(gossip(transaction)).toEqual({ verdicts: ['reject'], held: 0 })
  })

  it('one where the genesis wants no keys: it is rejected whole', () => {
    expect(gossip(signed(advance), () => 'batch-system-unwanted')).toEqual({ verdicts: ['reject'], held: 0 })
  })

  it('has a bound of its own for them, whatever clients may send', () => {
    const operation = encodeSystemOperation({ type: 'revoke', keyId: new Uint8Array(32) })
    const { bytes } = batchOf(0, [signed(operation)])
    const batch = decodeBatch(scope, { ...DEFAULT_PROTOCOL, operationBytesMax: 1 }, bytes)
    expect(batch).toMatchObject({ transactions: [{ transaction: { kind: 'system', operation } }] })
  })
})

describe('what one author may have waiting', () => {
  it('is bounded by number: the next is ignored, that of another author is not', () => {
    const bench = createBench({ batchesPerAuthorMax: 3 })
    const verdicts = Array.from({ length: 4 }, () => bench.gossip(someBatch(0).bytes))
    expect(verdicts).toEqual(['accept', 'accept', 'accept', 'ignore'])
    expect(bench.gossip(someBatch(2).bytes)).toBe('accept')
  })

  it('is bounded by bytes', () => {
    const first = someBatch(0, 3)
    const bench = createBench({ bytesPerAuthorMax: first.bytes.length + 10 })
    expect(bench.gossip(first.bytes)).toBe('accept')
    expect(bench.gossip(someBatch(0).bytes)).toBe('ignore')
  })

  it('is freed when it is executed', () => {
    const bench = createBench({ batchesPerAuthorMax: 1 })
    const batch = someBatch(0)
    bench.gossip(batch.bytes)
    bench.batches.onExecuted(batch.digest)
    bench.batches.onExecuted(batch.digest)
    expect(bench.gossip(someBatch(0).bytes)).toBe('accept')
    expect(bench.gossip(someBatch(0).bytes)).toBe('ignore')
  })

  it('does not stand in the way of a batch that a proposal names', () => {
    const bench = createBench({ batchesPerAuthorMax: 1 })
    bench.gossip(someBatch(0).bytes)
    const wanted = someBatch(0)
    const fetched: unknown[] = []
    bench.batches.onFetched(wanted.bytes, new Set([wanted.digest]), digest => void fetched.push(digest))
    bench.world.settle()
    expect(fetched).toEqual([wanted.digest])
  })
})

describe('a batch that was asked for', () => {
  function fetch(bench: ReturnType<typeof createBench>, bytes: Uint8Array, wanted: Batch) {
    const answers: unknown[] = []
    bench.batches.onFetched(bytes, new Set([wanted.digest]), digest => void answers.push(digest))
    return answers
  }

  it('is no other, and under its author’s signature', () => {
    const bench = createBench()
    const wanted = someBatch()
    const answers = [fetch(bench, someBatch().bytes, wanted), fetch(bench, forged(wanted), wanted)]
    bench.world.settle()
    expect(answers).toEqual([[null], [null]])
    expect(bench.available).toEqual([])
  })

  it('is not taken for found while a copy that may be forged is being checked', () => {
    const bench = createBench()
    const wanted = someBatch()
    bench.batches.onGossip(forged(wanted), () => {})
    fetch(bench, wanted.bytes, wanted)
    bench.world.settle()
    expect(bench.available.map(({ digest }) => digest)).toEqual([wanted.digest])
  })
})

describe('spreading again', () => {
  it('after the time that a batch may wait, then after twice as long, in bytes that gossip has not seen', () => {
    const bench = createBench({ respreadMs: 1_000 })
    const batch = someBatch()
    bench.gossip(batch.bytes)
    const sweeps: number[] = []
    for (let ms = 0; ms < 8_000; ms += 500) {
      const before = bench.published.length
      bench.batches.sweep()
      if (bench.published.length > before) sweeps.push(ms)
      bench.world.advance(500)
    }
    expect(sweeps).toEqual([1_000, 3_000, 7_000])
    const [first = batch.bytes, second = batch.bytes] = bench.published
    expect(equalBytes(first, second) || equalBytes(first, batch.bytes)).toBe(false)
    expect(decodeBatch(scope, DEFAULT_PROTOCOL, first)).toMatchObject({ digest: batch.digest })
  })

  it('two members do not spread the same bytes', () => {
    const batch = someBatch()
    const spread = [0, 1, 2, 3].map(self => {
      const bench = createBench({ self: replicaId(self), respreadMs: 1 })
      bench.gossip(batch.bytes)
      bench.world.advance(1)
      bench.batches.sweep()
      return String(bench.published[0])
    })
    expect(new Set(spread).size).toBe(4)
  })

  it('no more than eight at a time, and nothing by an observer', () => {
    const bench = createBench({ batchesPerAuthorMax: 100, respreadMs: 1 })
    const observer = createBench({ self: null, batchesPerAuthorMax: 100, respreadMs: 1 })
    for (let i = 0; i < 10; i++) {
      const { bytes } = someBatch()
      bench.gossip(bytes)
      observer.gossip(bytes)
    }
    for (const { world, batches } of [bench, observer]) {
      world.advance(9)
      batches.sweep()
    }
    expect([bench.published.length, observer.published.length]).toEqual([8, 0])
  })

  it('at first only the oldest: the others wait behind it, as they should', () => {
    const bench = createBench({ batchesPerAuthorMax: 100, respreadMs: 1 })
    for (let i = 0; i < 10; i++) bench.gossip(someBatch().bytes)
    bench.world.advance(1)
    bench.batches.sweep()
    expect(bench.published.length).toBe(1)
  })

  it('nothing that was executed', () => {
    const bench = createBench({ respreadMs: 1 })
    const batch = someBatch()
    bench.gossip(batch.bytes)
    bench.batches.onExecuted(batch.digest)
    bench.world.advance(10)
    bench.batches.sweep()
    expect(bench.published).toEqual([])
  })
})

describe('the disk', () => {
  it('a failed write is told', () => {
    const bench = createBench()
    bench.store.failing = diskFull()
    bench.gossip(someBatch().bytes)
    expect(bench.failures).toEqual([bench.store.failing])
  })

  it('our own batch is durable when its synced write is answered', () => {
    const bench = createBench()
    bench.store.isSlow = true
    let durable = 0
    bench.batches.hold(someBatch(1), () => {
      durable += 1
    })
    bench.world.advance(100)
    expect([durable, bench.store.writes.at(-1)?.sync]).toEqual([0, true])
    bench.store.answer()
    expect(durable).toBe(1)
  })

  it('a batch restored from disk is held again, and spread at once', () => {
    const bench = createBench()
    const batch = someBatch(0)
    expect(bench.batches.restore(batch.bytes)).toMatchObject({ digest: batch.digest })
    bench.batches.sweep()
    expect(bench.published).toHaveLength(1)
  })
})
