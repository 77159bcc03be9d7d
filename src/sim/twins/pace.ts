import { calmOptions, type SimulationOptions } from '../options.ts'

/** How fast a scenario runs. All times are virtual, so short ones cost less only because less is said in them. */

/** Everybody hears everybody before the first view's partition: who never heard a quorum accuses no primary. */
export const GREETING_MS = 20
/** No view's partition governs for longer; see `TwinLinks`. */
export const VIEW_MS = 400
/** Of that, so long at most is nobody heard who stays in a view that is over: more than two time-outs. */
export const LEAVING_MS = 250

const VIEW_CHANGE_TIMEOUT_MS = 100

/** Checkpoints and windows so small that every view change meets them. @param n members @param seed of latencies */
export function twinsOptions(n: number, seed: number): SimulationOptions {
  return calmOptions(seed, {
    n,
    latency: { minMs: 0.2, maxMs: 1, tail: 0 },
    syncMs: 1,
    transactionWindowMs: 600_000,
    checkpointInterval: 2,
    logWindow: 4,
    pipelineDepth: 2,
    proposalBatchesMax: 2,
    batchTransactionsMax: 100,
    viewChangeTimeoutMs: VIEW_CHANGE_TIMEOUT_MS,
    viewChangeTimeoutMaxMs: 8 * VIEW_CHANGE_TIMEOUT_MS,
    resendMs: 200,
    statusMs: 500,
    idleCheckpointMs: 10,
    historySequences: 2,
    snapshotIntervalSequences: 2,
  })
}
