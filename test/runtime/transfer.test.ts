import { describe, expect, it } from 'vitest'
import type { Application } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import { fromHex, toHex } from '../../src/lib/bytes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { type Certificate, digest } from '../../src/pbft/types.ts'
import { Askers } from '../../src/runtime/asking.ts'
import { installSnapshot } from '../../src/runtime/load.ts'
import { decodeSegment } from '../../src/runtime/segments.ts'
import { SNAPSHOT_PARTS } from '../../src/runtime/service.ts'
import { Transfer } from '../../src/runtime/transfer.ts'
import type { Batch } from '../../src/wire/batch.ts'
import { encodeCertificate, plain } from '../../src/wire/convert.ts'
import {
  EntriesAnswer,
  EntriesRequest,
  SnapshotManifest,
  SnapshotRequest,
  WindowChunk,
} from '../../src/wire/pb/messages.ts'
import { scope } from '../wire/fixtures.ts'
import { certificateOf } from '../wire/samples.ts'
import { batchOf, transactionOf } from './parts.ts'
import {
  at,
  createPeerNetwork,
  createReplica,
  entryOf,
  executeAll,
  type Replica,
  type Responder,
} from './peers.ts'
import { diskFull, World } from './world.ts'

/** m3 is behind and asks m0, m1 and m2, some of whom lie. */
const LAST = 6
const bodies = Array.from({ length: LAST }, (_, i) => batchOf(0, [transactionOf(`k${i}`)]))
const entries = bodies.map((body, i) => entryOf(i + 1, [body]))

/** Sequences with such large results that the window makes two chunks. */
const LARGE_LAST = 5
const largeBodies = Array.from({ length: LARGE_LAST }, (_, n) => {
  const first = transactionOf('large')
  return batchOf(
    0,
    Array.from({ length: 17 }, (_, i) => ({ ...first, nonce: n * 17 + i })),
  )
})
const largeEntries = largeBodies.map((body, i) => entryOf(i + 1, [body]))

/** The key-value application, with answers as large as allowed. */
function createTalkative(): Application {
  const application = createKeyValue({})
  return {
    ...application,
    execute: (transactions, context) =>
      application.execute(transactions, context).map(({ code }) => ({ code, data: new Uint8Array(4_096) })),
  }
}

function createBench(lie: (honest: Responder) => readonly Responder[], history: 'small' | 'large' = 'small') {
  const world = new World()
  const server = createReplica(world, 1, createTalkative())
  if (history === 'small') executeAll(world, server, entries, bodies)
  else executeAll(world, server, largeEntries, largeBodies)
  const learner = createReplica(world, 1_000, createTalkative())
  const responders = new Map(lie(server.answer).map((responder, member) => [member, responder]))
  const { network, asked } = createPeerNetwork(world, responders)
  const installed: Certificate[] = []
  const transfer = new Transfer({
    scope,
    application: learner.state.application,
    checker: world.checker,
    clock: world.clock,
    store: learner.store,
    askers: new Askers(network),
    batches: learner.batches,
    logger: silentLogger,
    onEntry: learner.execute,
    onSnapshot: ({ certificate, system, applicationChunks, windowChunks, keyParts }) => {
      installed.push(certificate)
      const parts = { applicationChunks, windowChunks, keyParts }
      installSnapshot(learner.store, learner.state, certificate, { ...system, ...parts })
    },
    executed: () => learner.state.sequence,
    onFailure: error => void learner.failures.push(error),
  })
  return { world, server, learner, transfer, asked, installed }
}

function expectCaughtUp({
  server,
  learner,
  transfer,
}: {
  server: Replica
  learner: Replica
  transfer: Transfer
}) {
  expect(learner.state.statement()).toEqual(server.state.statement())
  expect(transfer.isRunning).toBe(false)
}

/** Forgets the log, so that only the snapshot is left. */
function prune({ store }: Replica): void {
  for (const key of store.keys('entry/')) store.entries.delete(key)
}

describe('committed sequences', () => {
  it('are taken from one member, checked, and executed in order', () => {
    const bench = createBench(honest => [honest, honest, honest])
    bench.transfer.fetch(at(LAST))
    bench.world.advance(1_000)
    expectCaughtUp(bench)
    expect(bench.asked).toHaveLength(1)
  })

  it('stop at the target', () => {
    const bench = createBench(honest => [honest])
    bench.transfer.fetch(at(2))
    bench.world.advance(1_000)
    expect(bench.learner.state.sequence).toBe(2)
  })

  it('a later target goes on', () => {
    const bench = createBench(honest => [honest])
    bench.transfer.fetch(at(2))
    bench.transfer.fetch(at(LAST))
    bench.world.advance(10_000)
    expectCaughtUp(bench)
  })

  /** Lies about entries; everything else is true. */
  const lyingAbout =
    (change: (answer: EntriesAnswer) => EntriesAnswer) =>
    (honest: Responder): Responder =>
    (protocol, bytes) => {
      const answer = honest(protocol, bytes)
      if (protocol !== 'entries' || answer === null) return answer
      return EntriesAnswer.encode(change(EntriesAnswer.decode(answer)))
    }
  const firstOf = <T>([first]: readonly T[]): T => {
    if (first === undefined) throw new Error('nothing to change')
    return first
  }

  const otherBody = batchOf(1, [transactionOf('other')])
  const forgery = entryOf(1, [otherBody])
  const lies: readonly (readonly [string, (honest: Responder) => Responder])[] = [
    ['refuses', () => () => null],
    ['says nothing', () => () => new Uint8Array(0)],
    ['answers with noise', () => () => Uint8Array.of(255, 255, 255, 1)],
    ['leaves out the first', lyingAbout(answer => ({ ...answer, entries: answer.entries.slice(1) }))],
    ['begins elsewhere', lyingAbout(answer => ({ ...answer, entries: answer.entries.slice(2).reverse() }))],
    ['leaves out the bodies', lyingAbout(answer => ({ ...answer, batches: [] }))],
    [
      'gives other bodies',
      lyingAbout(answer => ({ ...answer, batches: [otherBody.bytes as Uint8Array<ArrayBuffer>] })),
    ],
    [
      'leaves out a COMMIT',
      lyingAbout(answer => ({
        ...answer,
        entries: answer.entries.map(entry => ({ ...entry, commits: entry.commits.slice(1) })),
      })),
    ],
    [
      'gives one COMMIT twice',
      lyingAbout(answer => ({
        ...answer,
        entries: answer.entries.map(entry => ({
          ...entry,
          commits: [firstOf(entry.commits), ...entry.commits.slice(1).map(() => firstOf(entry.commits))],
        })),
      })),
    ],
    [
      'puts another proposal over the COMMITs',
      lyingAbout(answer => ({
        ...answer,
        entries: answer.entries.map(entry => ({
          ...entry,
          proposal: { ...forgery.proposal, batchDigests: [] },
        })),
      })),
    ],
    [
      'forges a COMMIT',
      lyingAbout(answer => ({
        ...answer,
        entries: answer.entries.map(entry => {
          const last = new Uint8Array(entry.commits.at(-1) ?? new Uint8Array(0))
          last[last.length - 1] = (last.at(-1) ?? 0) ^ 1
          return { ...entry, commits: [...entry.commits.slice(0, -1), last] }
        }),
      })),
    ],
  ]

  it.each(lies)('two of three members: one %s, and it still arrives', (_, lie) => {
    const bench = createBench(honest => [lie(honest), lie(honest), honest])
    bench.transfer.fetch(at(LAST))
    bench.world.advance(30_000)
    expectCaughtUp(bench)
  })

  it.each(lies)('nobody but one who %s: nothing is taken, and it is not asked without pause', (_, lie) => {
    const bench = createBench(honest => [lie(honest)])
    bench.transfer.fetch(at(LAST))
    bench.world.advance(10_000)
    expect(bench.learner.state.sequence).toBe(0)
    expect(bench.learner.batches.size).toBe(0)
    expect(bench.asked.length).toBeLessThan(12)
  })

  it('one who answers with what was asked for before is not asked without pause', () => {
    const old: Uint8Array[] = []
    const bench = createBench(honest => [
      (protocol, bytes) => {
        old.push(honest(protocol, bytes) ?? new Uint8Array(0))
        return old[0] ?? null
      },
    ])
    bench.transfer.fetch(at(LAST))
    bench.world.advance(1_000)
    bench.transfer.fetch(at(LAST + 5))
    bench.world.advance(10_000)
    expect(bench.asked.length).toBeLessThan(12)
  })

  it('nobody is connected: it waits, and asks again', () => {
    const bench = createBench(() => [])
    bench.transfer.fetch(at(LAST))
    bench.world.advance(10_000)
    expect(bench.transfer.isRunning).toBe(true)
  })

  it('after stop nobody is asked and nothing is taken', () => {
    const bench = createBench(honest => [honest])
    bench.transfer.fetch(at(LAST))
    bench.transfer.stop()
    bench.world.advance(10_000)
    expect([bench.learner.state.sequence, bench.asked.length]).toEqual([0, 1])
  })
})

describe('a snapshot, where the log is pruned', () => {
  it('is taken part by part and installed', () => {
    const bench = createBench(honest => [honest, honest, honest], 'large')
    prune(bench.server)
    bench.transfer.fetch(at(LARGE_LAST))
    bench.world.advance(1_000)
    expectCaughtUp(bench)
    expect(bench.installed).toHaveLength(1)
    expect(bench.learner.state.window.segments()).toEqual(bench.server.state.window.segments())
    expect(bench.learner.store.keys('snapshot/').length).toBe(bench.server.store.keys('snapshot/').length)
  })

  /** Lies in one part of a snapshot. */
  const lyingIn =
    (part: keyof typeof SNAPSHOT_PARTS, change: (bytes: Uint8Array) => Uint8Array) =>
    (honest: Responder): Responder =>
    (protocol, bytes) => {
      const answer = honest(protocol, bytes)
      if (protocol !== 'snapshot' || answer === null) return answer
      return SnapshotRequest.decode(bytes).part === SNAPSHOT_PARTS[part] ? change(answer) : answer
    }
  const manifestWith = (fields: Partial<SnapshotManifest>) =>
    lyingIn('manifest', bytes => SnapshotManifest.encode({ ...SnapshotManifest.decode(bytes), ...fields }))
  const flipped = (bytes: Uint8Array) => {
    const changed = new Uint8Array(bytes)
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1
    return changed
  }
  /** True, and it leads to the certified history, but not where the next chunk of the others begins. */
  const endOf = (bytes: Uint8Array): Uint8Array => {
    const { historyBefore, segments } = WindowChunk.decode(bytes)
    let before = digest(toHex(historyBefore))
    for (const segment of segments.slice(0, -1))
      before = decodeSegment(segment, before)?.historyDigest ?? before
    return WindowChunk.encode({ historyBefore: plain(fromHex(before)), segments: segments.slice(-1) })
  }

  const lies: readonly (readonly [string, (honest: Responder) => Responder])[] = [
    [
      'refuses every part',
      honest => (protocol, bytes) => (protocol === 'snapshot' ? null : honest(protocol, bytes)),
    ],
    ['gives a manifest of noise', lyingIn('manifest', () => Uint8Array.of(255, 255, 1))],
    ['gives another application root', manifestWith({ applicationRoot: new Uint8Array(32) })],
    ['gives another floor', manifestWith({ floorMs: 5 })],
    ['gives another first sequence', manifestWith({ firstSequence: 3 })],
    ['claims no chunks', manifestWith({ applicationChunks: 0 })],
    ['claims too many chunks', manifestWith({ applicationChunks: 70_000 })],
    [
      'claims one chunk more',
      honest => (protocol, bytes) => {
        const answer = honest(protocol, bytes)
        if (protocol !== 'snapshot' || answer === null || SnapshotRequest.decode(bytes).part !== 0)
          return answer
        const manifest = SnapshotManifest.decode(answer)
        return SnapshotManifest.encode({ ...manifest, applicationChunks: manifest.applicationChunks + 1 })
      },
    ],
    ['flips a bit in the state', lyingIn('application', flipped)],
    ['gives an empty chunk', lyingIn('application', () => new Uint8Array(0))],
    ['gives too large a chunk', lyingIn('application', () => new Uint8Array(1_048_577))],
    ['flips a bit in the window', lyingIn('window', flipped)],
    ['gives a window of noise', lyingIn('window', () => Uint8Array.of(10, 1, 1))],
    ['gives only the end of a chunk of the window', lyingIn('window', endOf)],
  ]

  it.each(lies)('one of three members %s: it arrives, and no good part is asked for twice', (_, lie) => {
    for (const liar of [0, 1, 2]) {
      const bench = createBench(
        honest => [0, 1, 2].map(member => (member === liar ? lie(honest) : honest)),
        'large',
      )
      prune(bench.server)
      bench.transfer.fetch(at(LARGE_LAST))
      bench.world.advance(60_000)
      expectCaughtUp(bench)
      expect(bench.asked.length).toBeLessThan(9)
    }
  })

  it.each<[string, (certificate: Certificate) => Certificate]>([
    ['too few signatures', ({ statement, signatures }) => ({ statement, signatures: signatures.slice(1) })],
    [
      'signatures over another',
      ({ statement, signatures }) => ({ statement: { ...statement, logTimeMs: 1 }, signatures }),
    ],
    ['nothing new', ({ statement }) => certificateOf({ ...statement, sequence: at(0) })],
  ])('under a certificate with %s is not asked for', (_, change) => {
    const bench = createBench(honest => [
      (protocol, bytes) => {
        const answer = honest(protocol, bytes)
        if (protocol !== 'entries' || answer === null) return answer
        const snapshot = encodeCertificate(change(certificateOf(bench.server.state.statement())))
        return EntriesAnswer.encode({ ...EntriesAnswer.decode(answer), snapshot })
      },
    ])
    prune(bench.server)
    bench.transfer.fetch(at(LAST))
    bench.world.advance(10_000)
    expect(bench.asked.filter(({ protocol }) => protocol === 'snapshot')).toEqual([])
  })

  it('a failed write is told', () => {
    const bench = createBench(honest => [honest])
    prune(bench.server)
    bench.learner.store.failing = diskFull()
    bench.transfer.fetch(at(LAST))
    bench.world.advance(1_000)
    expect(bench.learner.failures.length).toBeGreaterThan(0)
    expect(bench.installed).toEqual([])
  })
})

describe('what is asked of us', () => {
  const world = new World()
  const server = createReplica(world, 1)
  executeAll(world, server, entries, bodies as readonly Batch[])

  it.each(['batch', 'entries', 'snapshot'] as const)('%s: noise is refused', protocol => {
    expect(server.answer(protocol, Uint8Array.of(255, 255, 255))).toBeNull()
  })

  it.each([
    [0, 1],
    [1, 0],
    [LAST + 1, LAST + 1],
  ])('entries from %i to %i: none', (from, to) => {
    const bytes = server.answer('entries', encodeEntriesRequest(from, to))
    expect(bytes === null ? [] : EntriesAnswer.decode(bytes).entries).toEqual([])
  })

  it('a snapshot that is not there is refused', () => {
    const ask = (fields: Partial<SnapshotRequest>) =>
      server.answer('snapshot', SnapshotRequest.encode({ sequence: LAST, part: 0, index: 0, ...fields }))
    expect(ask({})).not.toBeNull()
    expect([ask({ sequence: LAST + 1 }), ask({ part: 1, index: 99 }), ask({ part: 2, index: 99 })]).toEqual([
      null,
      null,
      null,
    ])
  })
})

function encodeEntriesRequest(from: number, to: number): Uint8Array {
  return EntriesRequest.encode({ from, to })
}
