import { verifySignature } from '../../src/crypto/identity.ts'
import {
  type Clock,
  type SignatureChecker,
  StorageError,
  type Store,
  type StoreOperation,
} from '../../src/runtime/ports.ts'
import { NOW_MS } from '../wire/fixtures.ts'

/**
 * The ports in memory, in virtual time: nothing happens before the test lets time go on, and answers never come before the call
 * that asks for them has returned.
 */
export class World {
  nowMs = NOW_MS
  readonly #tasks: { readonly atMs: number; readonly run: () => void }[] = []

  readonly clock: Clock = {
    nowMs: () => this.nowMs,
    after: (delayMs, expired) => {
      const task = { atMs: this.nowMs + delayMs, run: expired }
      this.#tasks.push(task)
      return () => {
        const i = this.#tasks.indexOf(task)
        if (i >= 0) this.#tasks.splice(i, 1)
      }
    },
  }

  readonly checker: SignatureChecker = {
    check: (claims, done) => {
      this.soon(() =>
        done(claims.map(claim => verifySignature(claim.publicKey, claim.bytes, claim.signature))),
      )
    },
  }

  /** After the call that is running, at the same time. */
  soon(run: () => void): void {
    this.#tasks.push({ atMs: this.nowMs, run })
  }

  /** Lets time go on, and everything happen that is due by then, in order. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let steps = 0; steps < 100_000; steps++) {
      const due = this.#tasks.reduce<number>(
        (best, { atMs }, i) => (atMs < (this.#tasks[best]?.atMs ?? Infinity) ? i : best),
        -1,
      )
      const task = this.#tasks[due]
      if (task === undefined || task.atMs > untilMs) {
        this.nowMs = untilMs
        return
      }
      this.#tasks.splice(due, 1)
      this.nowMs = Math.max(this.nowMs, task.atMs)
      task.run()
    }
    throw new Error('time does not go on')
  }

  settle(): void {
    this.advance(0)
  }
}

/** An ordered map that is as slow, or as broken, as the test wants. */
export class MemoryStore implements Store {
  readonly entries = new Map<string, Uint8Array>()
  readonly writes: { readonly operations: readonly StoreOperation[]; readonly sync: boolean }[] = []
  /** While true no write is answered. */
  isSlow = false
  failing: StorageError | null = null
  readonly #world: World
  #waiting: (() => void)[] = []

  constructor(world: World) {
    this.#world = world
  }

  write(
    operations: readonly StoreOperation[],
    { sync }: { readonly sync: boolean },
    done: (error: StorageError | null) => void,
  ): void {
    const error = this.failing
    if (error === null) {
      this.writes.push({ operations, sync })
      for (const operation of operations) {
        if (operation.type === 'put') this.entries.set(operation.key, operation.value)
        else this.entries.delete(operation.key)
      }
    }
    if (this.isSlow) this.#waiting.push(() => done(error))
    else this.#world.soon(() => done(error))
  }

  /** Answers the writes that wait. */
  answer(): void {
    for (const done of this.#waiting.splice(0)) done()
  }

  get(key: string): Uint8Array | undefined {
    return this.entries.get(key)
  }

  range: Store['range'] = ({ gte, lt, limit, reverse }, done) => {
    const keys = [...this.entries.keys()].filter(key => key >= gte && key < lt).sort()
    if (reverse) keys.reverse()
    const found = keys.slice(0, limit).map(key => [key, this.entries.get(key) as Uint8Array] as const)
    this.#world.soon(() => done(null, found))
  }

  clear: Store['clear'] = ({ gte, lt }, done) => {
    for (const key of [...this.entries.keys()]) if (key >= gte && key < lt) this.entries.delete(key)
    this.#world.soon(() => done(null))
  }

  /** Keys under a prefix, ascending. */
  keys(prefix: string): readonly string[] {
    return [...this.entries.keys()].filter(key => key.startsWith(prefix)).sort()
  }
}

export const diskFull = (): StorageError => new StorageError('WRITE_FAILED', 'the disk is full')
