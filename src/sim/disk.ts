import type { Prng } from '../lib/prng.ts'
import { StorageError, type Store, type StoreOperation, type StoreRange } from '../runtime/ports.ts'

/**
 * A disk that loses what it may lose. Reads see every write at once; a crash keeps everything up to the last sync that was
 * reported done, and of what came after it a prefix of the generator's choice, each write whole or not at all: a write that was torn
 * is gone with everything after it. A broken disk says so; what it refused may be on it all the same.
 */
export interface DiskOptions {
  /** How long a write takes, drawn for each. */
  readonly writeMs: (sync: boolean) => number
  /** How long it takes to find the entries of a range. */
  readonly readMs: () => number
}

export interface DiskComponents {
  nowMs(): number
  after(delayMs: number, run: () => void): void
  /** A synced write is on its way, and answered after `answerMs`. */
  onSyncedWrite(answerMs: number): void
}

/** One write of a disk that is slow in two ways at once. Longer, and it would be slow long after it is said to be well. */
const WORK_MAX_MS = 1_000

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
  /** How much longer than usual everything takes. */
  slowness = 1
  #isDirect = false
  #failing: StorageError | null = null
  #isRefused = false

  constructor(options: DiskOptions, components: DiskComponents) {
    this.#options = options
    this.#components = components
  }

  get isBroken(): boolean {
    return this.#failing !== null
  }

  /** The replica was told that a write failed, and not restarted since. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Would it be there after a crash? */
  isDurable(key: string): boolean {
    return this.#durable.has(key)
  }

  get keys(): number {
    return this.#current.size
  }

  /** What a read would find. */
  get entries(): ReadonlyMap<string, Uint8Array> {
    return this.#current
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
    this.#repair()
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
    this.#repair()
  }

  #repair(): void {
    this.#failing = null
    this.#isRefused = false
  }

  write(
    operations: readonly StoreOperation[],
    options: { readonly sync: boolean },
    done: (error: StorageError | null) => void,
  ): void {
    const copied = operations.map(operation =>
      operation.type === 'put' ? { ...operation, value: operation.value.slice() } : operation,
    )
    this.#change({ operations: copied }, options.sync, done)
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
    this.#answer(this.#options.readMs, () => done(null, entries))
  }

  clear(range: StoreRange, done: (error: StorageError | null) => void): void {
    this.#change({ cleared: range }, false, done)
  }

  #change(change: Change, sync: boolean, done: (error: StorageError | null) => void): void {
    const failing = this.#failing
    const workMs = (): number => this.#options.writeMs(sync)
    this.#volatile.push(change)
    if (failing !== null) {
      this.#answer(workMs, () => {
        this.#isRefused = true
        done(failing)
      })
      return
    }
    apply(this.#current, change)
    const upTo = this.#volatileFirst + this.#volatile.length
    const answerMs = this.#answer(workMs, () => {
      if (sync) this.#settle(upTo)
      done(null)
    })
    if (sync && !this.#isDirect) this.#components.onSyncedWrite(answerMs)
  }

  #settle(upTo: number): void {
    const settled = this.#volatile.splice(0, Math.max(0, upTo - this.#volatileFirst))
    for (const change of settled) apply(this.#durable, change)
    this.#volatileFirst += settled.length
  }

  /** Answers come in the order of the calls: there is one queue, as on a real disk. @returns after how many milliseconds */
  #answer(workMs: () => number, done: () => void): number {
    if (this.#isDirect) {
      done()
      return 0
    }
    const nowMs = this.#components.nowMs()
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + Math.min(workMs() * this.slowness, WORK_MAX_MS)
    const answerMs = this.#freeAtMs - nowMs
    this.#components.after(answerMs, done)
    return answerMs
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
