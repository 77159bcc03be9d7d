import { fromHex } from '../../lib/bytes.ts'
import type { Prng } from '../../lib/prng.ts'
import { receiptsRootOf } from '../../membership/history.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import type { RequestProtocol } from '../../runtime/ports.ts'
import { decodeProposal, encodeProposal, plain, proposalDigest } from '../../wire/convert.ts'
import {
  BatchAnswer,
  EntriesAnswer,
  SnapshotManifest,
  SnapshotRequest,
  WindowChunk,
  type WireEntry,
} from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { signEnvelope } from './forgery.ts'

const KEPT_MAX = 64
/** The number of the part of a snapshot that is its manifest. */
const MANIFEST = 0

type Lie<T> = (answer: T) => T
type Lies<T> = Readonly<Record<string, Lie<T>>>

/**
 * Leads whoever catches up astray: old entries again and again, one at a time, under other sequences, with the commits of another,
 * with one commit q times, with commits that nobody signed, bodies exchanged; manifests with other counts and roots; chunks of
 * elsewhere; answers that are long, empty, or never come. Aims at state transfer: claims decide only what is asked next, everything
 * is checked before it is taken, and no answer may hold the asker up.
 */
export function createMisleadingTransfer(lair: Lair): Behaviour {
  const { prng } = lair
  const entriesKept: WireEntry[] = []
  const chunksKept: Uint8Array[] = []

  const entriesLies = createEntriesLies(lair, entriesKept)
  const manifestLies = createManifestLies(prng)
  const chunkLies = createChunkLies(prng, chunksKept)

  function lie<T>(lies: Lies<T>, answer: T): T {
    const what = prng.pick(Object.keys(lies))
    lair.did(what)
    return lies[what]?.(answer) ?? answer
  }

  function snapshotPart(request: Uint8Array, answer: Uint8Array): Uint8Array {
    if (SnapshotRequest.decode(request).part === MANIFEST)
      return SnapshotManifest.encode(lie(manifestLies, SnapshotManifest.decode(answer)))
    chunksKept.push(answer)
    chunksKept.splice(0, chunksKept.length - KEPT_MAX)
    return lie(chunkLies, answer)
  }

  function entries(answer: Uint8Array): Uint8Array {
    const decoded = EntriesAnswer.decode(answer)
    if (entriesKept.length < KEPT_MAX) entriesKept.push(...decoded.entries.slice(0, 8))
    return EntriesAnswer.encode(lie(entriesLies, decoded))
  }

  function misleading(protocol: RequestProtocol, request: Uint8Array, answer: Uint8Array): Uint8Array {
    if (protocol === 'entries') return entries(answer)
    if (protocol === 'snapshot') return snapshotPart(request, answer)
    return protocol === 'batch' ? BatchAnswer.encode(lie(BATCH_LIES, BatchAnswer.decode(answer))) : answer
  }

  return {
    answer(protocol, request, answer) {
      if (prng.chance(0.2)) {
        lair.did('no answer ever')
        return undefined
      }
      if (answer === null || prng.chance(0.1)) {
        lair.did('junk')
        return new Uint8Array(prng.pick([0, 1, 500, 300_000])).fill(prng.between(0, 255))
      }
      const misled = decodeOr('answer-malformed', () => misleading(protocol, request, answer))
      return isRejection(misled) ? answer : misled
    },
  }
}

/** Another proposal for that sequence, and COMMITs to it in these names, all signed by us. */
function madeUp(lair: Lair, entry: WireEntry, names: readonly ReplicaId[]): WireEntry {
  const { scope, prng } = lair
  const proposal = decodeProposal(scope, entry.proposal)
  if (proposal === null) return entry
  const other = { ...proposal, logTimeMs: proposal.logTimeMs + 1 }
  const digest = plain(fromHex(proposalDigest(scope, other)))
  const messages = [{ commit: { view: 0, sequence: other.sequence, digest } }]
  const commits = names.map(sender =>
    plain(signEnvelope(lair, { epoch: scope.epoch, sender, number: prng.between(0, 1e9), messages })),
  )
  return { ...entry, proposal: encodeProposal(other), commits }
}

function moved(entry: WireEntry, by: number): WireEntry {
  const { proposal } = entry
  return proposal === undefined
    ? entry
    : { ...entry, proposal: { ...proposal, sequence: proposal.sequence + by } }
}

function createEntriesLies(lair: Lair, entriesKept: readonly WireEntry[]): Lies<EntriesAnswer> {
  return {
    'old entries': answer => ({ ...answer, entries: entriesKept.slice(0, 8), batches: [] }),
    'one entry': answer => ({ ...answer, entries: answer.entries.slice(0, 1) }),
    'other sequences': answer => ({ ...answer, entries: answer.entries.map(entry => moved(entry, 1)) }),
    'the commits of another': answer => ({
      ...answer,
      entries: answer.entries.map((entry, i) => ({
        ...entry,
        commits: answer.entries[i + 1]?.commits ?? entriesKept[0]?.commits ?? [],
      })),
    }),
    'one commit many times': answer => ({
      ...answer,
      entries: answer.entries.map(entry => ({
        ...entry,
        commits: entry.commits.flatMap(() => entry.commits.slice(0, 1)),
      })),
    }),
    'other bodies': answer => ({ ...answer, batches: answer.batches.toReversed().slice(1) }),
    'made up, with commits in every name': answer => ({
      ...answer,
      entries: answer.entries.map(entry => madeUp(lair, entry, [lair.self, ...lair.others])),
    }),
    'made up, with our commit alone': answer => ({
      ...answer,
      entries: answer.entries.map(entry => madeUp(lair, entry, [lair.self])),
    }),
    'entries many times': answer => ({
      ...answer,
      entries: Array.from({ length: 30 }, () => answer.entries).flat(),
    }),
    'a snapshot of too few': ({ snapshot }) => ({
      entries: [],
      batches: [],
      snapshot:
        snapshot === undefined ? undefined : { ...snapshot, signatures: snapshot.signatures.slice(1) },
    }),
    'a snapshot far ahead': ({ snapshot }) => ({
      entries: [],
      batches: [],
      snapshot:
        snapshot?.statement === undefined
          ? undefined
          : {
              ...snapshot,
              statement: { ...snapshot.statement, sequence: snapshot.statement.sequence + 1_000 },
            },
    }),
  }
}

function createManifestLies(prng: Prng): Lies<SnapshotManifest> {
  return {
    'no chunk': manifest => ({ ...manifest, applicationChunks: 0 }),
    'more chunks': manifest => ({ ...manifest, applicationChunks: manifest.applicationChunks + 1 }),
    'endless chunks': manifest => ({ ...manifest, applicationChunks: 2 ** 32 - 1 }),
    'another root': manifest => ({
      ...manifest,
      applicationRoot: new Uint8Array(32).fill(prng.between(0, 255)),
    }),
    'another floor': manifest => ({ ...manifest, floorMs: manifest.floorMs + 1 }),
    'an earlier beginning': manifest => ({ ...manifest, firstSequence: 1 }),
    'other chunks of the window': manifest => ({ ...manifest, windowChunks: manifest.windowChunks + 7 }),
  }
}

/** A chunk of the window whose sequences executed nothing, each with the root that fits that; any other chunk as it is. */
function withoutReceipts(chunk: Uint8Array): Uint8Array {
  const window = decodeOr('window-chunk-malformed', () => WindowChunk.decode(chunk))
  if (isRejection(window)) return chunk
  const receiptsRoot = plain(fromHex(receiptsRootOf([])))
  const segments = window.segments.map(segment => ({ ...segment, receipts: [], receiptsRoot }))
  return WindowChunk.encode({ ...window, segments })
}

function createChunkLies(prng: Prng, chunksKept: readonly Uint8Array[]): Lies<Uint8Array> {
  return {
    'another chunk': () => prng.pick(chunksKept),
    'half a chunk': chunk => chunk.slice(0, chunk.length >> 1),
    'a chunk and more': chunk => Uint8Array.from([...chunk, ...chunk]),
    'an empty chunk': () => new Uint8Array(),
    'receipts left out': withoutReceipts,
  }
}

const BATCH_LIES: Lies<BatchAnswer> = {
  'no body': () => ({ batches: [] }),
  'a body many times': ({ batches }) => ({ batches: [...batches, ...batches, ...batches].slice(0, 20) }),
  'a damaged body': ({ batches }) => ({
    batches: batches.map(body => body.map((byte, i) => (i === 40 ? byte ^ 1 : byte))),
  }),
}
