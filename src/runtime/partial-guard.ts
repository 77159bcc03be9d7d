import { concatBytes, equalBytes, u64 } from '../lib/bytes.ts'
import type { Sizes } from '../lib/sizes.ts'
import { diskNames, under } from './disk-names.ts'
import type { StorageError, Store } from './ports.ts'
import { damaged } from './records.ts'

/**
 * Never two different messages by one share for one slot. It is rebuilt from disk at a start and stands outside of what decides to sign,
 * as the sign guard does for what a member says by itself; what it permits is on disk, with a sync, before anybody hears of it.
 *
 * Checkpoints are signed in ascending order: the last one is all that must be remembered, however long no certificate comes about.
 * A ceremony has few slots, which are forgotten when none is running.
 */
export class PartialGuard {
  readonly #store: Store
  readonly #onFailure: (error: StorageError) => void
  #last: { readonly sequence: number; readonly epoch: number; readonly subject: Uint8Array } | null = null
  readonly #slots = new Map<string, Uint8Array>()

  constructor(store: Store, onFailure: (error: StorageError) => void) {
    this.#store = store
    this.#onFailure = onFailure
  }

  /** What was signed before the start. @throws StorageError */
  async load(): Promise<void> {
    const last = this.#store.get(diskNames.partialOfCheckpoint)
    if (last !== undefined) this.#last = decodeLast(last)
    const prefix = diskNames.partialOfCeremony('')
    const entries = await new Promise<readonly (readonly [string, Uint8Array])[]>((resolve, reject) =>
      this.#store.range({ ...under(prefix), limit: SLOTS_MAX }, (error, found) =>
        error === null ? resolve(found) : reject(error),
      ),
    )
    for (const [key, subject] of entries) this.#slots.set(key, subject)
  }

  sizes(): Sizes {
    return { slots: this.#slots.size }
  }

  /** Would it be permitted to sign this? */
  mayCertify(sequence: number, epoch: number, subject: Uint8Array): boolean {
    const last = this.#last
    if (last === null || sequence > last.sequence) return true
    return sequence === last.sequence && epoch === last.epoch && equalBytes(subject, last.subject)
  }

  /** @param permitted called when it is on disk; never, when it is refused */
  certify(sequence: number, epoch: number, subject: Uint8Array, permitted: () => void): boolean {
    if (!this.mayCertify(sequence, epoch, subject)) return false
    this.#last = { sequence, epoch, subject }
    this.#write(diskNames.partialOfCheckpoint, concatBytes(u64(sequence), u64(epoch), subject), permitted)
    return true
  }

  /** @param slot what one message is signed about @param permitted called when it is on disk; never, when it is refused */
  sign(slot: string, subject: Uint8Array, permitted: () => void): boolean {
    const key = diskNames.partialOfCeremony(slot)
    const signed = this.#slots.get(key)
    if (signed === undefined ? this.#slots.size >= SLOTS_MAX : !equalBytes(signed, subject)) return false
    this.#slots.set(key, subject)
    this.#write(key, subject, permitted)
    return true
  }

  /** No ceremony is running: what was signed in the last one is never asked for again. */
  forgetCeremony(): void {
    if (this.#slots.size === 0) return
    const operations = [...this.#slots.keys()].map(key => ({ type: 'delete' as const, key }))
    this.#slots.clear()
    this.#store.write(operations, { sync: false }, error => {
      if (error !== null) this.#onFailure(error)
    })
  }

  #write(key: string, value: Uint8Array, done: () => void): void {
    this.#store.write([{ type: 'put', key, value }], { sync: true }, error => {
      if (error !== null) return this.#onFailure(error)
      done()
    })
  }
}

/** Each member that is convicted changes what is signed, once. */
const SLOTS_MAX = 1_024
const SUBJECT_BYTES = 32

function decodeLast(value: Uint8Array) {
  if (value.length !== 16 + SUBJECT_BYTES) throw damaged('the record of the last signed checkpoint')
  const view = new DataView(value.buffer, value.byteOffset)
  const [sequence, epoch] = [Number(view.getBigUint64(0)), Number(view.getBigUint64(8))]
  return { sequence, epoch, subject: value.slice(16) }
}
