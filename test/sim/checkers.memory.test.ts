import { describe, expect, it } from 'vitest'
import { u64 } from '../../src/lib/bytes.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import { boundsOf, createBounds } from '../../src/sim/checkers/bounds.ts'
import { createDisk, diskBoundsOf } from '../../src/sim/checkers/disk.ts'
import { WireCertificate } from '../../src/wire/pb/messages.ts'
import { complaints, options } from './checker-world.ts'

/** Judges of what members keep, in memory and on disk. */
const A = replicaId(0)
const EMPTY = new Uint8Array(0)
const STATEMENT_AT_4 = {
  epoch: 0,
  sequence: 4,
  historyDigest: EMPTY,
  stateRoot: EMPTY,
  membersHash: EMPTY,
  logTimeMs: 0,
}
const STABLE_AT_4 = WireCertificate.encode({ statement: STATEMENT_AT_4, signatures: [] })

describe('memory', () => {
  const found = (sizes: Readonly<Record<string, number>>): readonly string[] =>
    complaints(createBounds, checker =>
      checker.onLook(A, { sizes: () => sizes } as unknown as ReplicaRuntime),
    )
  const bounds = Object.entries(boundsOf(options)) as [string, number][]

  it('may be full', () => {
    expect(found(Object.fromEntries(bounds))).toEqual([])
  })

  it.each(bounds)('sees one %s too many', (name, bound) => {
    expect(found({ [name]: bound + 1 })).toEqual([`member 0 keeps ${bound + 1} ${name}, more than ${bound}`])
  })

  it('sees a collection without a bound', () => {
    expect(found({ 'driver.memoirs': 1 })).toEqual(['no bound is stated for driver.memoirs'])
  })

  it('is looked at again and again', () => {
    const violations = complaints(createBounds, checker => {
      const runtime = { sizes: () => ({ 'driver.timers': 6 }) } as unknown as ReplicaRuntime
      for (let i = 0; i < 100; i++) checker.onLook(A, runtime)
    })
    expect(violations.length).toBeGreaterThan(2)
  })
})

describe('disk', () => {
  type Contents = readonly (readonly [key: string, value: Uint8Array])[]
  const found = (contents: Contents): readonly string[] =>
    complaints(createDisk, checker => checker.onDisk(A, new Map(contents)))
  const whole: Contents = [
    [diskNames.identity, EMPTY],
    [diskNames.stable, STABLE_AT_4],
    [diskNames.accepted(5), EMPTY],
    [diskNames.prepared(5), EMPTY],
    [diskNames.entry(7), EMPTY],
    [diskNames.executed(7), EMPTY],
    [diskNames.transaction('t'), u64(7)],
    [diskNames.batch('b'), EMPTY],
    [diskNames.named('b'), u64(7)],
    [diskNames.batch('c'), EMPTY],
    [diskNames.held('c'), EMPTY],
    [diskNames.snapshotManifest(4), EMPTY],
    [diskNames.snapshotPart(4, 'application', 0), EMPTY],
    [diskNames.snapshotPart(8, 'application', 0), EMPTY],
  ]

  it('may hold history, what waits, and a snapshot that is being written', () => {
    expect(found(whole)).toEqual([])
  })

  it.each<[string, Contents]>([
    ['receipts without their entry', [[diskNames.executed(8), EMPTY]]],
    ['a transaction of history that is gone', [[diskNames.transaction('u'), u64(6)]]],
    ['a place without a body', [[diskNames.named('d'), u64(7)]]],
    [
      'a body in its place that is gone',
      [
        [diskNames.batch('d'), EMPTY],
        [diskNames.named('d'), u64(6)],
      ],
    ],
    ['a body that nobody waits for', [[diskNames.batch('d'), EMPTY]]],
    ['a batch that waits without its body', [[diskNames.held('d'), EMPTY]]],
    ['parts of several unfinished snapshots', [[diskNames.snapshotPart(12, 'window', 0), EMPTY]]],
    ['a proposal that a stable checkpoint covers', [[diskNames.accepted(3), EMPTY]]],
    ['a certificate of one', [[diskNames.prepared(4), EMPTY]]],
  ])('sees %s', (_what, more) => {
    expect(found([...whole, ...more])).toEqual([expect.stringContaining('for nothing')])
  })

  it('sees history from before the history that is to be kept', () => {
    const old: Contents = Array.from({ length: 65 }, (_, n) => [diskNames.entry(n + 1), EMPTY])
    const latest = 65 + options.historySequences
    expect(found([...old, [diskNames.snapshotManifest(latest - 1), EMPTY]])).toEqual([])
    expect(found([...old, [diskNames.snapshotManifest(latest), EMPTY]])).toEqual([
      'member 0 has 65 entries on disk, older than its history',
    ])
  })

  it('sees more history than is to be kept, and keys of another kind', () => {
    const sequences = diskBoundsOf(options).entry ?? 0
    const long: Contents = Array.from({ length: sequences + 1 }, (_, n) => [diskNames.entry(n), EMPTY])
    expect(found(long)).toEqual([`member 0 has ${sequences + 1} entry on disk, more than ${sequences}`])
    expect(found([['diary/1', EMPTY]])).toEqual(['no bound is stated for diary on disk'])
  })
})
