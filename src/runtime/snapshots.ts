import { sha256 } from '../crypto/hash.ts'
import type { Logger } from '../lib/logger.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { ReplicatedState, StateCapture } from '../membership/replicated-state.ts'
import type { Certificate, Sequence } from '../pbft/types.ts'
import { sequence } from '../pbft/types.ts'
import { encodeCertificate, plain } from '../wire/convert.ts'
import { SnapshotManifest } from '../wire/pb/messages.ts'
import { diskNames, numberIn, partsOf, partsOfOthers } from './disk-names.ts'
import type { Clock, StorageError, Store } from './ports.ts'
import { windowChunks } from './segments.ts'

/**
 * Snapshots of the replicated state on disk, each at a sequence that a certificate covers. A capture is kept when a checkpoint is
 * executed and written when that very checkpoint becomes stable; the manifest is written last, so a snapshot is whole or not
 * there. A restart begins at the latest one; a member far behind is served from it.
 */
export interface SnapshotOptions {
  /** Sequences between two snapshots. */
  readonly intervalSequences: number
}

export interface SnapshotComponents {
  readonly state: ReplicatedState
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  /** Written or fetched: what lies before it may be pruned. */
  onWritten(at: Sequence): void
  onFailure(error: StorageError): void
}

/** Captures that wait for their certificate. */
const CAPTURES_MAX = 2
/** Snapshots on disk: the one before the latest serves members that are in the middle of fetching it. */
const SNAPSHOTS_KEPT = 2

export class Snapshots {
  readonly #options: SnapshotOptions
  readonly #components: SnapshotComponents
  readonly #captures: StateCapture[] = []
  readonly #kept: Sequence[] = []
  #latest: Sequence = sequence(0)
  #writing = false

  constructor(options: SnapshotOptions, components: SnapshotComponents) {
    this.#options = options
    this.#components = components
  }

  /** The latest snapshot on disk; 0: none. */
  get latest(): Sequence {
    return this.#latest
  }

  sizes(): Sizes {
    return { captures: this.#captures.length, kept: this.#kept.length }
  }

  /** A snapshot was fetched, and is on disk: history before it goes, as before one of our own. */
  onInstalled(at: Sequence): void {
    this.adopt(at)
    this.#components.onWritten(at)
  }

  /** At start, and when a snapshot was written: this one is on disk. */
  adopt(at: Sequence): void {
    // A fetched snapshot may come in while an older one of ours is still being written.
    this.#latest = sequence(Math.max(this.#latest, at))
    if (!this.#kept.includes(at)) this.#kept.push(at)
    this.#kept.sort((a, b) => a - b)
    this.#dropOld()
    this.#dropCaptures(at)
  }

  /** A checkpoint sequence was just executed. */
  onCheckpoint(at: Sequence): void {
    const last = Math.max(this.#latest, this.#captures.at(-1)?.statement.sequence ?? 0)
    if (at - last < this.#options.intervalSequences || this.#writing) return
    this.#captures.push(this.#components.state.capture())
    if (this.#captures.length > CAPTURES_MAX) this.#captures.shift()
  }

  onStable(certificate: Certificate): void {
    const at = certificate.statement.sequence
    const capture = this.#captures.find(({ statement }) => statement.sequence === at)
    this.#dropCaptures(at)
    if (capture !== undefined && !this.#writing) this.#write(capture, certificate)
  }

  /** Those at and below `at`, whose moment is over. */
  #dropCaptures(at: Sequence): void {
    while ((this.#captures[0]?.statement.sequence ?? at + 1) <= at) this.#captures.shift()
  }

  #write(capture: StateCapture, certificate: Certificate): void {
    const { clock, store, logger, onFailure, onWritten } = this.#components
    const at = certificate.statement.sequence
    this.#writing = true
    const windowParts = windowChunks(capture.system.segments, capture.system.historyBefore)
    let applicationIndex = 0
    let windowIndex = 0
    const keyParts = capture.system.keys ?? []
    let keysIndex = 0
    const manifest = (): Uint8Array =>
      SnapshotManifest.encode({
        certificate: encodeCertificate(certificate),
        applicationRoot: plain(capture.applicationRoot),
        applicationChunks: capture.application.chunkCount,
        logTimeMs: capture.system.logTimeMs,
        floorMs: capture.system.floorMs,
        firstSequence: capture.system.segments[0]?.sequence ?? at,
        windowChunks: windowIndex,
        keyParts: keyParts.map(part => plain(sha256(part))),
      })
    const nextPart = (): readonly [key: string, value: Uint8Array] | null => {
      if (applicationIndex < capture.application.chunkCount) {
        const index = applicationIndex++
        return [diskNames.snapshotPart(at, 'application', index), capture.application.chunk(index)]
      }
      const part = windowParts.next()
      if (!part.done) return [diskNames.snapshotPart(at, 'window', windowIndex++), part.value]
      const keyPart = keyParts[keysIndex]
      return keyPart === undefined ? null : [diskNames.snapshotPart(at, 'keys', keysIndex++), keyPart]
    }
    const step = (): void => {
      const part = nextPart()
      const last = part === null
      const [key, value] = part ?? [diskNames.snapshotManifest(at), manifest()]
      store.write([{ type: 'put', key, value }], { sync: last }, error => {
        if (error !== null) return onFailure(error)
        if (!last) return void clock.after(0, step)
        this.#writing = false
        this.adopt(at)
        logger.info(
          { sequence: at, chunks: capture.application.chunkCount + windowIndex },
          'Snapshot written',
        )
        onWritten(at)
      })
    }
    step()
  }

  /** The manifest first: from then on the snapshot is not there, and its parts are only in the way. */
  #dropOld(): void {
    const { store } = this.#components
    while (this.#kept.length > SNAPSHOTS_KEPT) {
      const old = this.#kept.shift() as Sequence
      store.write([{ type: 'delete', key: diskNames.snapshotManifest(old) }], { sync: false }, this.#failed)
      store.clear(partsOf(old), this.#failed)
    }
  }

  /** At start: parts of snapshots that were never finished. */
  clearUnfinished(): void {
    for (const range of partsOfOthers(this.#kept)) this.#components.store.clear(range, this.#failed)
  }

  readonly #failed = (error: StorageError | null): void => {
    if (error !== null) this.#components.onFailure(error)
  }

  /** At start: whole snapshots on disk, ascending. */
  static sequencesIn(manifestKeys: readonly string[]): readonly Sequence[] {
    return manifestKeys.map(key => sequence(numberIn(key)))
  }
}
