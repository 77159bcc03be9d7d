import { ClassicLevel } from 'classic-level'
import { assert } from '../lib/assert.ts'
import type { StorageError, Store, StoreOperation, StoreRange } from '../runtime/ports.ts'
import { prepareDirectory } from './directory.ts'
import { isInRange, Overlay, rangesOverlap } from './overlay.ts'
import { openFailure, readFailure, writeFailure } from './storage-errors.ts'

/**
 * The store port on LevelDB, with group commit.
 *
 * One batch is being written at any time. Whatever is asked for meanwhile waits in one queue, in the order of the calls, and
 * leaves as the next batch: under load one fsync serves hundreds of writes. What is not in the database yet is read from an
 * overlay, so a read sees every earlier write.
 *
 * Every batch is synced. A write that did not ask for it waits a few milliseconds for one that does, to go with it. LevelDB
 * could write without, but when it turns to a new log file it leaves the old one unsynced, and a loss of power could
 * then take an earlier write and spare a later, synced one.
 *
 * The first failed write poisons the store: it and everything after it is answered WRITE_FAILED, because a log with a hole
 * must not grow. Bytes handed over must not be changed afterwards: they may wait in the queue as they are.
 */
export interface LevelStore extends Store {
  /** Resolves when everything asked for before is written and the directory is unlocked. Idempotent. */
  close(): Promise<void>
}

export interface LevelStoreOptions {
  /** Made when it does not exist. */
  readonly directory: string
  /** A batch is closed to further writes when it holds as much; one write may be larger. */
  readonly batchBytesMax?: number
  /** How long a write that need not be synced waits for company. */
  readonly lazyDelayMs?: number
  /** Writes that wait for the disk; beyond, the disk is taken for failed. */
  readonly queueBytesMax?: number
  /** Ranges that wait or are being read; beyond, they are refused. */
  readonly rangesMax?: number
  /** LevelDB's block cache. */
  readonly cacheBytes?: number
  /** LevelDB's memory table; two may be held at a time. */
  readonly writeBufferBytes?: number
  /** Ends the opening, which reads all files first. */
  readonly signal?: AbortSignal | undefined
}

/** Of a waiting operation besides its key and value: a rough figure for two objects, a map entry and a closure. */
const OPERATION_OVERHEAD_BYTES = 200

type Written = (error: StorageError | null) => void
type Entries = readonly (readonly [key: string, value: Uint8Array])[]

interface WriteJob {
  readonly type: 'write'
  readonly operations: readonly StoreOperation[]
  readonly ticket: number
  readonly bytes: number
  readonly done: Written
}
type Job =
  | WriteJob
  | { readonly type: 'range'; readonly range: StoreRange; readonly start: () => void }
  | { readonly type: 'clear'; readonly range: StoreRange; readonly ticket: number; readonly done: Written }

type Database = ClassicLevel<string, Uint8Array>

/** @throws StorageError LOCKED, DAMAGED or OPEN_FAILED, with a sentence for the operator; the reason of the signal */
export async function openLevelStore(options: LevelStoreOptions): Promise<LevelStore> {
  const { directory, signal } = options
  await prepareDirectory(directory, signal)
  const database: Database = new ClassicLevel(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    // Most of it is hashes and signatures, which do not shrink; and the check of the tables reads their index.
    compression: false,
    cacheSize: options.cacheBytes ?? 16 * 1_048_576,
    writeBufferSize: options.writeBufferBytes ?? 16 * 1_048_576,
  })
  try {
    await database.open()
  } catch (error) {
    throw openFailure(directory, error)
  }
  return new GroupCommitStore(database, options)
}

class GroupCommitStore implements LevelStore {
  readonly #database: Database
  readonly #directory: string
  readonly #batchBytesMax: number
  readonly #queueBytesMax: number
  readonly #lazyDelayMs: number
  readonly #rangesMax: number
  readonly #overlay = new Overlay()
  readonly #clearing = new Set<StoreRange>()
  #queue: Job[] = []
  #queuedBytes = 0
  #ranges = 0
  #ticket = 0
  #writing = false
  #pumpDue = false
  #lazyTimer: NodeJS.Timeout | null = null
  #failure: StorageError | null = null
  #closing: Promise<void> | null = null
  #drained: (() => void) | null = null

  constructor(database: Database, options: LevelStoreOptions) {
    this.#database = database
    this.#directory = options.directory
    this.#batchBytesMax = options.batchBytesMax ?? 4 * 1_048_576
    this.#queueBytesMax = options.queueBytesMax ?? 256 * 1_048_576
    this.#lazyDelayMs = options.lazyDelayMs ?? 5
    this.#rangesMax = options.rangesMax ?? 1_024
    assert(this.#batchBytesMax <= this.#queueBytesMax, 'a batch is not larger than the queue')
  }

  write(operations: readonly StoreOperation[], { sync }: { readonly sync: boolean }, done: Written): void {
    const bytes = bytesOf(operations)
    if (this.#failure === null && this.#closing === null && this.#queuedBytes + bytes > this.#queueBytesMax) {
      this.#failure = writeFailure(
        this.#directory,
        new Error(`more than ${this.#queueBytesMax} bytes wait for the disk`),
      )
      this.#pumpSoon()
    }
    const refusal = this.#refusal()
    if (refusal !== null) {
      queueMicrotask(() => done(refusal))
      return
    }
    const ticket = ++this.#ticket
    for (const operation of operations) {
      this.#overlay.set(operation.key, operation.type === 'put' ? operation.value : undefined, ticket)
    }
    this.#queuedBytes += bytes
    this.#queue.push({ type: 'write', operations, ticket, bytes, done })
    if (sync || this.#queuedBytes > this.#batchBytesMax) this.#pumpSoon()
    else this.#lazyTimer ??= setTimeout(() => this.#pump(), this.#lazyDelayMs)
  }

  get(key: string): Uint8Array | undefined {
    const recent = this.#overlay.get(key)
    if (recent !== null) return recent.value
    try {
      return plainBytes(this.#database.getSync(key))
    } catch (error) {
      throw readFailure(this.#directory, error)
    }
  }

  range(
    range: StoreRange & { readonly limit: number; readonly reverse?: boolean },
    done: (error: StorageError | null, entries: Entries) => void,
  ): void {
    assert(Number.isSafeInteger(range.limit) && range.limit > 0, 'a range is read with a limit')
    const refusal = this.#closing !== null ? 'it is closed' : 'too many reads wait'
    if (this.#closing !== null || this.#ranges === this.#rangesMax) {
      queueMicrotask(() => done(readFailure(this.#directory, new Error(refusal)), []))
      return
    }
    this.#ranges++
    const ended = (error: StorageError | null, entries: Entries) => {
      this.#ranges--
      done(error, entries)
    }
    const start = () => {
      const { gte, lt, limit, reverse = false } = range
      this.#database
        .iterator({ gte, lt, limit, reverse })
        .all()
        .then(found => found.map(([key, value]) => [key, plainBytes(value)] as const))
        .then(
          entries => ended(null, entries),
          error => ended(readFailure(this.#directory, error), []),
        )
    }
    this.#queue.push({ type: 'range', range, start })
    this.#pumpSoon()
  }

  clear(range: StoreRange, done: Written): void {
    const refusal = this.#refusal()
    if (refusal !== null) {
      queueMicrotask(() => done(refusal))
      return
    }
    const ticket = ++this.#ticket
    this.#overlay.clear(range, ticket)
    this.#queue.push({ type: 'clear', range, ticket, done })
    this.#pumpSoon()
  }

  close(): Promise<void> {
    this.#closing ??= new Promise<void>(resolve => {
      this.#drained = resolve
      this.#pumpSoon()
    }).then(() => this.#database.close())
    return this.#closing
  }

  #refusal(): StorageError | null {
    if (this.#closing !== null) return writeFailure(this.#directory, new Error('it is closed'))
    return this.#failure
  }

  /** Not at once: what the same turn of the event loop writes goes into the same batch. */
  #pumpSoon(): void {
    if (this.#pumpDue) return
    this.#pumpDue = true
    queueMicrotask(() => this.#pump())
  }

  #pump(): void {
    this.#pumpDue = false
    if (this.#lazyTimer !== null) clearTimeout(this.#lazyTimer)
    this.#lazyTimer = null
    while (!this.#writing) {
      const job = this.#queue[0]
      if (job === undefined) break
      if (this.#isBlocked(job)) return
      if (job.type === 'write') {
        if (this.#failure === null) this.#writeBatch()
        else this.#refuseWrite(job, this.#failure)
        continue
      }
      this.#queue.shift()
      if (job.type === 'range') job.start()
      else this.#startClear(job)
    }
    if (!this.#writing && this.#clearing.size === 0) this.#drained?.()
  }

  /** LevelDB clears what a range holds at the start, later writes of the same keys included: those wait for its end. */
  #isBlocked(job: Job): boolean {
    for (const range of this.#clearing) {
      if (job.type !== 'write') {
        if (rangesOverlap(job.range, range)) return true
      } else if (job.operations.some(({ key }) => isInRange(key, range))) return true
    }
    return false
  }

  #writeBatch(): void {
    const jobs = this.#takeBatch()
    const operations = jobs.flatMap(job => job.operations.map(toLevel))
    const written = (error: StorageError | null) => {
      this.#writing = false
      this.#failure ??= error
      for (const job of jobs) {
        this.#queuedBytes -= job.bytes
        if (error === null) this.#overlay.settle(job.operations, job.ticket)
        job.done(error)
      }
      this.#pumpSoon()
    }
    this.#writing = true
    this.#database.batch(operations, { sync: true }).then(
      () => written(null),
      error => written(writeFailure(this.#directory, error)),
    )
  }

  /** The writes at the head of the queue, as far as they go into one batch; one at least. */
  #takeBatch(): readonly WriteJob[] {
    const jobs: WriteJob[] = []
    let bytes = 0
    for (const job of this.#queue) {
      if (job.type !== 'write' || (jobs.length > 0 && bytes + job.bytes > this.#batchBytesMax)) break
      if (this.#isBlocked(job)) break
      jobs.push(job)
      bytes += job.bytes
    }
    this.#queue.splice(0, jobs.length)
    return jobs
  }

  #refuseWrite(job: WriteJob, failure: StorageError): void {
    this.#queue.shift()
    this.#queuedBytes -= job.bytes
    job.done(failure)
  }

  #startClear({ range, ticket, done }: Extract<Job, { type: 'clear' }>): void {
    const ended = (error: StorageError | null) => {
      this.#clearing.delete(range)
      this.#overlay.settleClear(ticket)
      this.#failure ??= error
      done(error)
      this.#pumpSoon()
    }
    if (this.#failure !== null) {
      ended(this.#failure)
      return
    }
    this.#clearing.add(range)
    const { gte, lt } = range
    this.#database.clear({ gte, lt }).then(
      () => ended(null),
      error => ended(writeFailure(this.#directory, error)),
    )
  }
}

function bytesOf(operations: readonly StoreOperation[]): number {
  let bytes = 0
  for (const operation of operations) {
    bytes += OPERATION_OVERHEAD_BYTES + operation.key.length
    if (operation.type === 'put') bytes += operation.value.length
  }
  return bytes
}

function toLevel(operation: StoreOperation) {
  return operation.type === 'put' ? operation : ({ type: 'del', key: operation.key } as const)
}

/** LevelDB answers with Buffers, whose `slice` and `toString` are not those of the bytes that were written. */
function plainBytes(value: Uint8Array): Uint8Array
function plainBytes(value: Uint8Array | undefined): Uint8Array | undefined
function plainBytes(value: Uint8Array | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.length)
}
