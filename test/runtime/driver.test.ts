import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { digest, type Message, replicaId, type Verified, view } from '../../src/pbft/types.ts'
import { Driver, type DriverPorts } from '../../src/runtime/driver.ts'
import { SignGuard } from '../../src/runtime/sign-guard.ts'
import { createOutgoing } from '../../src/runtime/signing.ts'
import { ATTACHMENTS_MAX } from '../../src/wire/limits.ts'
import { EnvelopeVerifier } from '../../src/wire/verify.ts'
import { freshRecords, status, testConfig } from '../pbft/messages.ts'
import { identityOf, NOW_MS, opened, said, scope } from '../wire/fixtures.ts'
import { diskFull, MemoryStore, World } from './world.ts'

/** The driver of m1 among four, on a disk that the test holds up; b1 to b9 name batches. */
const batch = (i: number) => digest(`0${i}`.repeat(32))

function createBench(fields: Partial<DriverPorts> = {}) {
  const world = new World()
  const store = new MemoryStore(world)
  const published: Uint8Array[] = []
  const failures: Error[] = []
  const executed: number[] = []
  const { clock } = world
  const self = replicaId(1)
  const components = {
    clock,
    signer: identityOf(1),
    verifier: new EnvelopeVerifier(scope),
    logger: silentLogger,
  }
  const driver = new Driver(testConfig(), {
    clock,
    store,
    logger: silentLogger,
    outgoing: createOutgoing({ self, scope, guard: new SignGuard(), kept: [] }, components),
    publish: bytes => void published.push(bytes),
    isQuorumHeard: () => true,
    beforeAccusing: () => {},
    execute: entry => {
      executed.push(entry.proposal.sequence)
      return null
    },
    fetchBatch: () => {},
    fetchState: () => {},
    onStable: () => {},
    onSuspect: () => {},
    onView: () => {},
    onFailure: error => void failures.push(error),
    ...fields,
  })
  driver.submit({ type: 'recovered', records: freshRecords() })
  world.settle()
  published.length = 0
  const hear = (message: Verified) => driver.submit({ type: 'message', message })
  const hold = (i: number) => driver.submit({ type: 'batch-available', digest: batch(i) })
  /** What was published since the last call, but statuses. */
  const heard = (): readonly Message['type'][] =>
    published
      .splice(0)
      .flatMap(bytes => opened(bytes, world.nowMs).messages.map(({ message }) => message.type))
      .filter(type => type !== 'status')
  return { world, store, published, driver, failures, executed, hear, hold, heard }
}

const prePrepareOf = (i: number) =>
  said(0, {
    type: 'pre-prepare',
    view: view(0),
    sequence: i as never,
    batchDigests: [batch(i)],
    certify: false,
    logTimeMs: NOW_MS,
  })

function votesFor(i: number, senders: readonly number[], type: 'prepare' | 'commit') {
  const { sequence, digest: d } = prePrepareOf(i).message.proposal
  return senders.map(sender => said(sender, { type, view: view(0), sequence, digest: d }))
}

describe('the barrier', () => {
  it('nothing that must be on disk leaves before the write is answered', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.hold(1)
    bench.hear(prePrepareOf(1))
    bench.world.advance(10)
    expect(bench.heard()).toEqual([])
    const [write] = bench.store.writes.slice(-1)
    expect(write?.sync).toBe(true)
    expect(write?.operations.map(({ key }) => key.split('/')[1])).toEqual(['accepted', 'own'])
    bench.store.answer()
    expect(bench.heard()).toEqual(['prepare'])
  })

  it('the view on disk is the one before until the write is answered', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.driver.submit({ type: 'primary-unsatisfactory', view: view(0) })
    bench.world.advance(10)
    expect([bench.driver.view().view, bench.driver.viewOnDisk]).toEqual([1, 0])
    bench.store.answer()
    expect(bench.driver.viewOnDisk).toBe(1)
  })

  it('nor does anything that is said while the write is on its way, though it needs no disk', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.hold(1)
    bench.hear(prePrepareOf(1))
    bench.world.advance(60)
    expect(bench.published).toEqual([])
    bench.store.answer()
    expect(bench.published).toHaveLength(2)
  })

  it('a write that brings no message of ours holds up nothing that was said meanwhile', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.hear(prePrepareOf(1))
    expect(bench.store.writes.at(-1)?.operations.map(({ key }) => key.split('/')[1])).toEqual(['accepted'])
    bench.hold(1)
    bench.store.answer()
    bench.store.answer()
    expect(bench.heard()).toEqual(['prepare'])
  })

  it('our own vote counts only when it is on disk', () => {
    const bench = createBench()
    bench.hold(1)
    bench.hear(prePrepareOf(1))
    bench.world.settle()
    bench.store.isSlow = true
    for (const vote of votesFor(1, [2], 'prepare')) bench.hear(vote)
    for (const vote of votesFor(1, [2, 3], 'commit')) bench.hear(vote)
    expect(bench.executed).toEqual([])
    bench.store.answer()
    expect(bench.executed).toEqual([1])
  })
})

describe('group commit', () => {
  it('what happens during a write leaves with the next: one write, one envelope', () => {
    const bench = createBench()
    bench.store.isSlow = true
    for (let i = 1; i <= 4; i++) bench.hold(i)
    const before = bench.store.writes.length
    for (let i = 1; i <= 4; i++) bench.hear(prePrepareOf(i))
    expect(bench.store.writes.length - before).toBe(1)
    bench.store.answer()
    expect(bench.heard()).toEqual(['prepare'])
    expect(bench.store.writes.length - before).toBe(2)
    bench.store.answer()
    expect(bench.heard()).toEqual(['prepare', 'prepare', 'prepare'])
  })
})

describe('a disk that hangs', () => {
  it('gathers no more of what is sent again than one envelope carries', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.hear(prePrepareOf(1))
    // It stands where it stood, and lacks the proposal.
    const stuck = status(3)
    for (let i = 0; i < ATTACHMENTS_MAX + 100; i++) bench.hear(stuck)
    expect(bench.driver.sizes()['driver.relayed']).toBe(ATTACHMENTS_MAX)
    bench.store.answer()
    expect(bench.driver.sizes()['driver.relayed']).toBe(0)
    expect(bench.heard()).toEqual(['pre-prepare'])
  })

  it('gathers the youngest statuses, not all', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.hear(prePrepareOf(1))
    bench.world.advance(300 * 500)
    // And the VIEW-CHANGE for the body that never came.
    expect(bench.driver.sizes()['driver.drafts']).toBe(256 + 1)
    bench.store.answer()
    expect(bench.driver.sizes()['driver.drafts']).toBe(0)
  })
})

describe('failures', () => {
  it('a failed write stops the replica with its error, once, and nothing leaves after', () => {
    const bench = createBench()
    bench.hold(1)
    bench.store.failing = diskFull()
    bench.hear(prePrepareOf(1))
    bench.world.settle()
    bench.store.failing = null
    bench.hold(2)
    bench.hear(prePrepareOf(2))
    bench.world.advance(10_000)
    expect(bench.failures.map(({ message }) => message)).toEqual(['the disk is full'])
    expect(bench.heard()).toEqual([])
    expect(bench.driver.view().viewActive).toBe(true)
  })

  it('an application that throws stops the replica with its error', () => {
    const bench = createBench({
      execute: () => {
        throw new Error('the application is broken')
      },
    })
    bench.hold(1)
    bench.hear(prePrepareOf(1))
    for (const vote of votesFor(1, [0, 2, 3], 'commit')) bench.hear(vote)
    bench.world.settle()
    expect(bench.failures.map(({ message }) => message)).toEqual(['the application is broken'])
    bench.heard()
    bench.world.advance(10_000)
    expect(bench.heard()).toEqual([])
  })

  it('after stop nothing is done, and what is on its way to disk is not said', () => {
    const bench = createBench()
    bench.store.isSlow = true
    bench.hold(1)
    bench.hear(prePrepareOf(1))
    bench.driver.stop()
    bench.store.answer()
    bench.world.advance(10_000)
    expect([bench.heard(), bench.failures]).toEqual([[], []])
  })
})

describe('timers', () => {
  it('the progress timer accuses nobody before a quorum was heard, and begins anew until then', () => {
    let isQuorumHeard = false
    const bench = createBench({ isQuorumHeard: () => isQuorumHeard })
    bench.hold(1)
    bench.world.advance(150)
    isQuorumHeard = true
    bench.world.advance(49)
    expect(bench.heard()).toEqual([])
    bench.world.advance(1)
    expect(bench.heard()).toEqual(['view-change'])
  })

  it('the progress timer brings a view change, and none when the batch was executed in time', () => {
    const late = createBench()
    late.hold(1)
    late.world.advance(99)
    expect(late.heard()).toEqual([])
    late.world.advance(1)
    expect(late.heard()).toEqual(['view-change'])

    const timely = createBench()
    timely.hold(1)
    timely.hear(prePrepareOf(1))
    for (const vote of votesFor(1, [0, 2, 3], 'commit')) timely.hear(vote)
    timely.world.advance(99)
    expect(timely.executed).toEqual([1])
    expect(timely.heard()).toEqual(['prepare'])
  })

  it('accuses nobody for a batch that turns out to wait no longer', () => {
    const bench: ReturnType<typeof createBench> = createBench({
      beforeAccusing: () => bench.driver.submit({ type: 'batch-settled', digest: batch(1) }),
    })
    bench.hold(1)
    bench.world.advance(1_000)
    expect(bench.heard()).toEqual([])
  })

  it('one that expired while its batch was being executed says nothing', () => {
    const bench = createBench({
      execute: ({ proposal }) => {
        if (proposal.sequence === 2) bench.world.advance(1)
        return null
      },
    })
    for (const i of [1, 2]) bench.hold(i)
    for (const i of [1, 2]) bench.hear(prePrepareOf(i))
    for (const vote of votesFor(2, [0, 2, 3], 'commit')) bench.hear(vote)
    bench.world.advance(99)
    bench.heard()
    for (const vote of votesFor(1, [0, 2, 3], 'commit')) bench.hear(vote)
    bench.world.settle()
    expect(bench.heard()).toEqual([])
    expect(bench.driver.view()).toMatchObject({ view: 0, viewActive: true, executedSequence: 2 })
  })
})
