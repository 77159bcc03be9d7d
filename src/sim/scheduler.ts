/**
 * Virtual time: a heap of things to come. Nothing waits for anything real, so an idle minute costs nothing; things due at the same
 * instant happen in the order in which they were asked for.
 */
interface Due {
  readonly atMs: number
  readonly order: number
  run: (() => void) | null
}

export class Scheduler {
  readonly #heap: Due[] = []
  #order = 0
  #nowMs = 0
  #steps = 0

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Things that happened so far. */
  get steps(): number {
    return this.#steps
  }

  /** @returns cancels; cancelling twice or late does nothing */
  after(delayMs: number, run: () => void): () => void {
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run }
    this.#push(due)
    return () => {
      due.run = null
    }
  }

  /** Again and again, the first time after `everyMs`. */
  every(everyMs: number, run: () => void): void {
    this.after(everyMs, () => {
      run()
      this.every(everyMs, run)
    })
  }

  /** Lets the next thing happen. @returns false when nothing is due until `untilMs`; the time is then `untilMs` */
  step(untilMs: number): boolean {
    for (;;) {
      const due = this.#heap[0]
      if (due === undefined || due.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        return false
      }
      this.#pop()
      if (due.run === null) continue
      this.#nowMs = due.atMs
      this.#steps += 1
      due.run()
      return true
    }
  }

  #push(due: Due): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(due)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as Due
      if (!isBefore(due, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && isBefore(heap[right] as Due, heap[child] as Due)) child = right
      if (!isBefore(heap[child] as Due, last)) break
      heap[i] = heap[child] as Due
      i = child
    }
    heap[i] = last
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
