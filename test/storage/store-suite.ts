/** What every implementation of the store port must do. Call `describeStore` from the implementation's own test file. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorageError, Store, StoreOperation, StoreRange } from '../../src/runtime/ports.ts'

export interface StoreHarness {
  readonly store: Store
  /** The store after an orderly stop and a new start. */
  reopen(): Promise<Store>
  remove(): Promise<void>
}

export const put = (key: string, value: string): StoreOperation => ({
  type: 'put',
  key,
  value: new TextEncoder().encode(value),
})
export const remove = (key: string): StoreOperation => ({ type: 'delete', key })

export function write(store: Store, operations: readonly StoreOperation[], sync = true): Promise<void> {
  return settle(done => store.write(operations, { sync }, done))
}

export function clear(store: Store, range: StoreRange): Promise<void> {
  return settle(done => store.clear(range, done))
}

export function readRange(
  store: Store,
  range: StoreRange & { limit: number; reverse?: boolean },
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    store.range(range, (error, entries) => {
      if (error === null) resolve(entries.map(([key, value]) => `${key}=${text(value)}`))
      else reject(error)
    })
  })
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value)
}

function settle(start: (done: (error: StorageError | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start(error => (error === null ? resolve() : reject(error))))
}

const ALL: StoreRange & { limit: number } = { gte: '', lt: '~', limit: 1_000 }

export function describeStore(name: string, open: () => Promise<StoreHarness>): void {
  describe(`${name} as a store`, () => {
    let harness: StoreHarness
    beforeEach(async () => {
      harness = await open()
    })
    afterEach(() => harness.remove())

    it('has nothing at first', async () => {
      expect(harness.store.get('a')).toBeUndefined()
      expect(await readRange(harness.store, ALL)).toEqual([])
    })

    it('gives plain bytes back, before and after they are on disk', async () => {
      const written = write(harness.store, [put('a', 'one'), put('empty', '')])
      for (const when of ['queued', 'written']) {
        const value = harness.store.get('a')
        expect(value?.constructor, when).toBe(Uint8Array)
        expect(text(value), when).toBe('one')
        expect(harness.store.get('empty'), when).toHaveLength(0)
        await written
      }
    })

    it('lets a read see every write whose call came before, and answers after the call returned', async () => {
      const { store } = harness
      const order: string[] = []
      const all = ['one', 'two', 'three'].map(value =>
        write(store, [put('a', value)], value !== 'two').then(() => order.push(value)),
      )
      expect(text(store.get('a'))).toBe('three')
      const deleted = write(store, [remove('a')])
      expect(store.get('a')).toBeUndefined()
      expect(order).toEqual([])
      await Promise.all([...all, deleted])
      expect(order).toEqual(['one', 'two', 'three'])
      expect(store.get('a')).toBeUndefined()
    })

    it('answers a write without sync, alone or empty', async () => {
      await write(harness.store, [put('a', 'one')], false)
      await write(harness.store, [], true)
      expect(text(harness.store.get('a'))).toBe('one')
    })

    it('applies the operations of one write in their order', async () => {
      const { store } = harness
      await write(store, [put('a', 'one'), remove('a'), put('b', 'x'), put('b', 'y')])
      expect(store.get('a')).toBeUndefined()
      expect(text(store.get('b'))).toBe('y')
    })

    it('ranges in byte order, lower end included, upper excluded, limited, also backwards, also over what is queued', async () => {
      const { store } = harness
      await write(
        store,
        ['k/10', 'k/02', 'k/01', 'l/00', 'j/99'].map(key => put(key, key)),
      )
      store.write([put('k/05', 'late')], { sync: false }, () => {})
      const range = { gte: 'k/01', lt: 'l/00' }
      expect(await readRange(store, { ...range, limit: 10 })).toEqual([
        'k/01=k/01',
        'k/02=k/02',
        'k/05=late',
        'k/10=k/10',
      ])
      expect(await readRange(store, { ...range, limit: 2 })).toEqual(['k/01=k/01', 'k/02=k/02'])
      expect(await readRange(store, { ...range, limit: 2, reverse: true })).toEqual([
        'k/10=k/10',
        'k/05=late',
      ])
    })

    it('clears a range and nothing else, at once for reads, and keeps what is written after', async () => {
      const { store } = harness
      await write(
        store,
        ['a/1', 'a/2', 'b/1'].map(key => put(key, 'old')),
      )
      store.write([put('a/3', 'queued')], { sync: false }, () => {})
      const cleared = clear(store, { gte: 'a/', lt: 'b/' })
      const after = write(store, [put('a/2', 'new')])
      expect(['a/1', 'a/2', 'a/3', 'b/1'].map(key => text(store.get(key)))).toEqual([
        undefined,
        'new',
        undefined,
        'old',
      ])
      await Promise.all([cleared, after])
      expect(await readRange(store, ALL)).toEqual(['a/2=new', 'b/1=old'])
    })

    it('keeps everything over a restart', async () => {
      await write(harness.store, [put('a', 'one'), put('b', 'two')])
      harness.store.write([remove('a'), put('c', 'three')], { sync: false }, () => {})
      const again = await harness.reopen()
      expect(await readRange(again, ALL)).toEqual(['b=two', 'c=three'])
    })

    it('is a map, whatever is asked of it', async () => {
      const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.record({ type: fc.constant('put'), key, sync: fc.boolean() }) },
        { weight: 2, arbitrary: fc.record({ type: fc.constant('delete'), key, sync: fc.boolean() }) },
        { weight: 1, arbitrary: fc.record({ type: fc.constant('clear'), key, sync: fc.boolean() }) },
        { weight: 1, arbitrary: fc.record({ type: fc.constant('wait'), key, sync: fc.boolean() }) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
          const { store } = harness
          const model = new Map<string, string>()
          const pending: Promise<void>[] = [clear(store, ALL)]
          for (const [i, { type, key, sync }] of steps.entries()) {
            if (type === 'put') {
              model.set(key, `${i}`)
              pending.push(write(store, [put(key, `${i}`)], sync))
            } else if (type === 'delete') {
              model.delete(key)
              pending.push(write(store, [remove(key)], sync))
            } else if (type === 'clear') {
              for (const known of model.keys()) if (known >= key && known < 'd') model.delete(known)
              pending.push(clear(store, { gte: key, lt: 'd' }))
            } else await pending.at(-1)
            for (const one of ['a', 'b', 'c', 'd', 'e']) expect(text(store.get(one))).toBe(model.get(one))
          }
          await Promise.all(pending)
          const expected = [...model].map(([key, value]) => `${key}=${value}`).sort()
          expect(await readRange(store, ALL)).toEqual(expected)
        }),
        { numRuns: 25 },
      )
    })
  })
}
