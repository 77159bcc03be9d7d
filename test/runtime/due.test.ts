import { describe, expect, it } from 'vitest'
import { u64 } from '../../src/lib/bytes.ts'
import { TIMESTAMP_AHEAD_MAX_MS } from '../../src/membership/window.ts'
import { digest, replicaId } from '../../src/pbft/types.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { Due } from '../../src/runtime/due.ts'
import { type Batch, encodeAgain } from '../../src/wire/batch.ts'
import { NOW_MS } from '../wire/fixtures.ts'
import { batchOf, createBatches, transactionOf } from './parts.ts'
import { MemoryStore, World } from './world.ts'

/** Batches whose time has not come, at a backup unless a test says otherwise. Its clock and log time are NOW_MS. */
const HOUR_MS = 3_600_000

function createBench(options: Parameters<typeof createBatches>[2] = {}) {
  const world = new World()
  const store = new MemoryStore(world)
  const parts = createBatches(world, store, options)
  const told = (): readonly string[] => parts.available.splice(0).map(({ digest }) => digest)
  /** As when a sequence names it and it is too early. */
  const passOver = (batch: Batch): void => {
    parts.gossip(batch.bytes)
    parts.batches.onExecuted(batch.digest)
    parts.available.length = 0
  }
  return { world, store, ...parts, told, passOver }
}

let nonce = 0
const batchAt = (...aheadMs: readonly number[]): Batch =>
  batchOf(
    0,
    aheadMs.map(ms => transactionOf('key', nonce++, { timestampMs: NOW_MS + ms })),
  )

describe('a batch that is too early', () => {
  it('is held and written, and the core is not told to wait for it', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS)
    expect(bench.gossip(batch.bytes)).toBe('accept')
    expect(bench.told()).toEqual([])
    expect(bench.store.get(diskNames.held(batch.digest))).toBeDefined()
    expect([...bench.batches.tooEarly()]).toEqual([batch])
  })

  it('is there for a proposal that names it, however it came', () => {
    const bench = createBench()
    const [first, second] = [batchAt(HOUR_MS), batchAt(HOUR_MS)]
    bench.gossip(first.bytes)
    bench.batches.onFetched(second.bytes, new Set([second.digest]), () => {})
    bench.world.settle()
    bench.found.length = 0
    expect(bench.batches.find(first.digest)).toBe(true)
    expect(bench.batches.find(second.digest)).toBe(true)
    expect(bench.found).toEqual([first.digest, second.digest])
    expect(bench.told()).toEqual([])
  })

  it('completes a proposal that waits for it', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS)
    bench.gossip(batch.bytes)
    expect(bench.found).toEqual([batch.digest])
  })

  it('is told when anything in it is due', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS, 0)
    bench.gossip(batch.bytes)
    expect(bench.told()).toEqual([batch.digest])
  })

  it('is told to a primary, which orders what it holds, also when it becomes one', () => {
    const bench = createBench()
    const [before, after] = [batchAt(HOUR_MS), batchAt(HOUR_MS)]
    bench.gossip(before.bytes)
    bench.moment.isPrimary = true
    bench.gossip(after.bytes)
    bench.batches.tellDue()
    expect(bench.told()).toEqual([after.digest, before.digest])
  })

  it('is not spread again before its time, and does not make those behind it wait', () => {
    const bench = createBench()
    const [early, due] = [batchAt(HOUR_MS), batchAt(0)]
    bench.gossip(early.bytes)
    bench.gossip(due.bytes)
    bench.world.advance(1_001)
    bench.batches.sweep()
    expect(bench.published).toHaveLength(1)
    expect(bench.published[0]).toEqual(encodeAgain(due, 5))
  })

  it('is told and spread at once when its time comes, by log time or by our clock', () => {
    for (const time of ['logTimeMs', 'nowMs'] as const) {
      const bench = createBench()
      const batch = batchAt(HOUR_MS)
      bench.gossip(batch.bytes)
      bench.batches.tellDue()
      bench.batches.sweep()
      expect(bench.told()).toEqual([])
      bench.moment[time] = NOW_MS + HOUR_MS
      bench.batches.tellDue()
      bench.batches.sweep()
      expect(bench.told()).toEqual([batch.digest])
      expect(bench.published).toHaveLength(1)
      expect([...bench.batches.tooEarly()]).toEqual([])
    }
  })

  it('is told to a backup no sooner than a primary takes it again whose clock is half the difference behind', () => {
    const apartMs = TIMESTAMP_AHEAD_MAX_MS / 2
    for (const [aheadMs, isDue] of [
      [apartMs, true],
      [apartMs + 1, false],
    ] as const) {
      const [backup, primary] = [createBench(), createBench()]
      const batch = batchAt(aheadMs)
      backup.moment.logTimeMs = 0
      backup.gossip(batch.bytes)
      expect(backup.told()).toEqual(isDue ? [batch.digest] : [])
      Object.assign(primary.moment, { isPrimary: true, logTimeMs: 0, nowMs: NOW_MS - apartMs })
      primary.passOver(batch)
      expect(primary.gossip(encodeAgain(batch, 1))).toBe(isDue ? 'accept' : 'ignore')
    }
  })

  it('is not told when what it was put off for was executed otherwise', () => {
    const bench = createBench()
    const batch = batchAt(20_000, HOUR_MS)
    bench.gossip(batch.bytes)
    bench.settled.add(batch.transactions[0]?.id ?? '')
    bench.moment.nowMs = NOW_MS + 20_000
    bench.batches.tellDue()
    expect(bench.told()).toEqual([])
    bench.settled.add(batch.transactions[1]?.id ?? '')
    bench.moment.nowMs = NOW_MS + HOUR_MS
    bench.batches.tellDue()
    expect(bench.told()).toEqual([])
    expect(bench.batches.settle()).toEqual([batch])
    expect(bench.batches.size).toBe(0)
  })
})

describe('looking at a batch', () => {
  const COUNT = 500
  const batch = batchAt(...Array.from({ length: COUNT - 1 }, () => 0), HOUR_MS)
  const asked = (look: (due: Due) => void): number => {
    let count = 0
    const last = batch.transactions.at(-1)
    const due = new Due({
      isSettled(transaction) {
        count += 1
        return transaction !== last
      },
      isPrimary: () => false,
      logTimeMs: () => NOW_MS,
      nowMs: () => NOW_MS,
    })
    look(due)
    count = 0
    look(due)
    return count
  }

  it('again and again, for years perhaps, does not ask again for what is settled', () => {
    expect(asked(due => expect(due.isSettled(batch)).toBe(false))).toBeLessThan(3)
    expect(asked(due => expect(due.isTooEarly(batch)).toBe(true))).toBeLessThan(4)
  })
})

describe('a batch that was executed too early', () => {
  it('is ignored before its time: else a sequence could be had for every copy', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS)
    bench.passOver(batch)
    expect(bench.gossip(encodeAgain(batch, 1))).toBe('ignore')
    bench.moment.isPrimary = true
    expect(bench.gossip(encodeAgain(batch, 2))).toBe('ignore')
    expect(bench.batches.size).toBe(0)
  })

  it('is there for a proposal that names it again, and is not held for that', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS)
    bench.passOver(batch)
    bench.found.length = 0
    expect(bench.batches.find(batch.digest)).toBe(true)
    expect(bench.found).toEqual([batch.digest])
    expect(bench.batches.size).toBe(0)
  })

  it('leaves its body to history when it waited again and is executed otherwise', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS)
    bench.passOver(batch)
    bench.store.write(
      [{ type: 'put', key: diskNames.named(batch.digest), value: u64(1) }],
      { sync: false },
      () => {},
    )
    bench.moment.nowMs = NOW_MS + HOUR_MS
    bench.gossip(encodeAgain(batch, 1))
    bench.settled.add(batch.transactions[0]?.id ?? '')
    expect(bench.batches.settle().map(({ digest }) => digest)).toEqual([batch.digest])
    expect(bench.store.get(diskNames.batch(batch.digest))).toBeDefined()
    expect(bench.store.get(diskNames.held(batch.digest))).toBeUndefined()
  })

  it('is taken again when it is due, and no more when it is executed', () => {
    const bench = createBench()
    const batch = batchAt(HOUR_MS)
    bench.passOver(batch)
    bench.moment.nowMs = NOW_MS + HOUR_MS
    expect(bench.gossip(encodeAgain(batch, 1))).toBe('accept')
    expect(bench.told()).toEqual([batch.digest])
    bench.settled.add(batch.transactions[0]?.id ?? '')
    bench.batches.onExecuted(batch.digest)
    expect(bench.gossip(encodeAgain(batch, 2))).toBe('ignore')
  })
})

describe('a batch that the core waits for', () => {
  it('is put off when it turns out too early, and told again in its time', () => {
    const bench = createBench()
    bench.moment.nowMs = NOW_MS + HOUR_MS
    const [early, due] = [batchAt(HOUR_MS), batchAt(0)]
    bench.gossip(early.bytes)
    bench.gossip(due.bytes)
    expect(bench.told()).toEqual([early.digest, due.digest])
    bench.moment.nowMs = NOW_MS
    expect(bench.batches.putOffEarly()).toEqual([early.digest])
    expect(bench.batches.putOffEarly()).toEqual([])
    bench.moment.nowMs = NOW_MS + HOUR_MS
    bench.batches.tellDue()
    expect(bench.told()).toEqual([early.digest])
  })

  it('is spread before it is waited for again, when it may have come to nothing while the state jumped', () => {
    const bench = createBench()
    const [doubtful, other] = [batchAt(0), batchAt(-5_000)]
    bench.gossip(other.bytes)
    bench.gossip(doubtful.bytes)
    bench.told()
    expect(bench.batches.putOffDoubtful(NOW_MS - TIMESTAMP_AHEAD_MAX_MS - 1)).toEqual([doubtful.digest])
    bench.batches.tellDue()
    expect(bench.told()).toEqual([doubtful.digest])
    bench.batches.sweep()
    expect(bench.published).toEqual([encodeAgain(doubtful, 5)])
  })
})

describe('early batches beyond the share of their author', () => {
  it('are let go of, the youngest first, when no proposal names them', () => {
    const bench = createBench()
    const batches = [1, 2, 3, 4, 5].map(i => batchAt(HOUR_MS + i))
    for (const batch of batches) {
      bench.batches.onFetched(batch.bytes, new Set([batch.digest]), () => {})
      bench.world.settle()
    }
    const [, , third, fourth, fifth] = batches
    bench.named.add(fifth?.digest ?? digest('00'))
    expect(bench.batches.isOverdue()).toBe(true)
    expect(bench.batches.settle()).toEqual([fourth, third])
    expect(bench.batches.size).toBe(3)
    expect(bench.store.get(diskNames.batch(fourth?.digest ?? ''))).toBeUndefined()
    expect(bench.batches.isOverdue()).toBe(false)
  })

  it('are kept when they are our own', () => {
    const bench = createBench({ self: replicaId(0) })
    for (const i of [1, 2, 3, 4]) bench.batches.hold(batchAt(HOUR_MS + i))
    expect(bench.batches.settle()).toEqual([])
    expect(bench.batches.size).toBe(4)
  })
})
