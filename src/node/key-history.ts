import { toHex } from '../lib/bytes.ts'
import type { KeyEvent } from '../membership/key-state.ts'
import { below, diskNames } from '../runtime/disk-names.ts'
import type { Store, StoreOperation } from '../runtime/ports.ts'
import type { InHex, KeyEventInfo } from './api.ts'

/**
 * What happened to the network's keys, by sequence, kept as long as the sequence itself: it does not follow from the receipts of a
 * sequence alone. A crash may take the last of it, and a state that was installed has none of what it jumped over.
 */
export class KeyHistory {
  readonly #store: Store
  readonly #sequencesKept: number

  /** @param sequencesKept below the last one */
  constructor(store: Store, sequencesKept: number) {
    this.#store = store
    this.#sequencesKept = sequencesKept
  }

  note(sequence: number, events: readonly KeyEvent[]): void {
    if (events.length === 0) return
    const value = new TextEncoder().encode(JSON.stringify(events.map(inHex)))
    const put: StoreOperation = { type: 'put', key: diskNames.keyEvents(sequence), value }
    this.#store.write([put], { sync: false }, ignoreError)
    this.#store.clear(below(PREFIX, Math.max(0, sequence - this.#sequencesKept)), ignoreError)
  }

  at(sequence: number): readonly KeyEventInfo[] {
    const bytes = this.#store.get(diskNames.keyEvents(sequence))
    return bytes === undefined ? [] : (JSON.parse(new TextDecoder().decode(bytes)) as KeyEventInfo[])
  }
}

const PREFIX = 'key-events/'

/** A disk that fails stops the replica, which writes to it all the time. */
const ignoreError = (): void => {}

/** Bytes as text, all else as it is. */
export function inHex<T>(value: T): InHex<T> {
  if (value instanceof Uint8Array) return toHex(value) as InHex<T>
  if (typeof value !== 'object' || value === null) return value as InHex<T>
  if (Array.isArray(value)) return value.map(inHex) as InHex<T>
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, inHex(field)])) as InHex<T>
}
