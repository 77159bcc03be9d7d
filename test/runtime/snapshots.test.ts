import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { sequence } from '../../src/pbft/types.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { Snapshots } from '../../src/runtime/snapshots.ts'
import { certificateOf } from '../wire/samples.ts'
import { batchOf, createState, proposalOf, transactionOf } from './parts.ts'
import { diskFull, MemoryStore, World } from './world.ts'

function createBench(intervalSequences = 2) {
  const world = new World()
  const store = new MemoryStore(world)
  const state = createState()
  const written: number[] = []
  const failures: Error[] = []
  const snapshots = new Snapshots(
    { intervalSequences },
    {
      state,
      store,
      clock: world.clock,
      logger: silentLogger,
      onWritten: at => void written.push(at),
      onFailure: error => void failures.push(error),
    },
  )
  /** Executes one sequence with a checkpoint. @returns the certificate over it */
  const execute = () => {
    const batch = batchOf(0, [transactionOf('key', state.sequence)])
    state.execute(proposalOf(state.sequence + 1, [batch]), [batch.transactions])
    snapshots.onCheckpoint(state.sequence)
    return certificateOf(state.statement())
  }
  const manifests = () => store.keys('manifest/').map(key => Number(key.split('/')[1]))
  return { world, store, state, snapshots, written, failures, execute, manifests }
}

describe('snapshots', () => {
  it('are written when the checkpoint that they were taken at becomes stable, not before', () => {
    const bench = createBench()
    bench.execute()
    const second = bench.execute()
    bench.world.advance(100)
    expect(bench.store.writes).toEqual([])
    bench.execute()
    bench.snapshots.onStable(second)
    bench.world.advance(100)
    expect([bench.manifests(), bench.written, bench.snapshots.latest]).toEqual([[2], [2], 2])
  })

  it('are as many sequences apart as configured', () => {
    const bench = createBench(3)
    for (let i = 0; i < 7; i++) {
      bench.snapshots.onStable(bench.execute())
      bench.world.advance(100)
    }
    expect(bench.written).toEqual([3, 6])
  })

  it('the manifest is written last, synced; a snapshot is whole or not there', () => {
    const bench = createBench()
    bench.execute()
    bench.snapshots.onStable(bench.execute())
    bench.world.advance(100)
    const last = bench.store.writes.at(-1)
    expect(last?.operations.map(({ key }) => key.startsWith('manifest/'))).toEqual([true])
    expect(bench.store.writes.map(({ sync }) => sync)).toEqual([
      ...bench.store.writes.slice(1).map(() => false),
      true,
    ])
  })

  it('the last two stay, those that were fetched among them', () => {
    const bench = createBench(1)
    for (let i = 0; i < 3; i++) {
      const certificate = bench.execute()
      const at = certificate.statement.sequence
      bench.store.write(
        [{ type: 'put', key: diskNames.snapshotManifest(at), value: new Uint8Array(0) }],
        { sync: true },
        () => {},
      )
      bench.snapshots.adopt(at)
      bench.world.advance(100)
    }
    expect(bench.manifests()).toEqual([2, 3])
  })

  it('the last two stay', () => {
    const bench = createBench(1)
    for (let i = 0; i < 4; i++) {
      bench.snapshots.onStable(bench.execute())
      bench.world.advance(100)
    }
    expect(bench.manifests()).toEqual([3, 4])
    const sequences = new Set(bench.store.keys('snapshot/').map(key => Number(key.split('/')[1])))
    expect([...sequences]).toEqual([3, 4])
  })

  it('none is begun while another is being written', () => {
    const bench = createBench(1)
    bench.store.isSlow = true
    bench.snapshots.onStable(bench.execute())
    bench.snapshots.onStable(bench.execute())
    bench.world.advance(100)
    const touched = new Set(bench.store.keys('snapshot/').map(key => Number(key.split('/')[1])))
    expect([...touched]).toEqual([1])
  })

  it('a certificate of a checkpoint at which none was taken writes none', () => {
    const bench = createBench(2)
    const first = bench.execute()
    bench.execute()
    bench.snapshots.onStable(first)
    bench.world.advance(100)
    expect(bench.written).toEqual([])
  })

  it('captures that wait for a certificate are few: the oldest go', () => {
    const bench = createBench(1)
    const certificates = [1, 2, 3].map(() => bench.execute())
    for (const certificate of certificates) {
      bench.snapshots.onStable(certificate)
      bench.world.advance(100)
    }
    expect(bench.written).toEqual([2, 3])
  })

  it('one that was fetched meanwhile stays the latest', () => {
    const bench = createBench(1)
    bench.store.isSlow = true
    bench.snapshots.onStable(bench.execute())
    bench.snapshots.adopt(sequence(50))
    bench.store.isSlow = false
    for (let i = 0; i < 5; i++) {
      bench.store.answer()
      bench.world.advance(100)
    }
    expect(bench.snapshots.latest).toBe(50)
  })

  it('a failed write is told, and nothing is pruned for it', () => {
    const bench = createBench(1)
    bench.store.failing = diskFull()
    bench.snapshots.onStable(bench.execute())
    bench.world.advance(100)
    expect([bench.failures, bench.written, bench.snapshots.latest]).toEqual([[bench.store.failing], [], 0])
  })

  it('on disk they are known by their manifests', () => {
    const bench = createBench(1)
    bench.snapshots.onStable(bench.execute())
    bench.world.advance(100)
    expect(Snapshots.sequencesIn(bench.store.keys('manifest/'))).toEqual([1])
  })

  it('of what was never finished nothing is kept at start', () => {
    const bench = createBench(1)
    for (const key of [1, 2, 3, 4].map(n => diskNames.snapshotPart(n, 'application', 0))) {
      bench.store.write([{ type: 'put', key, value: new Uint8Array(1) }], { sync: false }, () => {})
    }
    bench.snapshots.adopt(sequence(2))
    bench.snapshots.adopt(sequence(3))
    bench.snapshots.clearUnfinished()
    bench.world.advance(100)
    expect(bench.store.keys('snapshot/').map(key => Number(key.split('/')[1]))).toEqual([2, 3])
  })
})
