import { describe, expect, it } from 'vitest'
import { createPrng } from '../../src/lib/prng.ts'
import { SimDisk } from '../../src/sim/disk.ts'
import { describeStore, put, readRange, text, write } from '../storage/store-suite.ts'

function createDisk(): SimDisk {
  return new SimDisk(
    { writeMs: () => 0, readMs: () => 0 },
    { nowMs: () => 0, after: (_delayMs, run) => queueMicrotask(run), onSyncedWrite: () => {} },
  )
}

describeStore('SimDisk', async () => {
  const store = createDisk()
  return {
    store,
    async reopen() {
      await write(store, [], true)
      return store
    },
    remove: async () => {},
  }
})

describe('a crash of the simulated disk', () => {
  it('keeps what was synced, and of the rest a prefix', async () => {
    const lengths = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const disk = createDisk()
      await write(disk, [put('a', 'synced')], true)
      for (const key of ['b', 'c', 'd']) disk.write([put(key, key)], { sync: false }, () => {})
      disk.crash(createPrng(seed))
      expect(text(disk.get('a'))).toBe('synced')
      const kept = (await readRange(disk, { gte: 'b', lt: 'z', limit: 9 })).map(entry => entry[0])
      expect(['b', 'c', 'd'].slice(0, kept.length)).toEqual(kept)
      lengths.add(kept.length)
    }
    expect([...lengths].sort()).toEqual([0, 1, 2, 3])
  })
})
