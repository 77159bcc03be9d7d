import type { Prng } from '../../../src/lib/prng.ts'
import type { SimulationOptions } from '../../../src/sim/options.ts'

/** What the worlds of a pool have in common, drawn from one number. */
export type Changes = (prng: Prng) => Partial<SimulationOptions>

export const calm = {
  loss: 0,
  duplication: 0,
  partitions: false,
  crashesPerSecond: 0,
  wipes: 0,
  slowSyncs: 0,
}

/** Four in one place with nothing in it but what sentences say. */
export const directed = {
  ...calm,
  n: 4,
  byzantine: [],
  latency: { minMs: 1, maxMs: 10, tail: 0 },
  syncMs: 0.2,
  clockSkewMs: 0,
  checkpointInterval: 2,
  logWindow: 8,
  pipelineDepth: 4,
  proposalBatchesMax: 64,
  historySequences: 0,
  snapshotIntervalSequences: 2,
  viewChangeTimeoutMs: 500,
  viewChangeTimeoutMaxMs: 4_000,
  resendMs: 125,
  statusMs: 500,
  idleCheckpointMs: 20,
  transactionWindowMs: 600_000,
  bursts: 0,
  corruption: 0,
} satisfies Partial<SimulationOptions>
