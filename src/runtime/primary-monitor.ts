import type { ReplicaView } from '../pbft/replica.ts'
import { type ReplicaId, replicaId, type View, view } from '../pbft/types.ts'
import type { Clock } from './ports.ts'

/**
 * Suspects a primary that is gone sooner than the progress timer does: work waits, its connection is closed, and no word of it
 * came by any way for longer than it may keep silent. It is a vote, no more; f+1 members must want the view change.
 */
export interface PrimaryMonitorOptions {
  readonly n: number
  readonly self: ReplicaId | null
  readonly silenceMaxMs: number
}

export interface PrimaryMonitorComponents {
  readonly clock: Clock
  replica(): ReplicaView
  isConnected(member: ReplicaId): boolean
  lastHeardMs(member: ReplicaId): number | undefined
  onUnsatisfactory(view: View): void
}

const LOOK_EVERY_MS = 100

export class PrimaryMonitor {
  readonly #options: PrimaryMonitorOptions
  readonly #components: PrimaryMonitorComponents
  #cancel: (() => void) | null = null
  #workSinceMs: number | null = null

  constructor(options: PrimaryMonitorOptions, components: PrimaryMonitorComponents) {
    this.#options = options
    this.#components = components
  }

  start(): void {
    this.#cancel = this.#components.clock.after(LOOK_EVERY_MS, () => {
      this.#look()
      this.start()
    })
  }

  stop(): void {
    this.#cancel?.()
  }

  #look(): void {
    const { clock, replica, isConnected, lastHeardMs, onUnsatisfactory } = this.#components
    const current = replica()
    const primary = replicaId(current.view % this.#options.n)
    const nowMs = clock.nowMs()
    this.#workSinceMs = current.batchesWaiting > 0 ? (this.#workSinceMs ?? nowMs) : null
    if (
      this.#workSinceMs === null ||
      !current.viewActive ||
      !current.mayVote ||
      primary === this.#options.self
    )
      return
    if (isConnected(primary)) return
    // One that was never heard since our start may be well: the connection with it is still to come.
    const heardMs = lastHeardMs(primary)
    if (heardMs === undefined) return
    const silentMs = nowMs - Math.max(heardMs, this.#workSinceMs)
    if (silentMs > this.#options.silenceMaxMs) onUnsatisfactory(view(current.view))
  }
}
