import { toHex } from '../lib/bytes.ts'
import { digest, type Sequence } from '../pbft/types.ts'
import { decodeCount, plain } from '../wire/convert.ts'
import { BATCH_REQUEST_DIGESTS_MAX, ENTRIES_ANSWER_BYTES_MAX, ENTRIES_ANSWER_MAX } from '../wire/limits.ts'
import {
  BatchAnswer,
  BatchRequest,
  EntriesAnswer,
  EntriesRequest,
  SnapshotManifest,
  SnapshotRequest,
  type WireCertificate,
  WireEntry,
} from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { BatchStore } from './batches.ts'
import { diskNames, type SnapshotPart } from './disk-names.ts'
import type { Store } from './ports.ts'

/** Answers what others ask for: bodies, committed sequences, parts of snapshots. Everything is read from disk and bounded. */
export interface ServiceComponents {
  readonly store: Store
  readonly batches: BatchStore
  /** The latest snapshot on disk; 0: none. */
  latestSnapshot(): Sequence
}

/** Null refuses: malformed, or not held here. */
export type Service = (bytes: Uint8Array) => Uint8Array | null

export const SNAPSHOT_PARTS = { manifest: 0, application: 1, window: 2, keys: 3 } as const
const PART_NAMES: ReadonlyMap<number, SnapshotPart> = new Map([
  [SNAPSHOT_PARTS.application, 'application'],
  [SNAPSHOT_PARTS.window, 'window'],
  [SNAPSHOT_PARTS.keys, 'keys'],
])

export function createServices(
  components: ServiceComponents,
): Record<'batch' | 'entries' | 'snapshot', Service> {
  return {
    batch: bytes => serveBatches(components, bytes),
    entries: bytes => serveEntries(components, bytes),
    snapshot: bytes => serveSnapshot(components, bytes),
  }
}

function serveBatches({ batches }: ServiceComponents, bytes: Uint8Array): Uint8Array | null {
  const request = decodeOr('request-malformed', () =>
    BatchRequest.decode(bytes, { limits: { digests: BATCH_REQUEST_DIGESTS_MAX } }),
  )
  if (isRejection(request)) return null
  const found: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (const wanted of request.digests) {
    if (wanted.length !== 32) return null
    const body = batches.stored(digest(toHex(wanted)))
    if (body === undefined) continue
    size += body.length
    if (found.length > 0 && size > ENTRIES_ANSWER_BYTES_MAX) break
    found.push(plain(body))
  }
  return BatchAnswer.encode({ batches: found })
}

function serveEntries(components: ServiceComponents, bytes: Uint8Array): Uint8Array | null {
  const request = decodeOr('request-malformed', () => EntriesRequest.decode(bytes))
  if (isRejection(request)) return null
  const from = decodeCount(request.from)
  const to = decodeCount(request.to)
  if (from === null || to === null || from === 0) return null
  const entries: WireEntry[] = []
  const bodies: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (let n = from; n <= to && entries.length < ENTRIES_ANSWER_MAX; n++) {
    const found = entryWithBodies(components, n)
    if (found === null) break
    size += found.size
    if (entries.length > 0 && size > ENTRIES_ANSWER_BYTES_MAX) break
    entries.push(found.entry)
    bodies.push(...found.bodies)
  }
  const snapshot = entries.length > 0 ? undefined : snapshotCertificate(components)
  return EntriesAnswer.encode({ entries, batches: bodies, snapshot })
}

function entryWithBodies({ store, batches }: ServiceComponents, n: number) {
  const bytes = store.get(diskNames.entry(n))
  if (bytes === undefined) return null
  const entry = decodeOr('entry-malformed', () => WireEntry.decode(bytes))
  if (isRejection(entry)) return null
  const bodies: Uint8Array<ArrayBuffer>[] = []
  let size = bytes.length
  for (const wanted of entry.proposal?.batchDigests ?? []) {
    const body = batches.stored(digest(toHex(wanted)))
    if (body === undefined) return null
    size += body.length
    bodies.push(plain(body))
  }
  return { entry, bodies, size }
}

function snapshotCertificate({ store, latestSnapshot }: ServiceComponents): WireCertificate | undefined {
  const bytes = store.get(diskNames.snapshotManifest(latestSnapshot()))
  if (bytes === undefined) return undefined
  const manifest = decodeOr('manifest-malformed', () => SnapshotManifest.decode(bytes))
  return isRejection(manifest) ? undefined : manifest.certificate
}

function serveSnapshot({ store }: ServiceComponents, bytes: Uint8Array): Uint8Array | null {
  const request = decodeOr('request-malformed', () => SnapshotRequest.decode(bytes))
  if (isRejection(request) || decodeCount(request.sequence) === null) return null
  const { sequence, part, index } = request
  if (store.get(diskNames.snapshotManifest(sequence)) === undefined) return null
  if (part === SNAPSHOT_PARTS.manifest) return store.get(diskNames.snapshotManifest(sequence)) ?? null
  const name = PART_NAMES.get(part)
  return name === undefined ? null : (store.get(diskNames.snapshotPart(sequence, name, index)) ?? null)
}
