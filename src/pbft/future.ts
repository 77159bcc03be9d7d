import { assert } from '../lib/assert.ts'
import type { ReplicaId, Verified } from './types.ts'

/**
 * Messages that came before their time: of a view that we have not entered, or just above the high watermark. Gossip does
 * not bring them twice, so they are kept until the view or the window moves. At most `perSenderMax` for each member, the oldest
 * dropped first: a member that floods evicts only itself.
 */
export class FutureMessages {
  readonly #bySender = new Map<ReplicaId, Verified[]>()
  readonly #perSenderMax: number

  constructor(perSenderMax: number) {
    assert(perSenderMax > 0, 'the buffer for early messages holds at least one')
    this.#perSenderMax = perSenderMax
  }

  keep(message: Verified): void {
    const kept = this.#bySender.get(message.sender) ?? []
    kept.push(message)
    if (kept.length > this.#perSenderMax) kept.shift()
    this.#bySender.set(message.sender, kept)
  }

  /** Empties the buffer; sender by sender, each in order of arrival. */
  take(): readonly Verified[] {
    const senders = [...this.#bySender.keys()].sort((a, b) => a - b)
    const messages = senders.flatMap(sender => this.#bySender.get(sender) ?? [])
    this.#bySender.clear()
    return messages
  }

  get size(): number {
    let size = 0
    for (const kept of this.#bySender.values()) size += kept.length
    return size
  }
}
