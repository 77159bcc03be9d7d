import type { Prng } from '../lib/prng.ts'
import { StorageError, type Store, type StoreOperation, type StoreRange } from '../runtime/ports.ts'

/**
 * A disk that loses what it may lose. Reads see every write at once; a crash keeps everything up to the last sync that was
 * reported done, and of what came after it a prefix of the generator's choice, each write whole or not at all.
 */
export interface DiskOptions {
  /** How long a write takes, drawn for each. */
  readonly writeMs: (sync: boolean) => number
}

export interface DiskComponents {
  after(delayMs: number, run: () => void): void
}

type Change = { readonly operations: readonly StoreOperation[] } | { readonly cleared: StoreRange }

export class SimDisk implements Store {
  readonly #options: DiskOptions
  readonly #components: DiskComponents
  #current = new Map<string, Uint8Array>()
  #durable = new Map<string, Uint8Array>()
  #kept: ReadonlyMap<string, Uint8Array> = new Map()
  /** Not known to be durable, oldest first; `#volatileFirst` is the number of the first of them. */
  #volatile: Change[] = []
  #volatileFirst = 0
  #freeAtMs = 0
  #nowMs: () => number
  #isDirect = false
  #failing: StorageError | null = null

  constructor(options: DiskOptions, components: DiskComponents & { nowMs(): number }) {
    this.#options = options
    this.#components = components
    this.#nowMs = () => components.nowMs()
  }

  get keys(): number {
    return this.#current.size
  }

  /** While `work` runs, answers come before the call returns: for a start, which awaits them in an order of its own. */
  async direct<T>(work: () => Promise<T>): Promise<T> {
    this.#isDirect = true
    try {
      return await work()
    } finally {
      this.#isDirect = false
    }
  }

  /** Every later write fails, until a crash. */
  breakDown(): void {
    this.#failing = new StorageError('WRITE_FAILED', 'the simulated disk is broken')
  }

  crash(prng: Prng): void {
    const kept = prng.between(0, this.#volatile.length)
    for (const change of this.#volatile.slice(0, kept)) apply(this.#durable, change)
    this.#volatileFirst += this.#volatile.length
    this.#volatile = []
    this.#current = new Map(this.#durable)
    this.#failing = null
  }

  /** Remembers what is durable now, for `rollBack`. */
  keep(): void {
    this.#kept = new Map(this.#durable)
  }

  /** Becomes what was kept last, or empty: the disk of an earlier day. */
  rollBack(): void {
    this.wipe()
    this.#durable = new Map(this.#kept)
    this.#current = new Map(this.#kept)
  }

  wipe(): void {
    this.#volatileFirst += this.#volatile.length
    this.#volatile = []
    this.#current.clear()
    this.#durable.clear()
  }

  write(
    operations: readonly StoreOperation[],
    options: { readonly sync: boolean },
    done: (error: StorageError | null) => void,
  ): void {
    if (this.#failing !== null) return this.#answer(options.sync, () => done(this.#failing))
    const copied = operations.map(operation =>
      operation.type === 'put' ? { ...operation, value: operation.value.slice() } : operation,
    )
    this.#change({ operations: copied }, options.sync, () => done(null))
  }

  get(key: string): Uint8Array | undefined {
    const value = this.#current.get(key)
    return value === undefined ? undefined : new Uint8Array(value)
  }

  range(
    range: StoreRange & { readonly limit: number; readonly reverse?: boolean },
    done: (error: StorageError | null, entries: readonly (readonly [string, Uint8Array])[]) => void,
  ): void {
    const found = keysIn(this.#current, range).sort()
    if (range.reverse === true) found.reverse()
    const entries = found.slice(0, range.limit).map(key => [key, this.get(key) as Uint8Array] as const)
    this.#answer(false, () => done(null, entries))
  }

  clear(range: StoreRange, done: (error: StorageError | null) => void): void {
    if (this.#failing !== null) return this.#answer(false, () => done(this.#failing))
    this.#change({ cleared: range }, false, () => done(null))
  }

  #change(change: Change, sync: boolean, done: () => void): void {
    apply(this.#current, change)
    this.#volatile.push(change)
    const upTo = this.#volatileFirst + this.#volatile.length
    this.#answer(sync, () => {
      if (sync) this.#settle(upTo)
      done()
    })
  }

  #settle(upTo: number): void {
    const settled = this.#volatile.splice(0, Math.max(0, upTo - this.#volatileFirst))
    for (const change of settled) apply(this.#durable, change)
    this.#volatileFirst += settled.length
  }

  /** Answers come in the order of the calls: there is one queue, as on a real disk. */
  #answer(sync: boolean, done: () => void): void {
    if (this.#isDirect) return done()
    const nowMs = this.#nowMs()
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + this.#options.writeMs(sync)
    this.#components.after(this.#freeAtMs - nowMs, done)
  }
}

function apply(map: Map<string, Uint8Array>, change: Change): void {
  if ('cleared' in change) {
    for (const key of keysIn(map, change.cleared)) map.delete(key)
    return
  }
  for (const operation of change.operations) {
    if (operation.type === 'put') map.set(operation.key, operation.value)
    else map.delete(operation.key)
  }
}

function keysIn(map: ReadonlyMap<string, Uint8Array>, { gte, lt }: StoreRange): string[] {
  const found: string[] = []
  for (const key of map.keys()) if (key >= gte && key < lt) found.push(key)
  return found
}
