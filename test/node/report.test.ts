import { expect, it } from 'vitest'
import { Report, type ReportComponents } from '../../src/node/report.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { batchOf, createBatches, createState, genesis, transactionOf } from '../runtime/parts.ts'
import { MemoryStore, World } from '../runtime/world.ts'
import { NOW_MS } from '../wire/fixtures.ts'

const VIEW_CHANGE_MS = 2_000

/** A backup that hears the three others. */
function createBench() {
  const world = new World()
  const { batches } = createBatches(world, new MemoryStore(world))
  const replica: ReturnType<ReportComponents['runtime']['replica']> = {
    view: 0,
    viewActive: true,
    isPrimary: false,
    mayVote: true,
    lowWatermark: 0,
    highWatermark: 256,
    executedSequence: 0,
    nextSequence: 1,
    batchesWaiting: 0,
    slots: 0,
    catchUpTarget: 0,
    recovering: false,
  }
  const members = [0, 1, 2, 3].map(i => ({ name: `member${i}`, publicKey: '' }))
  const report = new Report(
    {
      genesis,
      networkId: '',
      name: 'member1',
      self: replicaId(1),
      members,
      statusMs: 500,
      viewChangeMs: VIEW_CHANGE_MS,
    },
    {
      runtime: {
        heard: () => ({ atMs: world.nowMs, status: null }),
        isTransferring: false,
        get owedBatches() {
          return batches.owed
        },
        get pendingBatches() {
          return batches.size
        },
        pendingTransactions: 0,
        replica: () => replica,
        stable: null,
        state: createState(),
      },
      network: {
        connectedMembers: () => [],
        memberPeerIds: [],
        peerId: '',
        listenAddresses: () => [],
        peers: () => [],
      },
      clock: world.clock,
      keys: { summary: () => null },
    },
  )
  const stallAfter = (timestampMs: number) => {
    batches.hold(batchOf(0, [transactionOf('key', 0, { timestampMs })]))
    report.stall()
    world.advance(VIEW_CHANGE_MS + 1)
    return report.stall()
  }
  return { stallAfter }
}

it('a primary is silent when work waits that it owes a place', () => {
  expect(createBench().stallAfter(NOW_MS)).toMatchObject({ code: 'PRIMARY_SILENT' })
})

it('and not when all that is held is too early', () => {
  expect(createBench().stallAfter(NOW_MS + 3_600_000)).toBeNull()
})
