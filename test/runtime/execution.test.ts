import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/lib/bytes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import type { Proposal } from '../../src/pbft/types.ts'
import { sequence } from '../../src/pbft/types.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { createExecution, type Executed, placeOf } from '../../src/runtime/execution.ts'
import { Pruning } from '../../src/runtime/pruning.ts'
import { Snapshots } from '../../src/runtime/snapshots.ts'
import { batchOf, createBatches, createState, proposalOf, transactionOf } from './parts.ts'
import { diskFull, MemoryStore, World } from './world.ts'

function createBench() {
  const world = new World()
  const store = new MemoryStore(world)
  const state = createState()
  const { batches } = createBatches(world, store)
  const executed: Executed[] = []
  const failures: Error[] = []
  const onFailure = (error: Error) => void failures.push(error)
  const snapshots = new Snapshots(
    { intervalSequences: 1_000 },
    { state, store, clock: world.clock, logger: silentLogger, onWritten: () => {}, onFailure },
  )
  const execute = createExecution({
    state,
    store,
    batches,
    snapshots,
    onExecuted: one => void executed.push(one),
    onFailure,
  })
  const run = (proposal: Proposal, checkpoint = false) => execute({ proposal, commits: [] }, checkpoint)
  return { world, store, state, batches, executed, failures, run }
}

describe('execution', () => {
  it('writes the entry, what was executed, and where each transaction stands, in one write', () => {
    const bench = createBench()
    const batch = batchOf(0, [transactionOf('a'), transactionOf('b')])
    bench.batches.hold(batch)
    bench.run(proposalOf(1, [batch]))
    const operations = bench.store.writes.at(-1)?.operations ?? []
    expect(operations.map(({ type, key }) => `${type} ${key.split('/')[0]}`)).toEqual([
      'put entry',
      'put executed',
      'put transaction',
      'put transaction',
      'delete held',
      'put named',
    ])
    for (const { id } of batch.transactions) expect(placeOf(bench.store, id)).toBe(1)
  })

  it('gives a statement when a checkpoint is asked for, and only then', () => {
    const bench = createBench()
    expect(bench.run(proposalOf(1, []))).toBeNull()
    expect(bench.run(proposalOf(2, []), true)).toEqual(bench.state.statement())
  })

  it('one batch at two sequences, both committed at once: the second executes nothing of it', () => {
    const bench = createBench()
    const batch = batchOf(0, [transactionOf('a')])
    bench.batches.hold(batch)
    bench.run(proposalOf(1, [batch]))
    bench.run(proposalOf(2, [batch]))
    expect(bench.executed.map(({ outcome }) => outcome.segment.receipts.length)).toEqual([1, 0])
    expect(bench.executed[1]?.outcome.skipped).toMatchObject([{ reason: 'repeated' }])
  })

  it('a body that is nowhere is a mistake of our own side', () => {
    const bench = createBench()
    const batch = batchOf(0, [transactionOf('a')])
    expect(() => bench.run(proposalOf(1, [batch]))).toThrow('the body of a committed batch is missing')
  })

  it('a failed write is told', () => {
    const bench = createBench()
    bench.store.failing = diskFull()
    bench.run(proposalOf(1, []))
    bench.world.settle()
    expect(bench.failures).toEqual([bench.store.failing])
  })
})

describe('pruning', () => {
  function createHistory(sequences: number, historySequences: number) {
    const bench = createBench()
    const batches = Array.from({ length: sequences }, (_, i) => batchOf(0, [transactionOf(`k${i}`)]))
    for (const [i, batch] of batches.entries()) {
      bench.batches.hold(batch)
      bench.run(proposalOf(i + 1, [batch]))
    }
    bench.world.settle()
    const { store, world, failures } = bench
    const pruning = new Pruning(
      { historySequences },
      {
        store,
        clock: world.clock,
        namedBatches: () => new Set(),
        onFailure: error => void failures.push(error),
      },
    )
    return { ...bench, pruning, created: batches }
  }
  const numbers = (store: MemoryStore, prefix: string) =>
    store.keys(prefix).map(key => Number(key.slice(prefix.length)))

  it.each([
    [0, [6]],
    [1, [5, 6]],
    [3, [3, 4, 5, 6]],
    [100, [1, 2, 3, 4, 5, 6]],
  ])('with a history of %i and a snapshot at 5 there stays %o', (historySequences, kept) => {
    const { store, world, pruning, created } = createHistory(6, historySequences)
    pruning.onSnapshot(sequence(5))
    world.advance(100)
    expect(numbers(store, 'entry/')).toEqual(kept)
    expect(numbers(store, 'executed/')).toEqual(kept)
    const keptBatches = kept.map(n => diskNames.batch(created[n - 1]?.digest ?? '')).sort()
    expect(store.keys('batch/')).toEqual(keptBatches)
    expect(store.keys('transaction/')).toHaveLength(kept.length)
    expect(store.keys('named/')).toHaveLength(kept.length)
  })

  it('a snapshot that comes while it runs is pruned to as well, and an older one deletes no less', () => {
    const { store, world, pruning } = createHistory(200, 0)
    pruning.onSnapshot(sequence(100))
    pruning.onSnapshot(sequence(150))
    pruning.onSnapshot(sequence(120))
    world.advance(1_000)
    expect(numbers(store, 'entry/')[0]).toBe(151)
  })

  it('the body of a batch that a later sequence names again stays as long as that one', () => {
    const { store, world, pruning, created, run } = createHistory(2, 0)
    const [first] = created
    if (first === undefined) throw new Error('no batch')
    run(proposalOf(3, [first]))
    world.settle()
    pruning.onSnapshot(sequence(2))
    world.advance(100)
    expect(store.keys('batch/')).toEqual([diskNames.batch(first.digest)])
    pruning.onSnapshot(sequence(3))
    world.advance(100)
    expect(store.keys('batch/')).toEqual([])
  })

  it('the body of a batch that waits again stays', () => {
    const { store, world, batches, pruning, created } = createHistory(2, 0)
    const [first, second] = created
    if (first === undefined || second === undefined) throw new Error('no batch')
    batches.hold(first)
    pruning.onSnapshot(sequence(2))
    world.advance(100)
    expect(store.keys('named/')).toEqual([])
    expect(store.keys('batch/')).toEqual([diskNames.batch(first.digest)])
  })

  it('a record that cannot be read is deleted all the same', () => {
    const { store, world, pruning } = createHistory(2, 0)
    store.entries.set(diskNames.entry(1), fromHex('ff'))
    store.entries.set(diskNames.executed(2), fromHex('ff'))
    pruning.onSnapshot(sequence(2))
    world.advance(100)
    expect(store.keys('entry/')).toEqual([])
  })
})
