import type { Application } from '../application/contract.ts'
import { SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_CHUNKS_MAX } from '../application/contract.ts'
import { sha256 } from '../crypto/hash.ts'
import { equalBytes } from '../lib/bytes.ts'
import { KEY_PART_BYTES_MAX, KEY_PARTS_MAX, keysRootOf } from '../membership/key-parts.ts'
import { type SystemState, stateRootOf, systemRootOf } from '../membership/replicated-state.ts'
import type { Segment } from '../membership/window.ts'
import { type Certificate, type Digest, type ReplicaId, type Sequence, sequence } from '../pbft/types.ts'
import { decodeCount, encodeCertificate, plain } from '../wire/convert.ts'
import { SnapshotManifest, SnapshotRequest } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { Askers } from './asking.ts'
import { diskNames, partsOf } from './disk-names.ts'
import type { Answer, StorageError, Store } from './ports.ts'
import { decodeWindowChunk, isWholeRun } from './segments.ts'
import { SNAPSHOT_PARTS } from './service.ts'

/**
 * Fetches one certified snapshot, part by part, from whoever has it. Nothing is believed: the manifest must hash to the certified state
 * root, each chunk of the application must verify against the application's root, each chunk of the window must lead to
 * the certified history digest; only then is it stored. A wrong part costs its sender nothing but the next one being asked.
 */
export interface SnapshotTransferComponents {
  readonly application: Application
  readonly store: Store
  readonly askers: Askers
  onFailure(error: StorageError): void
}

export interface FetchedSnapshot {
  readonly certificate: Certificate
  readonly system: SystemState
  readonly applicationChunks: number
  readonly windowChunks: number
  /** SHA-256 of each part of the keys' state. */
  readonly keyParts: readonly Uint8Array[]
}

interface Manifest {
  readonly applicationRoot: Uint8Array
  readonly applicationChunks: number
  readonly logTimeMs: number
  readonly floorMs: number
  readonly firstSequence: Sequence
  readonly keyParts: readonly Uint8Array[]
}

const REQUEST_TIMEOUT_MS = 5_000
/** Failed answers for one part before the whole transfer is given up; it is then begun anew, perhaps with a later snapshot. */
const ATTEMPTS_PER_PART = 12

export class SnapshotTransfer {
  readonly #components: SnapshotTransferComponents
  readonly #certificate: Certificate
  readonly #done: (fetched: FetchedSnapshot | null) => void
  #manifest: Manifest | null = null
  #applicationIndex = 0
  #segments: Segment[] = []
  #windowIndex = 0
  #keysIndex = 0
  #historyBefore: Digest
  #attempts = 0
  /** Asked for what is wanted now, and did not give it: pruned, silent or lying. When all are, it is not to be had. */
  readonly #withoutIt = new Set<ReplicaId>()
  #cancelled = false

  /** @param certificate verified @param done null: given up */
  constructor(
    certificate: Certificate,
    components: SnapshotTransferComponents,
    done: (fetched: FetchedSnapshot | null) => void,
  ) {
    this.#certificate = certificate
    this.#components = components
    this.#done = done
    this.#historyBefore = certificate.statement.historyDigest
    this.#next()
  }

  cancel(): void {
    this.#cancelled = true
  }

  #next(): void {
    if (this.#cancelled) return
    const manifest = this.#manifest
    if (manifest === null) return this.#request(SNAPSHOT_PARTS.manifest, 0, bytes => this.#onManifest(bytes))
    if (this.#applicationIndex < manifest.applicationChunks) {
      return this.#request(SNAPSHOT_PARTS.application, this.#applicationIndex, bytes =>
        this.#onChunk(manifest, bytes),
      )
    }
    const first = this.#segments[0]?.sequence ?? this.#certificate.statement.sequence + 1
    if (first > manifest.firstSequence) {
      return this.#request(SNAPSHOT_PARTS.window, this.#windowIndex, bytes =>
        this.#onWindow(manifest, sequence(first - 1), bytes),
      )
    }
    const keyPart = manifest.keyParts[this.#keysIndex]
    if (keyPart !== undefined) {
      return this.#request(SNAPSHOT_PARTS.keys, this.#keysIndex, bytes => this.#onKeys(keyPart, bytes))
    }
    this.#finish(manifest)
  }

  #request(part: number, index: number, onBytes: (bytes: Uint8Array) => void): void {
    const { askers } = this.#components
    const member = this.#attempts < ATTEMPTS_PER_PART ? askers.take(this.#withoutIt) : null
    if (member === null) return this.#giveUp()
    const request = SnapshotRequest.encode({ sequence: this.#certificate.statement.sequence, part, index })
    askers.ask(member, 'snapshot', request, REQUEST_TIMEOUT_MS, (answer: Answer) => {
      if (this.#cancelled) return
      this.#attempts += 1
      this.#withoutIt.add(member)
      if (answer.ok) onBytes(answer.bytes)
      this.#next()
    })
  }

  #forgetManifest(): void {
    this.#manifest = null
    this.#withoutIt.clear()
  }

  #onProgress(): void {
    this.#attempts = 0
    this.#withoutIt.clear()
  }

  #giveUp(): void {
    this.#cancelled = true
    const { store, onFailure } = this.#components
    store.clear(partsOf(this.#certificate.statement.sequence), error => {
      if (error !== null) onFailure(error)
    })
    this.#done(null)
  }

  #onManifest(bytes: Uint8Array): void {
    const wire = decodeOr('manifest-malformed', () =>
      SnapshotManifest.decode(bytes, { limits: { keyParts: KEY_PARTS_MAX } }),
    )
    if (isRejection(wire) || wire.applicationRoot.length !== 32) return
    const { logTimeMs, floorMs, firstSequence, applicationRoot, applicationChunks, keyParts } = wire
    if (keyParts.some(hash => hash.length !== 32)) return
    if ([logTimeMs, floorMs, firstSequence].some(value => decodeCount(value) === null)) return
    if (applicationChunks < 1 || applicationChunks > SNAPSHOT_CHUNKS_MAX) return
    const keysRoot = keyParts.length === 0 ? undefined : keysRootOf(keyParts)
    const systemRoot = systemRootOf({ logTimeMs, floorMs, firstSequence, keysRoot })
    if (stateRootOf(applicationRoot, systemRoot) !== this.#certificate.statement.stateRoot) return
    this.#withoutIt.clear()
    this.#manifest = {
      applicationRoot,
      applicationChunks,
      logTimeMs,
      floorMs,
      firstSequence: sequence(firstSequence),
      keyParts,
    }
  }

  #onChunk(manifest: Manifest, bytes: Uint8Array): void {
    const { applicationRoot, applicationChunks } = manifest
    const index = this.#applicationIndex
    if (bytes.length > SNAPSHOT_CHUNK_BYTES_MAX) return
    if (!this.#components.application.verifyChunk(applicationRoot, index, applicationChunks, bytes)) {
      // The number of chunks is the sender's claim and not certified: ask another for the whole manifest when chunks do not fit it.
      if (index === 0) this.#forgetManifest()
      return
    }
    this.#store(diskNames.snapshotPart(this.#certificate.statement.sequence, 'application', index), bytes)
    this.#applicationIndex += 1
    this.#onProgress()
  }

  #onWindow(manifest: Manifest, last: Sequence, bytes: Uint8Array): void {
    const chunk = decodeWindowChunk(bytes, last, this.#historyBefore)
    if (chunk === null || !isWholeRun(chunk.segments, manifest.firstSequence)) return
    this.#store(
      diskNames.snapshotPart(this.#certificate.statement.sequence, 'window', this.#windowIndex),
      bytes,
    )
    this.#segments = [...chunk.segments, ...this.#segments]
    this.#historyBefore = chunk.historyBefore
    this.#windowIndex += 1
    this.#onProgress()
  }

  #onKeys(hash: Uint8Array, bytes: Uint8Array): void {
    if (bytes.length > KEY_PART_BYTES_MAX || !equalBytes(sha256(bytes), hash)) return
    this.#store(diskNames.snapshotPart(this.#certificate.statement.sequence, 'keys', this.#keysIndex), bytes)
    this.#keysIndex += 1
    this.#onProgress()
  }

  #store(key: string, value: Uint8Array): void {
    this.#components.store.write([{ type: 'put', key, value }], { sync: false }, error => {
      if (error !== null) this.#components.onFailure(error)
    })
  }

  #finish(manifest: Manifest): void {
    const certificate = this.#certificate
    const { applicationRoot, applicationChunks, logTimeMs, floorMs, firstSequence, keyParts } = manifest
    const value = SnapshotManifest.encode({
      certificate: encodeCertificate(certificate),
      applicationRoot: plain(applicationRoot),
      applicationChunks,
      logTimeMs,
      floorMs,
      firstSequence,
      windowChunks: this.#windowIndex,
      keyParts: keyParts.map(plain),
    })
    const key = diskNames.snapshotManifest(certificate.statement.sequence)
    this.#components.store.write([{ type: 'put', key, value }], { sync: true }, error => {
      if (error !== null) return this.#components.onFailure(error)
      if (this.#cancelled) return
      const system = { logTimeMs, floorMs, segments: this.#segments, historyBefore: this.#historyBefore }
      this.#done({ certificate, system, applicationChunks, windowChunks: this.#windowIndex, keyParts })
    })
  }
}
