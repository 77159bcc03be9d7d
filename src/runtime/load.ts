import { sha256 } from '../crypto/hash.ts'
import { equalBytes } from '../lib/bytes.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import type { RecoveredRecords } from '../pbft/event.ts'
import {
  type Certificate,
  type CommittedEntry,
  type Digest,
  type NewView,
  type PrePrepare,
  type PreparedCertificate,
  type Sequence,
  type Statement,
  sequence,
  type Verified,
  type View,
  view,
} from '../pbft/types.ts'
import { type Batch, type BatchLimits, decodeBatch } from '../wire/batch.ts'
import { decodeCertificate } from '../wire/convert.ts'
import { SnapshotManifest, WireCertificate } from '../wire/pb/messages.ts'
import { isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import type { EnvelopeVerifier } from '../wire/verify.ts'
import { diskNames, numberIn, type SnapshotPart, under } from './disk-names.ts'
import type { Store, StoreRange } from './ports.ts'
import {
  damaged,
  decodeAccepted,
  decodePrepared,
  decodeStored,
  decodeStoredEntry,
  decodeView,
} from './records.ts'
import { decodeWindowChunk } from './segments.ts'
import { type OwnEnvelope, ownEnvelope } from './signing.ts'
import { Snapshots } from './snapshots.ts'

/**
 * What a start finds on disk: the latest snapshot, the sequences executed after it (executed again here, and compared with what is
 * certified), the consensus records, everything that we signed, the batches that still wait. Our own disk is trusted to hold what
 * was written, not to be whole: whatever does not fit is damage, named, and nothing is guessed.
 */
export interface LoadOptions {
  readonly scope: Scope
  readonly limits: BatchLimits
  readonly checkpointInterval: number
  /** This key is known to have been used on no disk before: an empty directory is then a first start, not a loss. */
  readonly firstStart: boolean
  /** See `RuntimeOptions.startNumber`. */
  readonly startNumber: number
}

export interface LoadComponents {
  readonly store: Store
  readonly state: ReplicatedState
  readonly verifier: EnvelopeVerifier
  nowMs(): number
  /** One more of the sequences on disk was executed. */
  onExecutedAgain?(): void
}

export interface Loaded {
  readonly records: RecoveredRecords
  readonly ownEnvelopes: readonly OwnEnvelope[]
  readonly heldBatches: readonly Uint8Array[]
  /** Ascending. */
  readonly snapshots: readonly Sequence[]
}

const PAGE = 256

/** @throws StorageError DAMAGED */
export async function load(options: LoadOptions, components: LoadComponents): Promise<Loaded> {
  const { scope } = options
  const { store, state } = components
  const snapshots = await loadLatestSnapshot(scope, components)
  const stableBytes = store.get(diskNames.stable)
  const stable = stableBytes === undefined ? null : decodeStable(scope, stableBytes)
  const statements = await executeAgain(options, components, stable)
  const stored = store.get(diskNames.view)
  const current = stored === undefined ? { view: view(0), active: true, newView: null } : decodeView(stored)
  const own = await loadOwn(components)
  const low = stable?.statement.sequence ?? 0
  return {
    records: {
      amnesia: isAmnesia(options, components),
      question: options.startNumber,
      view: current.view,
      viewActive: current.active,
      newView: current.newView === null ? null : openNewView(components, current.newView, current.view),
      stable,
      executed: state.sequence,
      statements: statements.filter(statement => statement.sequence > low),
      accepted: await loadAccepted(scope, store, low),
      prepared: await loadPrepared(scope, store, low),
      own: own.flatMap(({ messages }) => messages),
    },
    ownEnvelopes: own.flatMap(({ envelope }) => (envelope === null ? [] : [envelope])),
    heldBatches: await loadHeld(store),
    snapshots,
  }
}

/** An empty directory with a used key, or one whose member had not caught up when it stopped. */
function isAmnesia(options: LoadOptions, { store }: LoadComponents): boolean {
  if (store.get(diskNames.amnesia) !== undefined) return true
  return store.get(diskNames.identity) === undefined && !options.firstStart
}

async function loadLatestSnapshot(
  scope: Scope,
  { store, state }: LoadComponents,
): Promise<readonly Sequence[]> {
  const manifestKeys = (await everything(store, under('manifest/'))).map(([key]) => key)
  const sequences = Snapshots.sequencesIn(manifestKeys)
  const latest = sequences.at(-1)
  if (latest === undefined) return []
  const what = `the snapshot at ${latest}`
  const bytes = store.get(diskNames.snapshotManifest(latest))
  if (bytes === undefined) throw damaged(what)
  const manifest = decodeStored(what, () => SnapshotManifest.decode(bytes))
  const certificate = decodeCertificate(scope, manifest.certificate)
  if (certificate === null) throw damaged(what)
  installSnapshot(store, state, certificate, manifest)
  return sequences
}

/** What a manifest says of the parts on disk. */
export interface StoredSnapshot {
  readonly applicationChunks: number
  readonly windowChunks: number
  /** SHA-256 of each part of the keys' state. */
  readonly keyParts: readonly Uint8Array[]
  readonly logTimeMs: number
  readonly floorMs: number
}

/** Also used when a snapshot was fetched. @throws StorageError DAMAGED */
export function installSnapshot(
  store: Store,
  state: ReplicatedState,
  certificate: Certificate,
  manifest: StoredSnapshot,
): void {
  const at = certificate.statement.sequence
  const part = (name: SnapshotPart, index: number): Uint8Array => {
    const bytes = store.get(diskNames.snapshotPart(at, name, index))
    if (bytes === undefined) throw damaged(`part ${index} (${name}) of the snapshot at ${at}`)
    return bytes
  }
  let last: number = at
  let after: Digest = certificate.statement.historyDigest
  const runs = []
  for (let i = 0; i < manifest.windowChunks; i++) {
    const chunk = decodeWindowChunk(part('window', i), sequence(last), after)
    if (chunk === null) throw damaged(`part ${i} (window) of the snapshot at ${at}`)
    runs.unshift(chunk.segments)
    after = chunk.historyBefore
    last -= chunk.segments.length
  }
  const keyParts = manifest.keyParts.map((hash, i) => {
    const bytes = part('keys', i)
    if (!equalBytes(sha256(bytes), hash)) throw damaged(`part ${i} (keys) of the snapshot at ${at}`)
    return bytes
  })
  const { logTimeMs, floorMs, applicationChunks } = manifest
  const system = { logTimeMs, floorMs, segments: runs.flat(), historyBefore: after, keys: keyParts }
  state.install(
    certificate.statement,
    system,
    (function* () {
      for (let i = 0; i < applicationChunks; i++) yield part('application', i)
    })(),
  )
}

function decodeStable(scope: Scope, bytes: Uint8Array): Certificate {
  const wire = decodeStored('the stable checkpoint', () => WireCertificate.decode(bytes))
  const certificate = decodeCertificate(scope, wire)
  if (certificate === null) throw damaged('the stable checkpoint')
  return certificate
}

/** Executes what follows the snapshot. @returns statements at checkpoint sequences */
async function executeAgain(
  options: LoadOptions,
  { store, state, onExecutedAgain }: LoadComponents,
  stable: Certificate | null,
): Promise<readonly Statement[]> {
  const statements: Statement[] = []
  for (;;) {
    const range = { gte: diskNames.entry(state.sequence + 1), lt: under('entry/').lt }
    const page = await readPage(store, range, PAGE)
    for (const [key, bytes] of page) {
      if (numberIn(key) !== state.sequence + 1) return statements
      const entry = decodeStoredEntry(options.scope, state.sequence + 1, bytes)
      state.execute(entry.proposal, bodiesOf(options, store, entry))
      onExecutedAgain?.()
      const isCheckpoint = entry.proposal.certify || state.sequence % options.checkpointInterval === 0
      if (isCheckpoint) statements.push(compared(state.statement(), stable))
    }
    if (page.length < PAGE) return statements
  }
}

function bodiesOf(options: LoadOptions, store: Store, entry: CommittedEntry): Batch['transactions'][] {
  return entry.proposal.batchDigests.map(digest => {
    const bytes = store.get(diskNames.batch(digest))
    const batch = bytes === undefined ? null : decodeBatch(options.scope, options.limits, bytes)
    if (batch === null || isRejection(batch) || batch.digest !== digest) throw damaged(`the batch ${digest}`)
    return batch.transactions
  })
}

function compared(own: Statement, stable: Certificate | null): Statement {
  const certified = stable?.statement
  if (certified?.sequence !== own.sequence) return own
  if (certified.historyDigest !== own.historyDigest || certified.stateRoot !== own.stateRoot) {
    throw damaged(`the history that a quorum certified at ${own.sequence}`)
  }
  return own
}

async function loadAccepted(
  scope: Scope,
  store: Store,
  low: number,
): Promise<readonly Verified<PrePrepare>[]> {
  const found = await everything(store, {
    gte: diskNames.accepted(low + 1),
    lt: under('consensus/accepted/').lt,
  })
  return found.map(([key, bytes]) => decodeAccepted(scope, numberIn(key), bytes))
}

async function loadPrepared(
  scope: Scope,
  store: Store,
  low: number,
): Promise<readonly PreparedCertificate[]> {
  const found = await everything(store, {
    gte: diskNames.prepared(low + 1),
    lt: under('consensus/prepared/').lt,
  })
  return found.map(([key, bytes]) => decodePrepared(scope, numberIn(key), bytes))
}

async function loadOwn({ store, verifier, nowMs }: LoadComponents) {
  const found = await everything(store, under('consensus/own/'))
  return found.map(([key, bytes]) => {
    const opened = verifier.open(bytes, nowMs())
    if (isRejection(opened)) throw damaged(`what this member signed (${opened.code})`)
    const messages = opened.messages.filter(message => message.proof.hash === opened.hash)
    const envelope = ownEnvelope(
      numberIn(key),
      messages.map(({ message }) => message),
    )
    return { envelope, messages }
  })
}

function openNewView(
  { verifier, nowMs }: LoadComponents,
  bytes: Uint8Array,
  current: View,
): Verified<NewView> {
  const opened = verifier.open(bytes, nowMs())
  if (isRejection(opened)) throw damaged('the current view')
  for (const { sender, message, proof } of opened.messages) {
    if (message.type === 'new-view' && message.view === current) return { sender, message, proof }
  }
  throw damaged('the current view')
}

async function loadHeld(store: Store): Promise<readonly Uint8Array[]> {
  const found = await everything(store, under('held/'))
  return found.flatMap(([key]) => {
    const bytes = store.get(diskNames.batch(key.slice('held/'.length)))
    return bytes === undefined ? [] : [bytes]
  })
}

type StoredPair = readonly [key: string, value: Uint8Array]

async function everything(store: Store, range: StoreRange): Promise<readonly StoredPair[]> {
  const found: StoredPair[] = []
  let gte = range.gte
  for (;;) {
    const page = await readPage(store, { gte, lt: range.lt }, PAGE)
    found.push(...page)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return found
    gte = `${last[0]}\0`
  }
}

function readPage(store: Store, range: StoreRange, limit: number): Promise<readonly StoredPair[]> {
  return new Promise((resolve, reject) => {
    store.range({ ...range, limit }, (error, entries) => (error === null ? resolve(entries) : reject(error)))
  })
}
