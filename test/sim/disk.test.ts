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

describe('a disk that breaks down', () => {
  function createBreaking() {
    const answers: (() => void)[] = []
    const written: number[] = []
    const disk = new SimDisk(
      { writeMs: sync => (sync ? 4 : 1), readMs: () => 1 },
      {
        nowMs: () => 0,
        after: (_delayMs, run) => answers.push(run),
        onSyncedWrite: answerMs => written.push(answerMs),
      },
    )
    const answer = (): void => {
      for (const run of answers.splice(0)) run()
    }
    return { disk, answer, written }
  }

  it('refuses what is written later, and what it refused may be there after all', () => {
    const kept = new Set<boolean>()
    for (let seed = 0; seed < 20; seed++) {
      const { disk, answer } = createBreaking()
      const outcomes: (string | undefined)[] = []
      disk.write([put('a', 'before')], { sync: true }, error => outcomes.push(error?.code))
      disk.breakDown()
      disk.write([put('b', 'after')], { sync: true }, error => outcomes.push(error?.code))
      expect(disk.isBroken).toBe(true)
      expect(disk.isRefused).toBe(false)
      answer()
      expect(disk.isRefused).toBe(true)
      expect(outcomes).toEqual([undefined, 'WRITE_FAILED'])
      expect(disk.get('b')).toBeUndefined()
      disk.crash(createPrng(seed))
      expect([disk.isBroken, disk.isRefused]).toEqual([false, false])
      expect(text(disk.get('a'))).toBe('before')
      kept.add(disk.get('b') !== undefined)
    }
    expect(kept.size).toBe(2)
  })

  it('says when a synced write is answered, later when it is slow', () => {
    const { disk, answer, written } = createBreaking()
    disk.write([put('a', 'a')], { sync: false }, () => {})
    disk.write([put('b', 'b')], { sync: true }, () => {})
    answer()
    disk.slowness = 50
    disk.write([put('c', 'c')], { sync: true }, () => {})
    expect(written).toEqual([5, 5 + 200])
  })
})
