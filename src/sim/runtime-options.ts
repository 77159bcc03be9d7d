import type { RuntimeOptions } from '../runtime/options.ts'
import type { MemberOptions } from './member.ts'

/** What a member's runtime is told at a start: the world's options, in the runtime's words. */
export function createRuntimeOptions(
  { id, genesis, scope, simulation }: MemberOptions,
  start: Pick<RuntimeOptions, 'startNumber' | 'firstStart'>,
): RuntimeOptions {
  return {
    ...start,
    genesis,
    networkId: scope.networkId,
    memberKeys: scope.memberKeys,
    self: id,
    replica: {
      pipelineDepth: simulation.pipelineDepth,
      proposalBatchesMax: simulation.proposalBatchesMax,
      viewChangeTimeoutMs: simulation.viewChangeTimeoutMs,
      viewChangeTimeoutMaxMs: simulation.viewChangeTimeoutMaxMs,
      resendMs: simulation.resendMs,
      statusMs: simulation.statusMs,
      idleCheckpointMs: simulation.idleCheckpointMs,
    },
    batchTransactionsMax: simulation.batchTransactionsMax,
    batchBytesMax: 65_536,
    batchDelayMs: 5,
    pendingTransactionsMax: 1_000,
    pendingBytesMax: 10_000_000,
    historySequences: simulation.historySequences,
    snapshotIntervalSequences: simulation.snapshotIntervalSequences,
  }
}
