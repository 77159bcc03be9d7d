import { fromHex } from '../lib/bytes.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { Digest } from '../pbft/types.ts'
import { plain } from '../wire/convert.ts'
import { BATCH_REQUEST_DIGESTS_MAX } from '../wire/limits.ts'
import { BatchAnswer, BatchRequest } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { Askers } from './asking.ts'
import type { BatchStore } from './batches.ts'
import type { Clock } from './ports.ts'

/**
 * Fetches bodies that proposals name and gossip has not brought. A body is usually just late, so the first request waits a moment; then
 * several members are asked at once, again and again with growing pauses, until it is here or nobody wants it any more.
 */
export interface BatchFetcherComponents {
  readonly clock: Clock
  readonly askers: Askers
  readonly batches: BatchStore
  /** Batches that a proposal in the log names: nobody wants any other. */
  namedBatches(): ReadonlySet<Digest>
}

const FIRST_DELAY_MS = 100
const RETRY_MS = 300
const RETRY_MAX_MS = 5_000
const REQUEST_TIMEOUT_MS = 2_000
const MEMBERS_ASKED = 2
/** Bodies wanted at once; the one wanted longest is given up for a new one. */
const WANTED_MAX = 1_024

export class BatchFetcher {
  readonly #components: BatchFetcherComponents
  readonly #wanted = new Set<Digest>()
  #cancel: (() => void) | null = null
  #pauseMs = RETRY_MS

  constructor(components: BatchFetcherComponents) {
    this.#components = components
  }

  sizes(): Sizes {
    return { wanted: this.#wanted.size }
  }

  fetch(digest: Digest): void {
    if (this.#wanted.has(digest)) return
    this.#wanted.add(digest)
    if (this.#wanted.size > WANTED_MAX)
      for (const oldest of this.#wanted) return void this.#wanted.delete(oldest)
    if (this.#pauseMs > RETRY_MS) {
      // What is asked for in vain must not make this one wait.
      this.#cancel?.()
      this.#cancel = null
    }
    this.#pauseMs = RETRY_MS
    this.#cancel ??= this.#components.clock.after(FIRST_DELAY_MS, () => this.#round())
  }

  /** It is here, from wherever. */
  onAvailable(digest: Digest): void {
    this.#wanted.delete(digest)
  }

  stop(): void {
    this.#wanted.clear()
    this.#cancel?.()
  }

  #round(): void {
    this.#cancel = null
    const digests = this.#takeTurn()
    if (digests.length === 0) return
    const bytes = BatchRequest.encode({ digests: digests.map(digest => plain(fromHex(digest))) })
    const { clock, askers } = this.#components
    for (const member of askers.takeSeveral(MEMBERS_ASKED)) {
      askers.ask(member, 'batch', bytes, REQUEST_TIMEOUT_MS, answer => {
        if (answer.ok) this.#onAnswer(answer.bytes)
      })
    }
    this.#cancel = clock.after(this.#pauseMs, () => this.#round())
    this.#pauseMs = Math.min(this.#pauseMs * 2, RETRY_MAX_MS)
  }

  /** Those that were not asked for the longest time: a primary that names what nobody has must not stand in the way of the others. */
  #takeTurn(): readonly Digest[] {
    const named = this.#components.namedBatches()
    for (const digest of this.#wanted) if (!named.has(digest)) this.#wanted.delete(digest)
    const turn = [...this.#wanted].slice(0, BATCH_REQUEST_DIGESTS_MAX)
    for (const digest of turn) {
      this.#wanted.delete(digest)
      this.#wanted.add(digest)
    }
    return turn
  }

  #onAnswer(bytes: Uint8Array): void {
    const answer = decodeOr('answer-malformed', () =>
      BatchAnswer.decode(bytes, { limits: { batches: BATCH_REQUEST_DIGESTS_MAX } }),
    )
    if (isRejection(answer)) return
    for (const batch of answer.batches) {
      this.#components.batches.onFetched(batch, this.#wanted, digest => {
        if (digest !== null) this.#wanted.delete(digest)
      })
    }
  }
}
