import { fromHex, toHex } from '../lib/bytes.ts'
import { extendHistory, receiptsRootOf } from '../membership/history.ts'
import type { Receipt, Segment } from '../membership/window.ts'
import { type Digest, digest, type Sequence, sequence } from '../pbft/types.ts'
import { decodeCount, decodeDigest, plain } from '../wire/convert.ts'
import { WindowChunk, type WireSegment } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'

/** Executed sequences as bytes: in history, and in snapshots as chunks of the transaction window. */

export function encodeSegment(segment: Segment): WireSegment {
  return {
    sequence: segment.sequence,
    proposalDigest: plain(fromHex(segment.proposalDigest)),
    logTimeMs: segment.logTimeMs,
    receiptsRoot: plain(fromHex(segment.receiptsRoot)),
    receipts: segment.receipts.map(({ id, code, data }) => ({
      id: plain(fromHex(id)),
      code,
      data: plain(data),
    })),
  }
}

/** Null when malformed. @param before the chain before this segment */
export function decodeSegment(wire: WireSegment | undefined, before: Digest): Segment | null {
  if (wire === undefined) return null
  const n = decodeCount(wire.sequence)
  const logTimeMs = decodeCount(wire.logTimeMs)
  const proposalDigest = decodeDigest(wire.proposalDigest)
  const receiptsRoot = decodeDigest(wire.receiptsRoot)
  if (n === null || logTimeMs === null || proposalDigest === null || receiptsRoot === null) return null
  const receipts: Receipt[] = []
  for (const [position, { id, code, data }] of wire.receipts.entries()) {
    if (id.length !== 32) return null
    receipts.push({ id: toHex(id), sequence: sequence(n), position, code, data })
  }
  const linked = { sequence: sequence(n), proposalDigest, logTimeMs, receiptsRoot }
  return { ...linked, historyDigest: extendHistory(before, linked), receipts }
}

/** A window chunk ends with the segment that makes it as large as this. */
const CHUNK_BYTES = 262_144

function bytesOf(segment: Segment): number {
  return 120 + segment.receipts.reduce((sum, receipt) => sum + 40 + receipt.data.length, 0)
}

/** Chunks from the newest run of segments to the oldest. @param segments ascending */
export function* windowChunks(segments: readonly Segment[], historyBefore: Digest): Generator<Uint8Array> {
  let run: WireSegment[] = []
  let bytes = 0
  for (let i = segments.length - 1; i >= 0; i--) {
    const segment = segments[i] as Segment
    run.unshift(encodeSegment(segment))
    bytes += bytesOf(segment)
    if (bytes < CHUNK_BYTES && i > 0) continue
    const before = i > 0 ? (segments[i - 1] as Segment).historyDigest : historyBefore
    yield WindowChunk.encode({ historyBefore: plain(fromHex(before)), segments: run })
    run = []
    bytes = 0
  }
}

/**
 * Is this run cut where every member cuts it? Else the chunks of others would not fit behind it.
 * @param first the oldest sequence of the window
 */
export function isWholeRun(segments: readonly Segment[], first: Sequence): boolean {
  const [oldest, ...younger] = segments
  const bytes = younger.reduce((sum, segment) => sum + bytesOf(segment), 0)
  if (oldest === undefined || bytes >= CHUNK_BYTES) return false
  return oldest.sequence === first || bytes + bytesOf(oldest) >= CHUNK_BYTES
}

export interface DecodedWindowChunk {
  readonly historyBefore: Digest
  readonly segments: readonly Segment[]
}

/**
 * A chunk that ends at `last` with the chain at `after`, or null when it does not: the chain cannot lead there from anything but
 * the very segments that were executed.
 */
export function decodeWindowChunk(
  bytes: Uint8Array,
  last: Sequence,
  after: Digest,
): DecodedWindowChunk | null {
  const chunk = decodeOr('window-chunk-malformed', () => WindowChunk.decode(bytes))
  if (isRejection(chunk) || chunk.historyBefore.length !== 32) return null
  const historyBefore = digest(toHex(chunk.historyBefore))
  const segments: Segment[] = []
  let before = historyBefore
  let expected = last - chunk.segments.length + 1
  for (const wire of chunk.segments) {
    const segment = decodeSegment(wire, before)
    if (segment === null || segment.sequence !== expected) return null
    if (receiptsRootOf(segment.receipts) !== segment.receiptsRoot) return null
    segments.push(segment)
    before = segment.historyDigest
    expected += 1
  }
  return segments.length > 0 && before === after ? { historyBefore, segments } : null
}
