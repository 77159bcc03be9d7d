import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/crypto/hash.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { encodeKeyState } from '../../src/membership/key-encoding.ts'
import { KEY_PART_BYTES_MAX, keyPartsOf, keysRootOf } from '../../src/membership/key-parts.ts'
import { type ReplicatedState, stateRootOf, systemRootOf } from '../../src/membership/replicated-state.ts'
import type { Certificate } from '../../src/pbft/types.ts'
import { Askers } from '../../src/runtime/asking.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { installSnapshot } from '../../src/runtime/load.ts'
import { StorageError } from '../../src/runtime/ports.ts'
import { createServices, SNAPSHOT_PARTS } from '../../src/runtime/service.ts'
import { type FetchedSnapshot, SnapshotTransfer } from '../../src/runtime/snapshot-transfer.ts'
import { Snapshots } from '../../src/runtime/snapshots.ts'
import { plain } from '../../src/wire/convert.ts'
import { SnapshotManifest, SnapshotRequest } from '../../src/wire/pb/messages.ts'
import { KeyLog, TIMES } from '../membership/key-log.ts'
import { createKeyedState, keyedRules, roundsOf, step } from '../membership/keyed-state.ts'
import { certificateOf } from '../wire/samples.ts'
import { createBatches } from './parts.ts'
import { createPeerNetwork, type Responder } from './peers.ts'
import { MemoryStore, World } from './world.ts'

/** A network in the middle of a refresh: everybody has dealt, nobody confirmed. */
const log = new KeyLog(keyedRules)
const ahead = createKeyedState()
for (const round of roundsOf(log, 'fresh')) step(log, [ahead], round)
for (const round of roundsOf(log, 'refresh').slice(0, 3)) step(log, [ahead], round)

interface Server {
  readonly store: MemoryStore
  readonly certificate: Certificate
  readonly answer: Responder
}

/** Has written a snapshot of that moment. */
function createServer(world: World): Server {
  const store = new MemoryStore(world)
  const onFailure = (error: Error) => {
    throw error
  }
  const snapshots = new Snapshots(
    { intervalSequences: 1 },
    { state: ahead, store, clock: world.clock, logger: silentLogger, onWritten: () => {}, onFailure },
  )
  const certificate = certificateOf(ahead.statement())
  snapshots.onCheckpoint(ahead.sequence)
  snapshots.onStable(certificate)
  world.advance(100)
  return { store, certificate, answer: answersFrom(world, store) }
}

function answersFrom(world: World, store: MemoryStore): Responder {
  const { batches } = createBatches(world, store)
  const { snapshot } = createServices({ store, batches, latestSnapshot: () => ahead.sequence })
  return (_, bytes) => snapshot(bytes)
}

/** Asks these members for the snapshot under `certificate`. */
function fetchFrom(world: World, certificate: Certificate, responders: readonly Responder[]) {
  const store = new MemoryStore(world)
  const { network, asked } = createPeerNetwork(world, new Map(responders.entries()))
  const results: (FetchedSnapshot | null)[] = []
  const onFailure = (error: Error) => {
    throw error
  }
  const { application } = createKeyedState()
  new SnapshotTransfer(
    certificate,
    { application, store, askers: new Askers(network), onFailure },
    fetched => void results.push(fetched),
  )
  world.advance(60_000)
  return { store, asked, fetched: results[0] ?? null }
}

function installed(store: MemoryStore, certificate: Certificate): ReplicatedState {
  const state = createKeyedState()
  const { sequence } = certificate.statement
  const bytes = present(store.get(diskNames.snapshotManifest(sequence)), 'a manifest')
  installSnapshot(store, state, certificate, SnapshotManifest.decode(bytes))
  return state
}

const lyingIn =
  (part: keyof typeof SNAPSHOT_PARTS, change: (bytes: Uint8Array) => Uint8Array) =>
  (honest: Responder): Responder =>
  (protocol, bytes) => {
    const answer = honest(protocol, bytes)
    if (answer === null || SnapshotRequest.decode(bytes).part !== SNAPSHOT_PARTS[part]) return answer
    return change(answer)
  }
const manifestWith = (change: (parts: Uint8Array<ArrayBuffer>[]) => Uint8Array<ArrayBuffer>[]) =>
  lyingIn('manifest', bytes => {
    const manifest = SnapshotManifest.decode(bytes)
    return SnapshotManifest.encode({ ...manifest, keyParts: change(manifest.keyParts) })
  })

describe('a snapshot with keys', () => {
  it('is read at a start: the member goes on with the ceremony', () => {
    const world = new World()
    const { store, certificate } = createServer(world)
    const state = installed(store, certificate)
    expect(state.statement()).toEqual(ahead.statement())
    expect(encodeKeyState(state.keys)).toEqual(encodeKeyState(log.state))
    const rest = log.fork()
    rest.pass(TIMES.deadlineMs)
    expect(rest.running.ceremony.phase).toBe('confirming')
    for (const round of roundsOf(rest, 'refresh').slice(3)) {
      const said = round()
      for (const [member, operation] of said) expect(rest.say(member, operation)).toBe('done')
    }
    expect(rest.state.active?.epoch).toBe(2)
  })

  it('is fetched part by part, and the member that fetched it goes on as the others', () => {
    const world = new World()
    const { answer, certificate } = createServer(world)
    const { store, fetched } = fetchFrom(world, certificate, [answer])
    expect(fetched?.keyParts).toHaveLength(1)
    const behind = installed(store, certificate)
    const rest = log.fork()
    const confirming = roundsOf(rest, 'refresh').slice(3)
    const original = installed(createServer(world).store, certificate)
    step(rest, [behind, original], () => [])
    rest.pass(TIMES.deadlineMs)
    for (const round of confirming) step(rest, [behind, original], round)
    expect(behind.keys.active?.epoch).toBe(2)
    expect(behind.statement()).toEqual(original.statement())
  })

  it('whose part is damaged on our disk is refused by name', () => {
    const world = new World()
    const { store, certificate } = createServer(world)
    const key = diskNames.snapshotPart(ahead.sequence, 'keys', 0)
    const part = present(store.get(key), 'a part')
    for (const damage of [part.with(50, 1 + (part[50] ?? 0)), part.slice(1)]) {
      store.write([{ type: 'put', key, value: damage }], { sync: true }, () => {})
      world.settle()
      expect(() => installed(store, certificate)).toThrow(StorageError)
      expect(() => installed(store, certificate)).toThrow(/part 0 \(keys\)/)
    }
  })

  it.each<[string, (honest: Responder) => Responder]>([
    ['flips a bit of a part', lyingIn('keys', bytes => bytes.with(9, 1 + (bytes[9] ?? 0)))],
    ['gives an empty part', lyingIn('keys', () => new Uint8Array(0))],
    ['gives too large a part', lyingIn('keys', () => new Uint8Array(KEY_PART_BYTES_MAX + 1))],
    ['names no parts', manifestWith(() => [])],
    ['names another part', manifestWith(() => [new Uint8Array(32)])],
    ['names a part twice', manifestWith(parts => [...parts, ...parts])],
    ['names a part of another length', manifestWith(parts => parts.map(hash => hash.slice(1)))],
    ['names very many parts', manifestWith(() => Array.from({ length: 500 }, () => new Uint8Array(32)))],
  ])('one of two members %s: it arrives all the same', (_, lie) => {
    const world = new World()
    const { answer, certificate, store: served } = createServer(world)
    const part = present(served.get(diskNames.snapshotPart(ahead.sequence, 'keys', 0)), 'a part')
    for (const responders of [
      [lie(answer), answer],
      [answer, lie(answer)],
    ]) {
      const { store, fetched } = fetchFrom(world, certificate, responders)
      expect(fetched).not.toBeNull()
      expect(store.get(diskNames.snapshotPart(ahead.sequence, 'keys', 0))).toEqual(part)
    }
    expect(fetchFrom(world, certificate, [lie(answer)]).fetched).toBeNull()
  })

  it('of several parts is fetched in their order', () => {
    const world = new World()
    const { store, answer } = createServer(world)
    const large = new Uint8Array(2 * KEY_PART_BYTES_MAX + 5).map((_, i) => i >> 8)
    const parts = keyPartsOf(large)
    const bytes = present(store.get(diskNames.snapshotManifest(ahead.sequence)), 'a manifest')
    const manifest = SnapshotManifest.decode(bytes)
    const keyParts = parts.map(part => plain(sha256(part)))
    const systemRoot = systemRootOf({ ...manifest, keysRoot: keysRootOf(keyParts) })
    const stateRoot = stateRootOf(manifest.applicationRoot, systemRoot)
    const certificate = certificateOf({ ...ahead.statement(), stateRoot })
    const changed = SnapshotManifest.encode({ ...manifest, keyParts })
    const served: Responder = (protocol, request) => {
      const { part, index } = SnapshotRequest.decode(request)
      if (part === SNAPSHOT_PARTS.manifest) return changed
      return part === SNAPSHOT_PARTS.keys ? (parts[index] ?? null) : answer(protocol, request)
    }
    const { store: own, fetched } = fetchFrom(world, certificate, [served])
    expect(fetched?.keyParts.map(toHex)).toEqual(keyParts.map(toHex))
    const stored = parts.map((_, i) => own.get(diskNames.snapshotPart(ahead.sequence, 'keys', i)))
    expect(stored.map(part => toHex(sha256(part ?? new Uint8Array(0))))).toEqual(keyParts.map(toHex))
  })
})
