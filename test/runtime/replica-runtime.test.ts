import { describe, expect, it } from 'vitest'
import createKeyValue from '../../src/application/key-value.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { DEFAULT_PROTOCOL } from '../../src/membership/genesis.ts'
import { replicaId } from '../../src/pbft/types.ts'
import type { IntakeOutcome } from '../../src/runtime/intake.ts'
import { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import { identityOf, NOW_MS, scope } from '../wire/fixtures.ts'
import { batchOf, genesis, transactionOf } from './parts.ts'
import { MemoryStore, World } from './world.ts'

const HOUR_MS = 3_600_000
const PENDING_MAX = 4

/** Member 1 of four, alone: a backup. */
async function start(world: World, store: MemoryStore) {
  const runtime = new ReplicaRuntime(
    {
      genesis,
      networkId: scope.networkId,
      memberKeys: scope.memberKeys,
      self: replicaId(1),
      startNumber: store.writes.length,
      firstStart: true,
      replica: {
        pipelineDepth: 4,
        proposalBatchesMax: 16,
        viewChangeTimeoutMs: 2_000,
        viewChangeTimeoutMaxMs: 60_000,
        idleCheckpointMs: 50,
        resendMs: 500,
        statusMs: 5_000,
      },
      batchTransactionsMax: 4,
      batchBytesMax: 10_000,
      batchDelayMs: 10,
      pendingTransactionsMax: PENDING_MAX,
      pendingBytesMax: 100_000,
      historySequences: 100,
      snapshotIntervalSequences: DEFAULT_PROTOCOL.checkpointInterval,
    },
    {
      application: createKeyValue({}),
      clock: world.clock,
      store,
      network: {
        publish: () => {},
        request: () => {},
        connectedMembers: () => [],
      },
      checker: world.checker,
      signer: identityOf(1),
      logger: silentLogger,
      onExecuted: () => {},
      onInstalled: () => {},
      onSuspect: () => {},
      onView: () => {},
      onFailure(error) {
        throw error
      },
    },
  )
  const prepared = runtime.prepare()
  const interval = setInterval(() => world.settle(), 1)
  const loaded = await prepared
  clearInterval(interval)
  runtime.begin(loaded)
  world.settle()
  return runtime
}

describe('after a restart', () => {
  const nonces = Array.from({ length: PENDING_MAX }, (_, nonce) => nonce)
  const batchAt = (author: number, aheadMs: number) =>
    batchOf(
      author,
      nonces.map(nonce => transactionOf('key', nonce, { timestampMs: NOW_MS + aheadMs })),
    )

  it.each([
    ['a batch of another member that is too early keeps no client out', 0, HOUR_MS, ['accepted']],
    ['others that wait count as before', 0, 0, ['BUSY']],
    ['our own counts, early or not', 1, HOUR_MS, ['BUSY']],
  ])('%s', async (_, author, aheadMs, expected) => {
    const world = new World()
    const store = new MemoryStore(world)
    const before = await start(world, store)
    before.onGossip('batch', batchAt(author, aheadMs).bytes, 'peer', () => {})
    world.settle()
    expect(before.pendingBatches).toBe(1)
    before.stop()
    const after = await start(world, store)
    expect(after.pendingBatches).toBe(1)
    const outcomes: IntakeOutcome[] = []
    after.submit([transactionOf('other', 99)], answers => void outcomes.push(...answers))
    world.advance(100)
    after.stop()
    expect(outcomes.map(outcome => (outcome.accepted ? outcome.state : outcome.refusal.code))).toEqual(
      expected,
    )
  })
})
