import type { Genesis } from '../membership/genesis.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { RuntimeOptions } from '../runtime/options.ts'
import type { Scope } from '../wire/scope.ts'
import type { SimulationOptions } from './options.ts'

export interface MemberOptions {
  /** Beyond the members' it is an observer. */
  readonly id: ReplicaId
  readonly simulation: SimulationOptions
  readonly genesis: Genesis
  readonly scope: Scope
  readonly clockSkewMs: number
}

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
    self: id < scope.memberKeys.length ? id : null,
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
