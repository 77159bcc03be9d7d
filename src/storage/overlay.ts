import type { StoreRange } from '../runtime/ports.ts'

/**
 * What was asked to be written and is not in the database yet, so that a read can see it.
 *
 * Every write and every clearing of a range carries a ticket that grows with the order of the calls; of two that touch a
 * key the later one holds. Bounded by the queue that the same operations wait in.
 */
export class Overlay {
  readonly #entries = new Map<string, { readonly value: Uint8Array | undefined; readonly ticket: number }>()
  readonly #clears = new Map<number, StoreRange>()

  /** @param value undefined: deleted */
  set(key: string, value: Uint8Array | undefined, ticket: number): void {
    this.#entries.set(key, { value, ticket })
  }

  clear(range: StoreRange, ticket: number): void {
    this.#clears.set(ticket, range)
  }

  /** @returns null when the database has the last word */
  get(key: string): { readonly value: Uint8Array | undefined } | null {
    const entry = this.#entries.get(key) ?? null
    for (const [ticket, range] of this.#clears) {
      if (isInRange(key, range) && (entry === null || entry.ticket < ticket)) return { value: undefined }
    }
    return entry
  }

  /** The write with this ticket is in the database. */
  settle(keys: Iterable<{ readonly key: string }>, ticket: number): void {
    for (const { key } of keys) {
      if (this.#entries.get(key)?.ticket === ticket) this.#entries.delete(key)
    }
  }

  settleClear(ticket: number): void {
    this.#clears.delete(ticket)
  }
}

export function isInRange(key: string, range: StoreRange): boolean {
  return key >= range.gte && key < range.lt
}

export function rangesOverlap(a: StoreRange, b: StoreRange): boolean {
  return a.gte < b.lt && b.gte < a.lt
}
