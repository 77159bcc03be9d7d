import { crash, isolate, when } from '../../../src/sim/sentences.ts'
import { type Changes, directed } from './directed.ts'

/** Worlds made for one enemy each: what it does shows only where this happens too. */
export const ENEMY_POOLS = {
  /** The first primary takes no batch of some, while others keep the network busy all the time, and all else is well. */
  'left out': prng => ({
    ...directed,
    byzantine: [{ member: 0, behaviours: ['censoring'] }],
    isServed: true,
    faultsMs: 8_000,
    transactions: prng.between(400, 500),
    checkpointInterval: 8,
    logWindow: 32,
    snapshotIntervalSequences: 8,
  }),
  /**
   * The first primary proposes twice. One backup hears no votes for a while, so that nothing of what it accepted is prepared there, and falls
   * down.
   */
  'two minds': prng => ({
    ...directed,
    byzantine: [{ member: 0, behaviours: ['second-proposals'] }],
    faultsMs: 3_000,
    transactions: 60,
    checkpointInterval: 16,
    logWindow: 64,
    snapshotIntervalSequences: 16,
    viewChangeTimeoutMs: 2_000,
    viewChangeTimeoutMaxMs: 16_000,
    sentences: [
      ...(['prepare', 'commit', 'checkpoint', 'status'] as const).map(name =>
        when(name).to(3).after(800).until(1_800).drop(),
      ),
      crash(3).at(prng.between(900, 1_300)).for(50),
    ],
  }),
  /** What is executed in the first view is not certified, and then its primary is gone; the next one is faulty and begins nothing. */
  unprepared: prng => ({
    ...directed,
    byzantine: [{ member: 1, behaviours: ['unprepared-certificates'] }],
    faultsMs: 5_000,
    transactions: 60,
    checkpointInterval: 16,
    logWindow: 64,
    snapshotIntervalSequences: 16,
    sentences: [when('checkpoint').after(300).drop(), isolate(0).at(prng.between(800, 1_200)).for(2_500)],
  }),
  /** All is handed in at once, and nothing is ordered for a while. */
  'many batches': prng => ({
    ...directed,
    byzantine: [{ member: 3, behaviours: ['many-batches'] }],
    faultsMs: 3_000,
    transactions: 40,
    bursts: 1,
    checkpointInterval: 1,
    logWindow: 2,
    pipelineDepth: 2,
    snapshotIntervalSequences: 1,
    batchTransactionsMax: 100,
    viewChangeTimeoutMs: 6_000,
    viewChangeTimeoutMaxMs: 12_000,
    sentences: [when('pre-prepare').until(prng.between(2_200, 2_500)).drop()],
  }),
} satisfies Record<string, Changes>
